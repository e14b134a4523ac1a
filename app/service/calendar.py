"""The working calendar, which stands with the organisations that correct it."""

from app.organisations.calendar import WorkingCalendar, library_days, library_years

__all__ = ["WorkingCalendar", "library_days", "library_years"]
