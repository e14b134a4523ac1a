"""Chinese working days, with make-up days, where the library knows the year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from chinese_calendar import is_workday  # type: ignore[import-untyped, unused-ignore]
from chinese_calendar.constants import (  # type: ignore[import-untyped, unused-ignore]
    holidays,
    workdays,
)

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_LIBRARY_YEARS = range(min(holidays).year, max(holidays).year + 1)


class WorkingCalendar:
    """Tells working days; `corrections` (True: a working day) overrule the library.

    It remembers what it was asked, so one of them should serve a whole import.
    """

    def __init__(self, corrections: Mapping[date, bool] | None = None) -> None:
        self._corrections = dict(corrections or {})
        self._working: dict[date, bool] = dict(self._corrections)
        self._after: dict[tuple[date, int], date] = {}

    def is_working_day(self, on: date) -> bool:
        """Say whether offices work on this date."""
        known = self._working.get(on)
        if known is None:
            known = self._working[on] = _is_working_by_library(on)
        return known

    def is_holiday(self, on: date) -> bool:
        """Say whether this date is a public holiday: a mere weekend is none."""
        corrected = self._corrections.get(on)
        return on in holidays if corrected is None else not corrected

    def working_days_after(self, on: date, count: int) -> date:
        """Return the date of the count-th working day after this date; itself for 0."""
        known = self._after.get((on, count))
        if known is None:
            known = self._after[on, count] = self._walk(on, count)
        return known

    def working_days_left(self, today: date, last_on: date) -> int:
        """Return how many working days are left until a last date, today's included."""
        days = range((last_on - today).days + 1)
        return sum(self.is_working_day(today + timedelta(days=day)) for day in days)

    def _walk(self, on: date, count: int) -> date:
        while count > 0:
            on += _ONE_DAY
            if self.is_working_day(on):
                count -= 1
        return on


def _is_working_by_library(on: date) -> bool:
    """Ask the library; for a year it has no holidays of, Monday to Friday are worked."""
    if on.year in _LIBRARY_YEARS:
        return bool(is_workday(on))
    return on.weekday() < _SATURDAY


def library_years() -> range:
    """Return the years whose holidays the library knows."""
    return _LIBRARY_YEARS


def library_days(year: int) -> list[tuple[date, bool, str]]:
    """Return the days of a year that are not as their weekday says, and all holidays.

    Each with whether it is worked, and the English name of the holiday it belongs to.
    """
    found = [
        (on, is_working, name)
        for days, is_working in ((holidays, False), (workdays, True))
        for on, name in days.items()
        if on.year == year
    ]
    return sorted(found)
