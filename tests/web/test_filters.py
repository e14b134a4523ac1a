from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask_babel import force_locale

from app.errors import N_, RuleBroken
from app.web import filters
from app.web.saying import say

WEDNESDAY = date(2026, 1, 28)


@pytest.fixture(autouse=True)
def page(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


@pytest.mark.parametrize(
    ("minutes", "text", "fixed"),
    [
        (0, "0", "0.0"),
        (150, "2.5", "2.5"),
        (180, "3", "3.0"),
        (15, "0.25", "0.3"),
        (45, "0.75", "0.8"),
        (50, "0.8", "0.8"),
        (1, "0", "0.0"),
        (3, "0.1", "0.1"),
        (563_040, "9,384", "9,384.0"),
        (-150, "−2.5", "−2.5"),
        (None, "—", "—"),
    ],
)
def test_hours(minutes: int | None, text: str, fixed: str) -> None:
    assert (filters.hours(minutes), filters.hours(minutes, fixed=True)) == (text, fixed)


@pytest.mark.parametrize(
    ("hundredths", "text", "signed"),
    [
        (0, "0", "0"),
        (380, "3.8", "+3.8"),
        (255, "2.55", "+2.55"),
        (124_000, "1,240", "+1,240"),
        (-16_000, "−160", "−160"),
        (-5, "−0.05", "−0.05"),
        (None, "—", "—"),
    ],
)
def test_points(hundredths: int | None, text: str, signed: str) -> None:
    assert (filters.points(hundredths), filters.points(hundredths, signed=True)) == (text, signed)


def test_numbers_and_names() -> None:
    assert (filters.number(9384), filters.number(-1), filters.number(None)) == ("9,384", "−1", "—")
    assert (filters.clock_time(510), filters.clock_time(None)) == ("8:30", "—")


@pytest.mark.parametrize(
    ("locale", "spoken", "with_year", "weekday"),
    [
        ("zh_Hans", "1月28日", "2026年1月28日", "1月28日 周三"),
        ("zh_Hant", "1月28日", "2026年1月28日", "1月28日 週三"),
        ("en", "Jan 28", "Jan 28, 2026", "Jan 28 Wed"),
    ],
)
def test_dates_are_spoken(locale: str, spoken: str, with_year: str, weekday: str) -> None:
    with force_locale(locale):
        assert filters.day(WEDNESDAY) == spoken
        assert filters.day(WEDNESDAY, with_year=True) == with_year
        assert filters.day_weekday(WEDNESDAY) == weekday


def test_an_instant_is_shown_in_the_organisations_zone() -> None:
    late = datetime(2026, 1, 27, 17, 5, tzinfo=UTC)
    assert filters.instant(late) == "2026年1月28日 01:05"
    assert filters.instant(late, UTC) == "2026年1月27日 17:05"


def test_months() -> None:
    assert (filters.month(WEDNESDAY), filters.month_year(WEDNESDAY)) == ("1月", "2026年1月")


class Held(RuleBroken):
    message = N_("Record %(record)s of %(on)s adds 50 %% for %(people)s.")


def test_a_refusal_is_said_with_its_figures_as_people_write_them() -> None:
    with force_locale("en"):
        said = say(Held(record=2031, on=WEDNESDAY, people=["谷雨", "白露"]))
    assert said == "Record 2031 of Jan 28, 2026 adds 50 % for 谷雨, 白露."


def test_a_figure_may_bear_the_name_of_a_parameter() -> None:
    class Named(RuleBroken):
        message = N_("%(string)s %(self)s")

    refusal = Named()
    refusal.figures = {"string": "a", "self": "b"}
    assert say(refusal) == "a b"
