"""A service lies within civil dates: its minutes, its start, and its parts around midnight.

Minutes of the day run from 0 (00:00) to 1440 (24:00).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from app.errors import N_, RuleBroken

LEAST_MINUTES = 1
MOST_MINUTES = 1440
DAY_MINUTES = 1440


class Part(NamedTuple):
    """The share of an interval that lies on one civil date."""

    service_on: date
    starts_minute: int | None
    minutes: int


class BadDuration(RuleBroken):
    """The minutes lie outside 1 to 1440."""

    code = "bad_duration"
    message = N_("A service record has %(least)s to %(most)s minutes; this one has %(minutes)s.")


class BadStart(RuleBroken):
    """The start lies outside the day."""

    code = "bad_time"
    message = N_("A service starts between 00:00 and 23:59.")


def split_at_midnight(
    service_on: date, starts_minute: int | None, minutes: int
) -> tuple[Part, ...]:
    """Return the one or two parts of an interval, one per civil date."""
    check_range(starts_minute, minutes)
    if starts_minute is None or starts_minute + minutes <= DAY_MINUTES:
        return (Part(service_on, starts_minute, minutes),)
    before_midnight = DAY_MINUTES - starts_minute
    return (
        Part(service_on, starts_minute, before_midnight),
        Part(service_on + timedelta(days=1), 0, minutes - before_midnight),
    )


def check_range(starts_minute: int | None, minutes: int) -> None:
    """Refuse minutes outside 1 to 1440 and a start outside the day."""
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise BadDuration(least=LEAST_MINUTES, most=MOST_MINUTES, minutes=minutes)
    if starts_minute is not None and not 0 <= starts_minute < DAY_MINUTES:
        raise BadStart(starts_minute=starts_minute)


def format_time(minute: int) -> str:
    """Return a minute of the day as 08:05; the end of the day is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
