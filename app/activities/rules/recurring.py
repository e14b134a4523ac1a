"""On which dates a project falls, and what a service day is proposed from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

_WEEK = timedelta(days=7)


def first_on(from_on: date, weekday: int) -> date:
    """Return the first such weekday on or after a date; Monday is 0."""
    return from_on + timedelta(days=(weekday - from_on.weekday()) % 7)


def falls_on(
    *, weekday: int, every_weeks: int, from_on: date, until_on: date | None, first: date, last: date
) -> Iterator[date]:
    """Yield the project's dates from `first` to `last`, both included."""
    on = first_on(from_on, weekday)
    step = _WEEK * every_weeks
    if on < first:
        on += step * -(-(first - on).days // step.days)
    end = min(last, until_on) if until_on is not None else last
    while on <= end:
        yield on
        on += step
