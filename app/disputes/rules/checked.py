"""我已核对: a volunteer confirms once what stands in the books of a year."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.errors import N_, RuleBroken

# From this month on the year's own record may be confirmed; the year before at any time.
FROM_MONTH = 12
# So long the past year is offered without being asked for.
OFFERED_UNTIL_MONTH = 3


class YearLine(NamedTuple):
    """One approved record of the year, as the digest takes it."""

    record_id: int
    service_on: date
    team_id: int
    minutes: int
    points_hundredths: int
    award_entry_id: int


class YearFigures(NamedTuple):
    """What is confirmed."""

    records: int
    minutes: int
    points_hundredths: int
    digest: str


class NotYet(RuleBroken):
    """The year can still grow."""

    code = "not_yet"
    message = N_("A year is checked from 1 December on, and the year before at any time.")


class NothingToCheck(RuleBroken):
    """Nothing was served in the year."""

    code = "nothing_to_check"
    message = N_("There is no service in the books of %(year)s.")


class ChangedMeanwhile(RuleBroken):
    """The books changed after the page was opened."""

    code = "changed_meanwhile"
    message = N_("The books of %(year)s have changed since you opened this page. Look again.")


class CheckedAlready(RuleBroken):
    """It is confirmed, and nothing has changed since."""

    code = "checked_already"
    message = N_("%(year)s is confirmed already, and nothing has changed since.")


def figures_of(lines: Sequence[YearLine]) -> YearFigures:
    """Return the figures of a year and the digest of its records."""
    return YearFigures(
        len(lines),
        sum(line.minutes for line in lines),
        sum(line.points_hundredths for line in lines),
        digest_of(lines),
    )


def digest_of(lines: Sequence[YearLine]) -> str:
    """Return the SHA-256 of the records by id, one a line; the same on either database."""
    rows = (
        f"{line.record_id} {line.service_on:%Y-%m-%d} {line.team_id} {line.minutes} "
        f"{line.points_hundredths} {line.award_entry_id}\n"
        for line in sorted(lines)
    )
    return hashlib.sha256("".join(rows).encode()).hexdigest()


def check_may_confirm(year: int, today: date) -> None:
    """Refuse a year too early or long gone."""
    if year != today.year - 1 and not (year == today.year and today.month >= FROM_MONTH):
        raise NotYet


def offered_year(today: date) -> int | None:
    """Return the year whose check is offered unasked, or None outside the season."""
    if today.month >= FROM_MONTH:
        return today.year
    return today.year - 1 if today.month <= OFFERED_UNTIL_MONTH else None
