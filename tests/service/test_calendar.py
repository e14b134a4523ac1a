"""Working days: the library's years, Monday to Friday elsewhere, corrections over both."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.organisations.calendar import WorkingCalendar

CALENDAR = WorkingCalendar()


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        pytest.param(date(2025, 3, 28), True, id="a-friday"),
        pytest.param(date(2025, 3, 29), False, id="a-saturday"),
        pytest.param(date(2025, 1, 29), False, id="spring-festival-on-a-wednesday"),
        pytest.param(date(2025, 1, 26), True, id="make-up-sunday"),
        pytest.param(date(2025, 2, 8), True, id="make-up-saturday"),
        pytest.param(date(1999, 10, 1), True, id="unknown-year-friday"),
        pytest.param(date(1999, 10, 2), False, id="unknown-year-saturday"),
        pytest.param(date(2098, 10, 1), True, id="far-year-wednesday"),
        pytest.param(date(2098, 10, 5), False, id="far-year-sunday"),
    ],
)
def test_is_working_day(on: date, expected: bool) -> None:
    assert CALENDAR.is_working_day(on) is expected
    assert CALENDAR.is_working_day(on) is expected, "remembered as it was"


def test_corrections_overrule_the_library() -> None:
    corrected = WorkingCalendar({date(2025, 3, 28): False, date(2025, 3, 29): True})
    assert not corrected.is_working_day(date(2025, 3, 28))
    assert corrected.is_working_day(date(2025, 3, 29))
    assert corrected.working_days_after(date(2025, 3, 27), 1) == date(2025, 3, 29)
    assert CALENDAR.working_days_after(date(2025, 3, 27), 1) == date(2025, 3, 28)


def test_a_table_changed_later_changes_no_calendar_made_before() -> None:
    table = {date(2025, 3, 28): False}
    calendar = WorkingCalendar(table)
    table[date(2025, 3, 27)] = False
    assert calendar.is_working_day(date(2025, 3, 27))
    assert list(table) == [date(2025, 3, 28), date(2025, 3, 27)]


@pytest.mark.parametrize(
    ("on", "count", "expected"),
    [
        pytest.param(date(2025, 3, 28), 0, date(2025, 3, 28), id="none"),
        pytest.param(date(2025, 3, 28), 1, date(2025, 3, 31), id="over-a-weekend"),
        pytest.param(date(2025, 3, 28), 10, date(2025, 4, 14), id="over-qingming"),
        pytest.param(date(2025, 1, 24), 10, date(2025, 2, 13), id="over-spring-festival"),
        pytest.param(date(1999, 10, 1), 10, date(1999, 10, 15), id="unknown-year"),
    ],
)
def test_working_days_after(on: date, count: int, expected: date) -> None:
    assert CALENDAR.working_days_after(on, count) == expected


@given(st.dates(date(2003, 6, 1), date(2030, 1, 1)), st.integers(1, 15))
def test_so_many_working_days_lie_between(on: date, count: int) -> None:
    until = CALENDAR.working_days_after(on, count)
    days = [on + timedelta(days=gone) for gone in range(1, (until - on).days + 1)]
    assert CALENDAR.is_working_day(until)
    assert sum(CALENDAR.is_working_day(day) for day in days) == count
