"""The settings of an organisation: read, set, given back, refused in words."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.db import db, transaction
from app.organisations.operations import change_setting
from app.organisations.queries import settings_of
from tests.settings.conftest import changes_of, organisation_id
from tests.web.cast import NOW

PAGE = "/admin/settings/TX/figures/daily_limit_minutes"


def limit(code: str = "TX") -> int:
    found = settings_of(db.session(), organisation_id(code)).daily_limit_minutes
    db.session.rollback()
    return found


def set_above(key: str, value: str) -> None:
    root_id = organisation_id("JD")
    with transaction() as session:
        change_setting(session, root_id, key=key, value=value, actor_id=None, now=NOW)


def test_the_way_leads_to_the_own_organisation(desk: FlaskClient) -> None:
    assert desk.get("/admin/settings").location == "/admin/settings/TX"


def test_a_figure_is_set_inherited_and_told(desk: FlaskClient) -> None:
    set_above("daily_limit_minutes", "420")
    assert "Inherited from JD社区" in desk.get("/admin/settings/TX").text
    assert desk.post(PAGE, data={"value": " 360 "}).status_code == 303
    assert limit() == 360
    page = desk.get(PAGE).text
    assert "360 minutes (6 hours)" in page
    assert "420 minutes (7 hours), from JD社区" in page
    assert "last changed by 夏至" in desk.get("/admin/settings/TX").text
    assert desk.post(f"{PAGE}/inherit").status_code == 303
    assert limit() == 420
    assert changes_of("change_setting") == 3
    page = desk.get(PAGE).text
    assert "夏至" in page
    assert "Own value" in page


@pytest.mark.parametrize("typed", ["", "0", "1441", "８小时", "4_80", "abc", "-1", "9" * 30])
def test_a_bad_figure_is_kept_as_typed_with_its_range(desk: FlaskClient, typed: str) -> None:
    answer = desk.post(PAGE, data={"value": typed})
    assert answer.status_code == 422
    assert "<title>Error" in answer.text
    assert f'value="{typed}"' in answer.text
    assert "Whole minutes from 1 to 1,440" in answer.text
    assert (limit(), changes_of("change_setting")) == (480, 0)


def test_figures_that_contradict_are_refused_in_words(desk: FlaskClient) -> None:
    answer = desk.post(PAGE, data={"value": "721"})
    assert answer.status_code == 422
    assert "may not lie above the 720 minutes" in answer.text


def test_giving_back_is_refused_where_the_inherited_contradicts(desk: FlaskClient) -> None:
    desk.post("/admin/settings/TX/figures/hard_limit_minutes", data={"value": "900"})
    desk.post(PAGE, data={"value": "800"})
    answer = desk.post("/admin/settings/TX/figures/hard_limit_minutes/inherit")
    assert answer.status_code == 422
    assert "720 minutes" in answer.text


@pytest.mark.parametrize(
    ("key", "typed", "shown"),
    [
        ("two_people", "1", "Yes"),
        ("quiet_from_minute", "22:15", "22:15"),
        ("quiet_until_minute", "450", "7:30"),
        ("star_hours", "50，100、200", "50, 100, 200 hours"),
        ("star_tenure_months", "0,0,6、12，24", "0, 0, 6, 12, 24 months"),
        ("service_month", "5", "May"),
        ("service_day", "15", "day 15"),
        ("time_zone", "Asia/Urumqi", "Asia/Urumqi"),
        ("service_day_place", "", "—"),
        ("ranking_least_people", "1", "1 person"),
        ("timely_working_days", "12", "12 working days"),
    ],
)
def test_every_kind_of_figure_is_set(desk: FlaskClient, key: str, typed: str, shown: str) -> None:
    path = f"/admin/settings/TX/figures/{key}"
    assert desk.post(path, data={"value": typed}).status_code == 303
    assert f"<dd>{shown}</dd>" in desk.get(path).text


@pytest.mark.parametrize(
    ("key", "typed", "said"),
    [
        ("two_people", "2", "Not a valid choice"),
        ("star_hours", "300,100", "Rising whole hours"),
        ("star_tenure_months", "12,6,0,0,0", "Whole months from 0 to 600"),
        ("star_tenure_months", "0,6,12", "hours for 5 star levels, but months for 3"),
        ("time_zone", "Mars/Olympus", "such as Asia/Shanghai"),
        ("service_day", "31", "A whole number from 1 to 28."),
    ],
)
def test_every_kind_of_figure_says_its_range(
    desk: FlaskClient, key: str, typed: str, said: str
) -> None:
    answer = desk.post(f"/admin/settings/TX/figures/{key}", data={"value": typed})
    assert answer.status_code == 422
    assert said in answer.text


def test_months_go_before_the_levels_they_belong_to(desk: FlaskClient) -> None:
    months, hours = (
        f"/admin/settings/TX/figures/star_{each}" for each in ("tenure_months", "hours")
    )
    assert desk.post(months, data={"value": "0,6,12,24,36"}).status_code == 303
    answer = desk.post(hours, data={"value": "100,300"})
    assert answer.status_code == 422
    assert "hours for 2 star levels, but months for 5" in answer.text
    assert desk.post(months, data={"value": ""}).status_code == 303
    assert desk.post(hours, data={"value": "100,300"}).status_code == 303
    assert "<dd>none</dd>" in desk.get(months).text


@pytest.mark.parametrize("key", ["no_such", "Star_Hours"])
def test_a_figure_that_nothing_reads_has_no_page(desk: FlaskClient, key: str) -> None:
    for answer in (
        desk.get(f"/admin/settings/TX/figures/{key}"),
        desk.post(f"/admin/settings/TX/figures/{key}", data={"value": "1"}),
    ):
        assert answer.status_code == 404


def test_an_auditor_reads_and_finds_no_button(browser) -> None:
    auditor = browser("auditor")
    assert "You may read this" in auditor.get("/admin/settings/TX").text
    assert "Save as own value" not in auditor.get(PAGE).text


def test_the_other_organisations_are_a_tree(root_desk: FlaskClient) -> None:
    page = root_desk.get("/admin/settings/BY").text
    for code in ("JD", "TX", "BY"):
        assert f'href="/admin/settings/{code}"' in page


@pytest.mark.parametrize("path", [f"{PAGE}/inherit"])
def test_a_changing_way_refuses_to_be_read(desk: FlaskClient, path: str) -> None:
    assert desk.get(path).status_code == 405


def test_the_menu_of_a_phone_leads_everywhere(desk: FlaskClient) -> None:
    page = desk.get("/more").text
    for path in ("/admin/settings", "/admin/points", "/admin/organisations", "/ranking"):
        assert f'href="{path}"' in page
