"""The check of a year as the ledger and its own page show it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.disputes.queries import Cause, Check, causes_of, standing_of
from app.disputes.rules import NotYet, check_may_confirm, offered_year
from app.web.filters import day, hours, instant, points


class Change(NamedTuple):
    """Why a confirmation does not hold any more: one sentence, and the record it is about."""

    said: str
    record_id: int


class YearCheck(NamedTuple):
    """Where the check of a year stands."""

    year: int
    figures: str
    # By whom and when it was confirmed, with the figures of then; empty when never.
    confirmed: str
    holds: bool
    changes: list[Change]
    may_confirm: bool


def year_check(session: Session, volunteer_id: int, year: int, today: date) -> YearCheck | None:
    """Return where the check of a year stands, or None where there is nothing to check or tell."""
    sums, check = standing_of(session, volunteer_id, year)
    may_confirm = sums.records > 0 and _is_time(year, today)
    if check is None and not may_confirm:
        return None
    changes: list[Change] = []
    if check is not None and not check.holds:
        causes = causes_of(session, volunteer_id, year, check.entry_id)
        changes = [Change(_said(cause), cause.record_id) for cause in causes]
    holds = check is not None and check.holds
    return YearCheck(
        year,
        _figures(*sums),
        _confirmed(check) if check else "",
        holds,
        changes,
        may_confirm and not holds,
    )


def offered_check(
    session: Session, volunteer_id: int, asked: int | None, years: tuple[int, ...], today: date
) -> YearCheck | None:
    """Return the check for a page of the ledger: of the year it shows, else of the season's."""
    year = asked or (years[0] if len(years) == 1 else offered_year(today))
    if year is None or year not in years:
        return None
    found = year_check(session, volunteer_id, year, today)
    # Unasked it is shown as long as there is something to do.
    return found if found and (asked or len(years) == 1 or not found.holds) else None


def _is_time(year: int, today: date) -> bool:
    try:
        check_may_confirm(year, today)
    except NotYet:
        return False
    return True


def _figures(records: int, minutes: int, hundredths: int) -> str:
    return str(
        _(
            "%(records)s records, %(hours)s hours, %(points)s points",
            records=records,
            hours=hours(minutes),
            points=points(hundredths),
        )
    )


def _confirmed(check: Check) -> str:
    by = check.by
    if check.on_behalf_of:
        by = _("%(name)s (for %(ward)s)", name=check.by, ward=check.on_behalf_of)
    return str(
        _(
            "Confirmed by %(name)s on %(at)s: %(figures)s.",
            name=by,
            at=instant(check.at),
            figures=_figures(check.records, check.minutes, check.points_hundredths),
        )
    )


def _said(cause: Cause) -> str:
    figures = {
        "record": cause.record_id,
        "day": day(cause.service_on),
        "hours": hours(cause.minutes),
        "name": cause.name,
        "at": instant(cause.at),
    }
    if cause.is_reversal:
        return str(
            _(
                "Record %(record)s (%(day)s, %(hours)s hours) was taken back by %(name)s"
                " on %(at)s.",
                **figures,
            )
        )
    return str(
        _(
            "Record %(record)s (%(day)s, %(hours)s hours) was added by %(name)s on %(at)s.",
            **figures,
        )
    )
