"""What counts once, what either owes the other, and spans of dates that never overlap."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.merging.rules import Service, hold_against, outside, settled_by_year

ON = date(2026, 1, 27)


def service(id_: int, who: int = 2, **more: Any) -> Service:
    given: dict[str, Any] = {
        "group_id": id_,
        "team_id": 1,
        "service_on": ON,
        "minutes": 120,
        "starts_minute": None,
        "content": "清扫",
        "daily_limit_minutes": 480,
        "hard_limit_minutes": 720,
        **more,
    }
    return Service(id=id_, volunteer_id=who, **given)


def fates(standing: list[Service], *coming: Service) -> list[str]:
    found = hold_against(standing, coming)
    return [found[one.id].fate for one in coming]


def test_the_same_written_twice_counts_once() -> None:
    assert fates([service(1, 1)], service(2)) == ["same"]
    assert fates([service(1, 1)], service(2, content="巡逻")) == ["moves"]


def test_what_one_person_kept_twice_stays_twice() -> None:
    assert fates([], service(2), service(3)) == ["moves", "moves"]


def test_touching_is_no_overlap() -> None:
    held = [service(1, 1, starts_minute=540)]
    assert fates(held, service(2, starts_minute=659, content="x")) == ["overlaps"]
    assert fates(held, service(2, starts_minute=660, content="x")) == ["moves"]


def test_a_long_day_needs_the_reason_and_a_longer_one_stays_out() -> None:
    held = [service(1, 1, minutes=400)]
    assert fates(held, service(2, minutes=80, content="x")) == ["moves"]
    assert fates(held, service(2, minutes=81, content="x")) == ["over_limit"]
    assert fates(held, service(2, minutes=320, content="x")) == ["over_limit"]
    assert fates(held, service(2, minutes=321, content="x")) == ["left_out"]


def test_of_a_night_no_half_comes_alone() -> None:
    night = [
        service(2, starts_minute=1380, minutes=60, group_id=2),
        service(3, starts_minute=0, minutes=60, group_id=2, service_on=date(2026, 1, 28)),
    ]
    assert fates([service(1, 1, starts_minute=1400, minutes=40)], *night) == ["overlaps"] * 2


def test_what_comes_counts_for_what_comes_after_it() -> None:
    coming = [service(2, minutes=400, content="a"), service(3, minutes=300, content="b")]
    assert fates([service(1, 1, minutes=60)], *coming) == ["moves", "left_out"]


YEARS = st.dictionaries(st.integers(2020, 2026), st.integers(0, 10_000))


@given(YEARS, YEARS)
def test_each_year_comes_out_as_what_was_left_of_it(
    earned: dict[int, int], left: dict[int, int]
) -> None:
    given = settled_by_year(earned, left)
    assert 0 not in given.values()
    for year in earned.keys() | left.keys():
        assert earned.get(year, 0) - given.get(year, 0) == left.get(year, 0)


DAYS = st.dates(date(2025, 1, 1), date(2025, 3, 1))
SPANS = st.tuples(DAYS, st.none() | DAYS).filter(lambda span: span[1] is None or span[0] <= span[1])


def holds(span: tuple[date, date | None], on: date) -> bool:
    return span[0] <= on and (span[1] is None or on <= span[1])


@given(SPANS, st.lists(SPANS, max_size=4))
def test_what_lies_outside_is_each_day_once(
    span: tuple[date, date | None], others: list[tuple[date, date | None]]
) -> None:
    parts = outside(span, others)
    for ordinal in range(date(2024, 12, 30).toordinal(), date(2025, 3, 5).toordinal()):
        on = date.fromordinal(ordinal)
        wanted = holds(span, on) and not any(holds(other, on) for other in others)
        assert sum(holds(part, on) for part in parts) == wanted
