"""Until when an entry is timely or undone, and which dates are service days."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from app.organisations.calendar import WorkingCalendar

TIMELY_WORKING_DAYS = 10
UNDO_WORKING_DAYS = 10
SERVICE_DAY = 28
SERVICE_MONTH = 3


def working_days_after(on: date, count: int, calendar: WorkingCalendar) -> date:
    """Return the date of the count-th working day after this date."""
    return calendar.working_days_after(on, count)


def is_timely(
    service_on: date,
    entered_on: date,
    *,
    calendar: WorkingCalendar,
    working_days: int = TIMELY_WORKING_DAYS,
) -> bool:
    """Say whether an entry came within so many working days after the service."""
    return entered_on <= calendar.working_days_after(service_on, working_days)


def may_undo(
    entered_on: date,
    today: date,
    calendar: WorkingCalendar,
    working_days: int = UNDO_WORKING_DAYS,
    year_under_notice: bool = False,
) -> bool:
    """Say whether a leader may still undo their own entry."""
    if year_under_notice:
        return False
    return today <= calendar.working_days_after(entered_on, working_days)


def is_service_day(
    service_on: date,
    substitutes: Mapping[tuple[int, int], date],
    service_day: int = SERVICE_DAY,
) -> bool:
    """Say whether the date is its month's service day, or the substitute of it."""
    if service_on.day == service_day:
        return True
    return substitutes.get((service_on.year, service_on.month)) == service_on


def counts_as_service_day(
    service_on: date,
    counted_days_in_month: Collection[date],
    substitutes: Mapping[tuple[int, int], date],
    service_day: int = SERVICE_DAY,
) -> bool:
    """Say whether a service counts as on a service day: at most one per person and month.

    `counted_days_in_month`: the dates this person's service counted so already, that month.
    """
    if any(counted != service_on for counted in counted_days_in_month):
        return False
    return is_service_day(service_on, substitutes, service_day)


def is_service_month(service_on: date, month: int = SERVICE_MONTH) -> bool:
    """Say whether the date lies in the service month."""
    return service_on.month == month
