"""The period in which a limit counts: a calendar month, quarter or year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args

Period = Literal["month", "quarter", "year"]
PERIODS: tuple[str, ...] = get_args(Period)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Span(NamedTuple):
    """The first and the last date of a period."""

    from_on: date
    until_on: date


def period_of(on: date, period: str) -> Span:
    """Return the month, quarter or year a date lies in."""
    months = _MONTHS[period]
    first = (on.month - 1) // months * months + 1
    after = first + months
    next_from = date(on.year + 1, 1, 1) if after > 12 else date(on.year, after, 1)
    return Span(date(on.year, first, 1), next_from - timedelta(days=1))
