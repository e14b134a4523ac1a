"""The arithmetic and the drawings of the dashboard."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from app.home import desk_drawing as drawing
from app.home.desk_rules import (
    DayServed,
    by_day,
    calendar_months,
    dates_of,
    same_day_before,
    service_dates,
    share_percent,
    steps_of,
    tenths_more,
)
from app.home.desk_showing import change_text

MONTHS = [str(month) for month in range(1, 13)]


@pytest.fixture(autouse=True)
def _speaking(app: Flask):
    with app.test_request_context():
        yield


@pytest.mark.parametrize(
    ("today", "year", "until"),
    [
        (date(2026, 2, 3), 2026, date(2025, 2, 3)),
        (date(2028, 2, 29), 2028, date(2027, 2, 28)),
        (date(2026, 2, 3), 2025, date(2024, 12, 31)),
    ],
)
def test_a_year_compares_with_as_much_of_the_last(today: date, year: int, until: date) -> None:
    assert same_day_before(today, year) == until


@pytest.mark.parametrize(
    ("now", "before", "tenths"),
    [(0, 0, None), (5, 0, None), (0, 5, -1000), (1082, 1000, 82), (3, 3, 0), (2001, 2000, 1)],
)
def test_growth_in_tenths_of_a_percent(now: int, before: int, tenths: int | None) -> None:
    assert tenths_more(now, before) == tenths


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [(109, 100, "+9%"), (95, 100, "−5%"), (100, 100, "±0%"), (2700, 100, "×27"), (0, 0, "")],
)
def test_how_a_team_compares(now: int, before: int, said: str) -> None:
    assert change_text(now, before) == said


def test_a_share_of_nothing_is_nothing() -> None:
    assert (share_percent(1, 0), share_percent(1, 8), share_percent(39, 100)) == (0, 13, 39)


def test_the_most_is_the_darkest_and_nothing_has_no_step() -> None:
    days = {date(2026, 1, day): minutes for day, minutes in enumerate((10, 20, 30, 40, 0), 1)}
    assert list(steps_of(days).values()) == [1, 2, 3, 4]
    assert steps_of({date(2026, 1, 1): 5}) == {date(2026, 1, 1): 4}
    assert steps_of({}) == {}


@pytest.mark.parametrize("service_day", [1, 15, 28])
def test_the_frame_stands_where_the_setting_says(service_day: int) -> None:
    usual, instead = service_dates(2026, service_day, {(2026, 2): date(2026, 2, 10)})
    assert len(usual) == 12
    assert instead == {date(2026, 2, 10)}
    texts = drawing.Texts(MONTHS, "here")
    wide = drawing.cells_wide(2026, {}, service_day, instead, texts)
    assert len(wide.frames) == 2
    (here,) = [day for day in wide.days if day.text == "here"]
    assert wide.frames[0].x < here.x < wide.frames[0].x + wide.frames[0].width


@pytest.mark.parametrize(("year", "days"), [(2024, 366), (2025, 365)])
def test_every_date_has_a_cell(year: int, days: int) -> None:
    texts = drawing.Texts(MONTHS, "28")
    for draw in (drawing.cells_wide, drawing.cells_narrow):
        drawn = draw(year, {date(year, 12, 31): 4}, 28, set(), texts)
        places = [place for step in drawn.steps for place in step]
        assert len(places) == len(set(places)) == len(dates_of(year)) == days
        assert len(drawn.steps[4]) == 1
        assert all(x + drawn.size[0] <= drawn.width for x, _ in places)
        assert all(y + drawn.size[1] <= drawn.height for _, y in places)


def test_the_calendars_table_adds_up() -> None:
    served = [
        DayServed(date(2026, 1, 28), 1, 2, 120),
        DayServed(date(2026, 1, 28), 2, 1, 60),
        DayServed(date(2026, 1, 5), 1, 1, 30),
    ]
    january = calendar_months(by_day(served), {date(2026, 1, 28)})[0]
    assert tuple(january) == (1, 2, 180, 210)


@pytest.mark.parametrize("values", [[60] * 7, [1, 0, 7, 0, 1], [6000, 1], [0, 0]])
def test_segments_add_up_to_the_columns_height(values: list[int]) -> None:
    edges = drawing._edges(values, 282, 500_00)
    assert [high for _, high in edges[:-1]] == [low for low, _ in edges[1:]]
    assert edges[0][0] == 0
    assert edges[-1][1] == 282 * drawing._hundredths(sum(values)) // 500_00


def test_a_total_stands_right_above_its_column() -> None:
    drawn = drawing.stacked_wide([[600, 900] for _ in range(12)], MONTHS)
    for total, topmost in zip(drawn.totals, drawn.segments[-1], strict=True):
        assert topmost.x < total.x < topmost.x + topmost.width
        assert 0 < topmost.y - total.y < 12


def test_a_tiny_segment_bears_no_character() -> None:
    drawn = drawing.stacked_wide([[1, 60 * 1000]], ["1"])
    assert [one.has_glyph for colour in drawn.segments for one in colour] == [True]
    narrow = drawing.stacked_narrow([[60, 60 * 30]], ["1"])
    assert [one.has_glyph for colour in narrow.segments for one in colour] == [False, True]
    for colour in narrow.segments:
        assert all(one.has_glyph == (one.width >= drawing.LEAST_FOR_GLYPH) for one in colour)


@pytest.mark.parametrize("minutes", [[[] for _ in range(12)], [[0] for _ in range(12)]])
def test_nothing_served_draws_no_segment(minutes: list[list[int]]) -> None:
    for draw in (drawing.stacked_wide, drawing.stacked_narrow):
        drawn = draw(minutes, MONTHS)
        assert [one for colour in drawn.segments for one in colour] == []
        assert drawn.totals == []


def test_more_than_seven_colours_all_stand_there() -> None:
    drawn = drawing.stacked_wide([[600] * 12 for _ in range(12)], MONTHS)
    assert len(drawn.segments) == 12
    assert all(len(colour) == 12 for colour in drawn.segments)
