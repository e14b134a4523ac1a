"""What an export may hold, and why one is refused."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from app.errors import N_, RuleBroken

# What a workbook of an office computer still opens, and a worker makes in a minute or two.
MOST_RECORDS = 300_000
# Full numbers leave the machine for a purpose that concerns few: an insurance, a service day.
MOST_PEOPLE_IN_FULL = 2_000
EARLIEST_YEAR = 2000


class Wanted(NamedTuple):
    """Whose records of which year (0: all), and whether ID numbers and phones are in full."""

    organisation_id: int
    year: int
    is_full: bool


class TooManyRecords(RuleBroken):
    code = "too_many_records"
    message = N_(
        "These are %(records)s records; one workbook holds %(most)s. Choose a year, or an "
        "organisation below."
    )


class TooManyInFull(RuleBroken):
    code = "too_many_in_full"
    message = N_(
        "Full numbers of %(people)s people are more than one export hands out (%(most)s). Choose "
        "an organisation below, or leave the numbers masked."
    )


class YearUnfit(RuleBroken):
    code = "year_unfit"
    message = N_("Choose a year of the list.")


def check_export(wanted: Wanted, people: int, records: int, today: date) -> None:
    """Refuse what no workbook holds, and full numbers of a whole town."""
    if wanted.year and not EARLIEST_YEAR <= wanted.year <= today.year:
        raise YearUnfit
    if records > MOST_RECORDS:
        raise TooManyRecords(records=records, most=MOST_RECORDS)
    if wanted.is_full and people > MOST_PEOPLE_IN_FULL:
        raise TooManyInFull(people=people, most=MOST_PEOPLE_IN_FULL)


def dates_of(year: int) -> tuple[date, date] | None:
    """Return the first and last date of a year; None for all years."""
    return (date(year, 1, 1), date(year, 12, 31)) if year else None
