"""Until when an activity may be closed so that its hours count at once."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, Protocol


class Days(Protocol):
    """A working calendar, as far as it is asked here."""

    def working_days_after(self, on: date, count: int) -> date: ...

    def working_days_left(self, today: date, last_on: date) -> int: ...


class TimeLeft(NamedTuple):
    """The last day for closing, and how many working days are left, today included."""

    last_on: date
    days: int
    is_over: bool


def time_left(service_on: date, today: date, calendar: Days, working_days: int) -> TimeLeft:
    """Return how long an activity that has ended may still be closed in time."""
    last_on = calendar.working_days_after(service_on, working_days)
    return TimeLeft(last_on, calendar.working_days_left(today, last_on), today > last_on)
