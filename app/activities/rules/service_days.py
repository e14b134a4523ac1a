"""On which dates a team's service day is proposed, and at what time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

from app.activities.rules.plan import DAY_MINUTES, minutes_between

_HOURS = re.compile(r"([0-9]{1,2})[:：]([0-9]{2})\s*[-–—~～至到]+\s*([0-9]{1,2})[:：]([0-9]{2})")
USUAL_START = 510
USUAL_MINUTES = 180
_SATURDAY = 5


def coming_service_day(
    today: date, *, service_day: int, substitutes: Mapping[tuple[int, int], date]
) -> date:
    """Return the service day of this month, or of the next once it has passed.

    Where a substitute was named it is the day that is proposed.
    """
    this = today.replace(day=1)
    days = [
        substitutes.get((first.year, first.month), first.replace(day=service_day))
        for first in (this, _month_after(this))
    ]
    return min((on for on in days if on >= today), default=days[-1])


def extra_days(service_on: date, today: date, *, service_month: int) -> list[date]:
    """Return the weekend days of the service month on which teams may serve as well."""
    if service_on.month != service_month:
        return []
    first = service_on.replace(day=1)
    days = range((_month_after(first) - first).days)
    dates = [first + timedelta(days=day) for day in days]
    return [on for on in dates if on >= today and on != service_on and on.weekday() >= _SATURDAY]


def usual_hours(text: str) -> tuple[int, int]:
    """Return start and length of "8:30—11:30"; of a text that says none, the usual ones."""
    found = _HOURS.search(text)
    if found is None:
        return USUAL_START, USUAL_MINUTES
    starts, ends = (int(found[i]) * 60 + int(found[i + 1]) for i in (1, 3))
    if max(starts, ends) >= DAY_MINUTES:
        return USUAL_START, USUAL_MINUTES
    return starts, minutes_between(starts, ends)


def _month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
