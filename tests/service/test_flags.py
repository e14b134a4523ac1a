"""Flags: each sentence with its figures where it fits, and silence where it does not."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from app.organisations.calendar import WorkingCalendar
from app.organisations.rules import Settings
from app.service.rules.flags import (
    Facts,
    flags_of,
    is_clean,
    is_night,
    week_of,
    working_days_late,
)

NOON = datetime(2026, 1, 28, 12, 0)


def facts(**more: Any) -> Facts:
    given = {
        "waits_reason": "late",
        "evidence": "entered",
        "service_on": date(2026, 1, 28),
        "minutes": 120,
        "is_guest": False,
        "recorded_at": NOON,
        "working_days_late": 0,
        "day_minutes": 120,
        "daily_limit_minutes": 480,
    }
    return Facts(**{**given, **more})


def said(settings: Settings | None = None, **more: Any) -> list[str]:
    flags = flags_of(facts(**more), settings or Settings())
    return [flag.message % flag.figures for flag in flags]


def test_nothing_is_said_about_an_ordinary_entry() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"working_days_late": 1}, "Late by one working day."),
        ({"working_days_late": 3}, "Late by 3 working days."),
        ({"day_minutes": 540}, "540 hours that day (limit 480)."),
        ({"planned_minutes": 90}, "120 hours, while the activity was planned for 90."),
        (
            {"same_minutes_people": 12},
            "The same minutes for all 12 people on the list; nobody signed in.",
        ),
        ({"entries_that_week": 14}, "The same person made 14 entries that week."),
        ({"recorded_at": datetime(2026, 1, 28, 2, 0)}, "Entered at 02:00, at night."),
        ({"other_teams": ("绿队",)}, "Served with ('绿队',) on the same date too."),
        ({"is_guest": True}, "Entered for a guest: not a member of the team on that date."),
    ],
)
def test_each_flag_says_its_figures(more: dict[str, Any], sentence: str) -> None:
    assert said(**more) == [sentence]


@pytest.mark.parametrize(
    "more",
    [
        {"day_minutes": 480},
        {"planned_minutes": 120},
        {"planned_minutes": None},
        {"same_minutes_people": 9},
        {"entries_that_week": 9},
        {"recorded_at": datetime(2026, 1, 28, 5, 0)},
        {"recorded_at": datetime(2026, 1, 28, 2, 0), "evidence": "claimed"},
        {"is_guest": True, "waits_reason": "new_person"},
    ],
)
def test_a_flag_is_silent_below_its_threshold(more: dict[str, Any]) -> None:
    assert said(**more) == []


def test_thresholds_are_the_organisation_s() -> None:
    settings = Settings(integrity_entries_a_week=3, integrity_same_minutes_people=2)
    assert len(said(settings, entries_that_week=3, same_minutes_people=2)) == 2


@pytest.mark.parametrize(
    ("begins", "ends", "hours"),
    [(23, 5, {23, 0, 4}), (0, 6, {0, 4, 5}), (4, 4, set())],
)
def test_the_night_may_cross_midnight_or_be_switched_off(
    begins: int, ends: int, hours: set[int]
) -> None:
    settings = Settings(integrity_night_from=begins, integrity_night_until=ends)
    for hour in (23, 0, 4, 5, 6, 12):
        assert is_night(datetime(2026, 1, 28, hour), settings) == (hour in hours)


def test_lateness_counts_working_days_after_the_last_timely_one() -> None:
    calendar = WorkingCalendar()
    wednesday = date(2026, 1, 28)
    for recorded_on, days in (
        (wednesday, 0),
        (date(2026, 2, 11), 0),  # the tenth working day
        (date(2026, 2, 12), 1),
        (date(2026, 2, 13), 2),
        (date(2026, 2, 14), 3),  # a Saturday that is worked for Spring Festival
        (date(2026, 2, 20), 3),
    ):
        assert working_days_late(wednesday, recorded_on, calendar, 10) == days, recorded_on


@pytest.mark.parametrize(
    ("reason", "more", "clean"),
    [
        ("late", {}, True),
        ("late", {"working_days_late": 3}, True),
        ("claim", {}, True),
        ("claim", {"working_days_late": 3}, False),
        ("own_row", {"is_guest": True}, False),
        ("over_limit", {}, False),
        ("new_person", {}, False),
        ("correction", {}, False),
    ],
)
def test_clean_is_what_raises_no_question_beyond_why_it_waits(
    reason: str, more: dict[str, Any], clean: bool
) -> None:
    found = facts(waits_reason=reason, **more)
    assert is_clean(reason, flags_of(found, Settings())) == clean


def test_a_week_begins_on_monday() -> None:
    assert week_of(date(2026, 2, 1)) == week_of(date(2026, 1, 26)) == date(2026, 1, 26)
