"""Holidays, working weekends, and dates that stand in for a service day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.clock import today_in
from app.db import db
from app.organisations.calendar import library_days, library_years
from app.organisations.queries import substitute_days, working_calendar
from tests.settings.conftest import changes_of, organisation_id

PAGE = "/admin/settings/TX/calendar"
DAYS = "/admin/settings/TX/service-days"
FORM = {"day_on": "2026-10-12", "kind": "holiday", "name": "社区节"}
TODAY = today_in("Asia/Shanghai")


def corrected() -> dict[str, bool]:
    found = working_calendar(db.session(), organisation_id("TX"))
    db.session.rollback()
    return {str(on): is_working for on, is_working in found.items()}


def test_the_library_knows_festivals_and_make_up_days() -> None:
    days = {str(on): (is_working, name) for on, is_working, name in library_days(2026)}
    assert days["2026-10-01"] == (False, "National Day")
    assert days["2026-10-10"] == (True, "National Day")
    assert 2026 in library_years()


def test_a_year_is_shown_with_its_holidays(desk: FlaskClient) -> None:
    page = desk.get(f"{PAGE}?year=2026").text
    assert "Oct 1 – Oct 7" in page
    assert "working days." in page


@pytest.mark.parametrize("year", ["2099", "1500", "x", "２０２６", "9" * 9, ""])
def test_any_year_is_answered(desk: FlaskClient, year: str) -> None:
    assert desk.get(PAGE, query_string={"year": year}).status_code == 200


def test_a_year_to_come_says_what_counts_till_then(desk: FlaskClient) -> None:
    page = desk.get(f"{PAGE}?year={library_years()[-1] + 1}").text
    assert "Until then Monday to Friday are working days" in page


def test_a_date_is_corrected_and_given_back(desk: FlaskClient) -> None:
    answer = desk.post(PAGE, data=FORM)
    assert answer.location == f"{PAGE}?year=2026"
    assert "社区节" in desk.get(answer.location).text
    assert corrected() == {"2026-10-12": False}
    desk.post(f"{PAGE}/remove", data={"day_on": "2026-10-12"})
    assert corrected() == {}
    assert (changes_of("correct_calendar"), changes_of("drop_correction")) == (1, 1)


def test_what_it_means_for_entering_is_said(desk: FlaskClient) -> None:
    tomorrow = next(
        day for day in (TODAY + timedelta(days=n) for n in range(1, 9)) if day.weekday() < 5
    )
    desk.post(PAGE, data=FORM | {"day_on": str(tomorrow), "kind": "working"})
    desk.post(PAGE, data=FORM | {"day_on": str(tomorrow), "kind": "holiday"})
    assert "may now be entered until" in desk.get(PAGE).text


@pytest.mark.parametrize(
    "change",
    [{"day_on": ""}, {"day_on": "2026-13-01"}, {"kind": "party"}, {"kind": ""}, {"name": " "},
     {"name": "长" * 61}],
)  # fmt: skip
def test_a_bad_correction_keeps_what_was_typed(desk: FlaskClient, change) -> None:
    answer = desk.post(PAGE, data=FORM | change)
    assert answer.status_code == 422
    assert f'value="{change.get("day_on", "2026-10-12")}"' in answer.text
    assert corrected() == {}


@pytest.mark.parametrize("day_on", ["2026-10-12", "", "x", "2026-99-99"])
def test_only_a_correction_there_is_can_be_removed(desk: FlaskClient, day_on: str) -> None:
    assert desk.post(f"{PAGE}/remove", data={"day_on": day_on}).status_code == 404


def test_the_correction_of_those_above_is_not_the_own_to_remove(
    root_desk: FlaskClient, desk: FlaskClient
) -> None:
    root_desk.post("/admin/settings/JD/calendar", data=FORM)
    page = desk.get(f"{PAGE}?year=2026").text
    assert "JD社区" in page
    assert "calendar/remove" not in page
    assert desk.post(f"{PAGE}/remove", data={"day_on": "2026-10-12"}).status_code == 404


# ── substitute service days ───────────────────────────────────────────────────────────────


def another_day(days: int = 1):
    """Return a date to come that is nobody's service day."""
    on = TODAY + timedelta(days=days)
    return on if on.day != 28 else on + timedelta(days=1)


def named() -> list[str]:
    found = substitute_days(db.session(), organisation_id("TX"))
    db.session.rollback()
    return [str(on) for on in found.values()]


def test_a_substitute_is_named_shown_and_taken_back(desk: FlaskClient) -> None:
    on = str(another_day())
    assert desk.post(DAYS, data={"substitute_on": on, "reason": "大雨"}).status_code == 303
    assert named() == [on]
    assert "大雨" in desk.get(DAYS).text
    assert desk.post(f"{DAYS}/withdraw", data={"substitute_on": on}).status_code == 303
    assert named() == []


def test_a_substitute_of_today_is_not_taken_back(desk: FlaskClient) -> None:
    if TODAY.day == 28:
        pytest.skip("the service day itself is no substitute")
    desk.post(DAYS, data={"substitute_on": str(TODAY), "reason": "大雨"})
    assert "service-days/withdraw" not in desk.get(DAYS).text
    answer = desk.post(f"{DAYS}/withdraw", data={"substitute_on": str(TODAY)})
    assert answer.status_code == 422
    assert named() == [str(TODAY)]


@pytest.mark.parametrize(
    ("on", "reason", "said"),
    [
        (str(TODAY - timedelta(days=40)), "大雨", "has passed"),
        ("2040-03-28", "大雨", "is another date of that month"),
        ("", "大雨", "Fill in a date"),
        (str(another_day()), "  ", "Fill in the reason."),
    ],
)
def test_a_bad_substitute_keeps_what_was_typed(
    desk: FlaskClient, on: str, reason: str, said: str
) -> None:
    answer = desk.post(DAYS, data={"substitute_on": on, "reason": reason})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{on}"' in answer.text
    assert named() == []
