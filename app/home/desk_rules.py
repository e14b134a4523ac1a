"""The arithmetic of the dashboard: months, the calendar, what compares with last year."""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple

MONTHS = range(1, 13)
# Beside the empty step: what was served most is the darkest.
STEPS = 4


class DayServed(NamedTuple):
    """What was served on one date in one colour."""

    on: date
    colour_id: int
    records: int
    minutes: int


class CalendarMonth(NamedTuple):
    """One month of the calendar as its table says it."""

    month: int
    days: int
    service_day_minutes: int
    minutes: int


def same_day_before(today: date, year: int) -> date:
    """Return up to when the year before counts beside a year: as far as that one has come."""
    if year != today.year:
        return date(year - 1, 12, 31)
    last = monthrange(year - 1, today.month)[1]
    return date(year - 1, today.month, min(today.day, last))


def tenths_more(now: int, before: int) -> int | None:
    """Return by how many tenths of a percent something grew, rounded half up; None from nothing."""
    if before <= 0:
        return None
    grown = abs(now - before)
    tenths = (2 * grown * 1000 + before) // (2 * before)
    return tenths if now >= before else -tenths


def share_percent(part: int, whole: int) -> int:
    """Return a share in whole percent, rounded half up."""
    return (200 * part + whole) // (2 * whole) if whole > 0 else 0


def by_month(served: Iterable[DayServed]) -> dict[int, dict[int, int]]:
    """Return the minutes by month and colour; every month is there."""
    found: dict[int, dict[int, int]] = {month: defaultdict(int) for month in MONTHS}
    for each in served:
        found[each.on.month][each.colour_id] += each.minutes
    return {month: dict(minutes) for month, minutes in found.items()}


def by_day(served: Iterable[DayServed]) -> dict[date, int]:
    """Return the minutes by date."""
    found: dict[date, int] = defaultdict(int)
    for each in served:
        found[each.on] += each.minutes
    return dict(found)


def steps_of(days: Mapping[date, int]) -> dict[date, int]:
    """Return the step of each date with service, 1 to 4: how many dates it equals or surpasses."""
    ordered = sorted(minutes for minutes in days.values() if minutes > 0)
    return {
        on: -(-STEPS * bisect_right(ordered, minutes) // len(ordered))
        for on, minutes in days.items()
        if minutes > 0
    }


def dates_of(year: int) -> list[date]:
    """Return every date of a year."""
    return [
        date(year, month, day)
        for month in MONTHS
        for day in range(1, monthrange(year, month)[1] + 1)
    ]


def service_dates(
    year: int, service_day: int, substitutes: Mapping[tuple[int, int], date]
) -> tuple[set[date], set[date]]:
    """Return the usual service days of a year, and those that stand in for one."""
    instead = {on for (of_year, _month), on in substitutes.items() if of_year == year}
    return {date(year, month, service_day) for month in MONTHS}, instead


def calendar_months(
    days: Mapping[date, int], service_days: Collection[date]
) -> list[CalendarMonth]:
    """Return the months as the calendar's table shows them."""
    found = []
    for month in MONTHS:
        own = {on: minutes for on, minutes in days.items() if on.month == month and minutes > 0}
        on_days = sum(minutes for on, minutes in own.items() if on in service_days)
        found.append(CalendarMonth(month, len(own), on_days, sum(own.values())))
    return found
