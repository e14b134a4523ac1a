"""When the next service day is, and what time it is there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.organisations.rules import Settings


def coming_service_day(
    settings: Settings, substitutes: Mapping[tuple[int, int], date], today: date
) -> date:
    """Return the next service day from today on; a month's substitute stands in for its day."""
    first = today.replace(day=1)
    found = (_day_of(month, settings, substitutes) for month in (first, _month_after(first)))
    return next(on for on in found if on >= today)


def _day_of(first: date, settings: Settings, substitutes: Mapping[tuple[int, int], date]) -> date:
    usual = first.replace(day=settings.service_day)
    return substitutes.get((first.year, first.month), usual)


def _month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def minute_of(zone: str, at: datetime) -> int:
    """Return which minute of its day an instant is in a time zone."""
    local = at.astimezone(ZoneInfo(zone))
    return local.hour * 60 + local.minute
