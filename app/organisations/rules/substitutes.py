"""Which date may stand in for a service day."""

from __future__ import annotations

from datetime import date

from app.errors import N_, RuleBroken


class SubstituteTooLate(RuleBroken):
    """The date, or the one it replaces, has passed."""

    code = "substitute_too_late"
    message = N_(
        "A substitute service day is named at the latest on the day:"
        " %(substitute_on)s has passed, today is %(today)s."
    )


class SubstituteBegun(RuleBroken):
    """The date has come: hours may count by it already."""

    code = "substitute_begun"
    message = N_(
        "%(substitute_on)s has come, and hours may count by it already; it can be replaced by"
        " a later date, but not taken back."
    )


class SubstituteElsewhere(RuleBroken):
    """The date lies outside the month, or is the service day itself."""

    code = "substitute_elsewhere"
    message = N_(
        "The substitute for the service day of %(year)s-%(month)s is another date of that"
        " month; %(substitute_on)s is not."
    )


def check_substitute(
    *,
    year: int,
    month: int,
    substitute_on: date,
    replaces_on: date | None,
    service_day: int,
    today: date,
) -> None:
    """Refuse a substitute service day that is named too late or lies in another month."""
    is_elsewhere = (substitute_on.year, substitute_on.month) != (year, month)
    if is_elsewhere or substitute_on.day == service_day:
        raise SubstituteElsewhere(year=year, month=f"{month:02}", substitute_on=substitute_on)
    for on in (replaces_on, substitute_on):
        if on is not None and on < today:
            raise SubstituteTooLate(substitute_on=on, today=today)


def check_withdrawal(*, substitute_on: date, today: date) -> None:
    """Refuse to take back a substitute service day that has come."""
    if substitute_on <= today:
        raise SubstituteBegun(substitute_on=substitute_on)
