"""What a certificate tells of many records, and how a place is named."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from app.certificates.rules import BadSpan, NothingServed, Served, check_span, figures_of
from app.certificates.rules.figures import LONGEST_CONTENT, MOST_LINES
from app.certificates.showing import chinese_numeral, place_text
from app.certificates.spans import span_from

TODAY = date(2026, 2, 3)


def served(place: int, minutes: int = 60, team: str = "红队", gap: int = 1, **more: Any) -> Served:
    on = date(2020, 1, 1) + timedelta(days=place * gap)
    made = Served(on, minutes, False, "清扫", team, "red", "红", "扶贫帮困", "涂新社区")
    return made._replace(**more)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 1440), st.sampled_from("甲乙丙"))))
def test_the_lines_add_up_to_the_figures(drawn: list[tuple[int, int, str]]) -> None:
    records = sorted(served(*each) for each in drawn)
    if not records:
        with pytest.raises(NothingServed):
            figures_of(records)
        return
    figures = figures_of(records)
    assert sum(line.minutes for line in figures.contents) == figures.minutes
    assert sum(line.records for line in figures.contents) == len(records)
    assert sum(share.minutes for share in figures.shares) == figures.minutes
    assert len(figures.contents) <= MOST_LINES


@pytest.mark.parametrize(
    ("count", "gap", "by"), [(MOST_LINES, 1, "record"), (60, 1, "month"), (60, 30, "team")]
)
def test_many_records_are_added_up(count: int, gap: int, by: str) -> None:
    figures = figures_of([served(place, gap=gap) for place in range(count)])
    assert figures.contents_by == by
    assert figures.dates == count


def test_a_paper_book_stands_apart() -> None:
    figures = figures_of([served(1)], before_minutes=600)
    assert (figures.minutes, figures.before_minutes) == (660, 600)
    assert sum(line.minutes for line in figures.contents) == 60


def test_long_words_are_cut() -> None:
    figures = figures_of([served(1, content="扫" * 99)])
    assert len(figures.contents[0].content) == LONGEST_CONTENT


@pytest.mark.parametrize(
    "span",
    [(None, TODAY), (TODAY, None), (TODAY, TODAY - timedelta(1)), (TODAY, TODAY + timedelta(1))],
)
def test_a_span_has_been(span: tuple[date | None, date | None]) -> None:
    with pytest.raises(BadSpan):
        check_span(*span, TODAY)


def test_a_year_under_way_ends_today() -> None:
    asked = span_from({"span": "2026"}, TODAY)
    assert asked is not None
    assert asked.until_on == TODAY
    for odd in ("99999", "12", "²026", "0000", "range"):
        with pytest.raises(BadSpan):
            span_from({"span": odd}, TODAY)


def test_places_are_named(app: Flask) -> None:
    numerals = [chinese_numeral(each) for each in (1, 3, 10, 12, 20, 42, 99, 100)]
    assert numerals == ["一", "三", "十", "十二", "二十", "四十二", "九十九", "100"]
    with app.test_request_context(), force_locale("en"):
        assert (place_text(3, True), place_text(1, False)) == ("shared place 3", "place 1")
        assert place_text(None, False) == ""
