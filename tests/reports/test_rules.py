"""Months and how they add up, and the drawing's whole numbers; no database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from app.reports.charts import NARROW, WIDE, columns, scale
from app.reports.rules import (
    MOST_MONTHS,
    bounds_of,
    flows_of,
    months_of,
    months_on,
    span_of,
    total_of,
)

JANUARY, FEBRUARY, DECEMBER = date(2026, 1, 1), date(2026, 2, 1), date(2026, 12, 1)


def test_months_run_over_the_turn_of_a_year() -> None:
    assert months_on(JANUARY, -1) == date(2025, 12, 1)
    assert months_on(DECEMBER, 14) == date(2028, 2, 1)
    assert months_of(date(2025, 11, 1), JANUARY) == [
        date(2025, 11, 1),
        date(2025, 12, 1),
        JANUARY,
    ]


def test_months_begin_where_the_place_has_midnight() -> None:
    assert bounds_of([JANUARY], "Asia/Shanghai") == [
        datetime(2025, 12, 31, 16, tzinfo=UTC),
        datetime(2026, 1, 31, 16, tzinfo=UTC),
    ]


def test_a_change_of_clocks_moves_a_bound() -> None:
    spring = bounds_of([date(2026, 3, 1)], "Europe/Berlin")
    assert [each.hour for each in spring] == [23, 22]


def test_a_span_is_ordered_ends_now_and_can_be_drawn() -> None:
    assert span_of(DECEMBER, JANUARY, this_month=FEBRUARY) == (JANUARY, FEBRUARY)
    first, last = span_of(date(2001, 1, 1), JANUARY, this_month=FEBRUARY)
    assert len(months_of(first, last)) == MOST_MONTHS
    assert span_of(date(1, 1, 1), date(1, 5, 1), this_month=JANUARY)[0] == date(2000, 1, 1)


def test_a_month_adds_up_from_what_came_before() -> None:
    sums = [
        (0, "service", 1000, 0),
        (1, "service", 500, 0),
        (1, "opening", 200, 0),
        (1, "adjustment", 50, -30),
        (1, "redemption", 0, -400),
        (2, "refund", 400, 0),
        (2, "reversal", 0, -500),
        (2, "expiry", 0, -60),
        (2, "shortfall", 7, 0),
        (2, "transfer", 9, -9),
    ]
    first, second = flows_of(sums, [JANUARY, FEBRUARY])
    assert (first.issued, first.lowered, first.redeemed) == (750, -30, -400)
    assert (first.outstanding, second.outstanding) == (1320, 1167)
    assert (second.reversed, second.refunded, second.expired, second.other) == (-500, 400, -60, 7)
    total = total_of([first, second])
    assert (total.issued, total.redeemed, total.outstanding) == (750, -400, 1167)


@pytest.mark.parametrize(
    ("highest", "end", "step"),
    [(0, 100, 100), (100, 100, 100), (450, 500, 100), (501, 600, 200), (149_200, 150_000, 50_000)],
)
def test_an_axis_ends_just_above(highest: int, end: int, step: int) -> None:
    assert scale(highest) == (end, step)


@pytest.mark.parametrize("frame", [WIDE, NARROW])
@pytest.mark.parametrize("count", [1, 12, 36])
def test_columns_stay_on_the_paper(frame: object, count: int) -> None:
    values = [(place + 1) * 100 for place in range(count)]
    drawn = columns(["1月"] * count, (values, values, [0] * count), frame)  # type: ignore[arg-type]
    assert [len(bars) for bars in drawn.bars] == [count, count, 0]
    every = [bar for bars in drawn.bars for bar in bars]
    assert all(bar.x >= drawn.left and bar.x + bar.width <= drawn.width for bar in every)
    assert all(bar.y >= 0 and bar.height > 0 for bar in every)


def test_a_tiny_figure_is_still_seen_and_none_is_not_drawn() -> None:
    drawn = columns(["1月", "2月", "3月"], ([1, 0, 10_000_000],), WIDE)
    (bars,) = drawn.bars
    assert bars[0].height == 2
    assert len(bars) == len(drawn.figures) == 2
