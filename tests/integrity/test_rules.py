"""When a figure stands out, and over which dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.integrity.rules import (
    Sitting,
    crowds_of,
    is_crowded,
    last_months,
    latest_of,
    leaders_of,
    members_on,
    percent,
)

DAY = date(2026, 1, 28)


def sitting(**more: Any) -> Sitting:
    given = {
        "recorder_id": 1,
        "team_id": 7,
        "service_on": DAY,
        "is_list": True,
        "records": 10,
        "minutes": 1200,
        "has_same_minutes": True,
        "guests": 0,
        "is_at_night": False,
        "working_days_late": 0,
    }
    return Sitting(**{**given, **more})


@pytest.mark.parametrize(
    ("until", "months", "since"),
    [
        (date(2026, 2, 3), 3, date(2025, 11, 3)),
        (date(2026, 5, 31), 3, date(2026, 2, 28)),
        (date(2026, 12, 1), 12, date(2025, 12, 1)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
    ],
)
def test_the_last_months_end_with_a_date(until: date, months: int, since: date) -> None:
    assert last_months(until, months) == (since, until)


@pytest.mark.parametrize(
    ("part", "whole", "share"),
    [(0, 0, 0), (0, 9, 0), (1, 1000, 1), (999, 1000, 99), (3, 3, 100), (1, 3, 33), (2, 3, 67)],
)
def test_only_none_is_nothing_and_only_every_one_is_all(part: int, whole: int, share: int) -> None:
    assert percent(part, whole) == share


def test_leaders_stand_by_hours_with_what_looks_alike() -> None:
    first, second = leaders_of(
        [
            sitting(recorder_id=2, minutes=60, records=1),
            sitting(),
            sitting(has_same_minutes=False, is_at_night=True, service_on=date(2026, 1, 2)),
            sitting(is_list=False, working_days_late=1),
        ],
        least_alike=10,
    )
    assert (first.recorder_id, second.recorder_id) == (1, 2)
    assert (first.records, first.minutes, len(first.days)) == (30, 3600, 2)
    assert (first.same, first.at_night, first.late) == (10, 10, 10)
    assert second.same == 0


@pytest.mark.parametrize(
    ("people", "members", "crowded"),
    [
        (15, 10, True),
        (14, 10, False),
        (5, 0, True),
        (4, 0, False),
        (24, 20, False),
        (25, 20, False),
    ],
)
def test_a_crowd_is_half_as_many_again_and_five_more(
    people: int, members: int, crowded: bool
) -> None:
    assert is_crowded(people, members) == crowded


def test_a_day_entered_in_two_goes_is_one_crowd() -> None:
    (crowd,) = crowds_of([sitting(guests=5), sitting(guests=5), sitting(team_id=8)])
    assert (crowd.people, crowd.guests) == (20, 10)


def test_a_day_without_guests_is_no_crowd() -> None:
    assert crowds_of([sitting(records=100)]) == []


def test_the_latest_come_first_and_the_timely_never() -> None:
    found = latest_of([sitting(), sitting(working_days_late=2), sitting(working_days_late=9)])
    assert [each.working_days_late for each in found] == [9, 2]


def test_members_are_counted_once_by_date() -> None:
    spans = [
        (1, date(2025, 1, 1), None),
        (1, DAY, None),
        (2, date(2025, 1, 1), date(2026, 1, 27)),
        (3, DAY, DAY),
    ]
    assert members_on(spans, DAY) == 2
