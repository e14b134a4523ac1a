"""The pages of stars: somebody's own, and the list for the ceremony with its sheets and paper."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, text

from app.db import transaction
from app.organisations.models import Setting
from app.service.operations import reverse_record
from app.sheets.reading import read_sheet
from tests.service.community import NOW
from tests.service.conftest import MakeTown, Town, statements

QUERY_BUDGET = 18
PAGE = "/stars"


@pytest.fixture
def town(make_town: MakeTown) -> Town:
    return make_town(star_hours="2,5,9")


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def serve(town: Town, person: int, minutes: int, on: date = date(2026, 1, 14)) -> int:
    line = town.community.line(person, minutes, service_on=on)
    return town.community.logged(line, by="organiser").record_ids[0]


def set_months(town: Town, value: str) -> None:
    row = {"organisation_id": town.community.root_id, "key": "star_tenure_months", "value": value}
    with transaction() as session:
        session.execute(insert(Setting), row)


# ── the own stars ─────────────────────────────────────────────────────────────────────────


def test_a_volunteer_sees_since_when(town: Town) -> None:
    serve(town, 3, 150)
    page = town.browser("volunteer").get("/me/stars").text
    assert "One-star volunteer" in page
    assert "Jan 14, 2026" in page
    assert page.count("not yet") == 2
    assert "2.5 more hours of service to Two-star volunteer (at 5 hours)" in page


@pytest.mark.parametrize("path", ["/me", "/me/stars"])
def test_waiting_is_said_with_its_date(town: Town, path: str) -> None:
    serve(town, 3, 120)
    set_months(town, "14,15,16")
    page = town.browser("volunteer").get(path).text
    assert "One-star volunteer from Mar 1, 2026 on: the hours are served" in page
    assert "No star yet" in page


def test_hours_and_waiting_are_said_together(town: Town) -> None:
    serve(town, 3, 90)
    set_months(town, "14,15,16")
    page = town.browser("volunteer").get("/me/stars").text
    assert "30 more minutes of service to One-star volunteer (at 2 hours), from Mar 1" in page
    assert "5 hours, from Apr 1, 2026 on" in page


@pytest.mark.parametrize("path", ["/me", "/me/ledger"])
def test_the_own_pages_lead_there(town: Town, path: str) -> None:
    assert 'href="/me/stars"' in town.browser("volunteer").get(path).text


def test_the_same_level_stands_on_every_page(town: Town, organiser: FlaskClient) -> None:
    for day in (13, 14):
        serve(town, 3, 300, date(2026, 1, day))
    set_months(town, "0,0,600")
    for browser, path in (
        (town.browser("volunteer"), "/me"),
        (town.browser("volunteer"), "/me/stars"),
        (organiser, "/volunteers/TX00004/stars"),
    ):
        assert "Two-star volunteer" in browser.get(path).text


def test_a_leader_sees_the_stars_of_members(town: Town) -> None:
    leader = town.browser("leader")
    assert "/volunteers/TX00004/stars" in leader.get("/volunteers/TX00004/passbook").text
    assert "Hours of 春分" in leader.get("/volunteers/TX00004/stars").text
    assert leader.get("/volunteers/TX00008/stars").status_code == 404
    assert leader.get("/volunteers/TX99999/stars").status_code == 404


# ── the list for the ceremony ─────────────────────────────────────────────────────────────


@pytest.fixture
def honoured(town: Town) -> Town:
    """Let three people reach two, two and one star; one of them in the year before."""
    serve(town, 3, 400)
    serve(town, 4, 150, date(2025, 12, 3))
    serve(town, 4, 160)
    serve(town, 5, 130, date(2025, 12, 4))
    return town


def test_the_list_says_who_which_and_when(honoured: Town, organiser: FlaskClient) -> None:
    page = organiser.get(PAGE).text
    assert page.index("春分") < page.index("清明")
    assert "谷雨" not in page
    assert "Two-star volunteer: 2" in page
    assert "One-star volunteer:" not in page
    assert "Jan 14, 2026" in page


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("year=2025", ["清明", "谷雨"]),
        ("from=2025-12-04&until=2026-01-13", ["谷雨"]),
        ("from=2026-01-13&until=2025-12-04", ["谷雨"]),
        ("from=2025-12-01&until=2026-01-31", ["春分", "清明", "谷雨"]),
        ("from=2025-12-01&until=2026-01-31&level=1", ["谷雨"]),
        ("from=2025-12-01&until=2026-01-31&level=²", []),
        ("q=TX00004", ["春分"]),
        ("q=nobody", []),
        ("year=99999", ["春分", "清明"]),
        ("year=0001&from=soon&until=0000-13-45&page=77", ["春分", "清明"]),
        ("year=2019", []),
    ],
)
def test_a_time_a_level_and_a_name_are_asked_for(
    honoured: Town, organiser: FlaskClient, asked: str, names: list[str]
) -> None:
    answer = organiser.get(f"{PAGE}?{asked}")
    assert answer.status_code == 200
    assert [name for name in ("春分", "清明", "谷雨") if name in answer.text] == names


def test_what_is_taken_back_leaves_the_list(honoured: Town, organiser: FlaskClient) -> None:
    record_id = honoured.one(
        "SELECT id FROM service_records WHERE volunteer_id = :id", id=honoured.people[3]
    )
    assert "春分" in organiser.get(PAGE).text
    with transaction() as session:
        reverse_record(
            session, record_id, actor=honoured.community.actor("organiser"), now=NOW, reason="错"
        )
    assert "春分" not in organiser.get(PAGE).text


def test_a_search_keeps_what_was_chosen_and_no_phone(organiser: FlaskClient) -> None:
    sent = {"q": "13800001234", "year": "2025", "level": "1"}
    answer = organiser.post(f"{PAGE}/search", data=sent)
    assert answer.status_code == 303
    assert "year=2025" in answer.location
    assert "level=1" in answer.location
    assert "13800001234" not in answer.location


def test_an_organisation_below_lists_its_own(honoured: Town, organiser: FlaskClient) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET organisation_id = :home WHERE id = :id"),
            {"home": honoured.community.estate_id, "id": honoured.people[4]},
        )
    below = honoured.browser("organiser_below").get(PAGE).text
    assert "清明" in below
    assert "春分" not in below
    assert "一小区" in organiser.get(PAGE).text
    assert honoured.browser("organiser_below").get(f"{PAGE}?org=TX").status_code == 404


def test_the_sheets_say_what_the_page_says(honoured: Town, organiser: FlaskClient) -> None:
    body = organiser.get("/stars.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    told = [(row["Name"], row["Stars"], row["Lifetime hours"], row["Reached on"]) for row in rows]
    assert told == [("春分", "2", "6.67", "2026-01-14"), ("清明", "2", "5.17", "2026-01-14")]
    answer = organiser.get("/stars.xlsx?year=2025&level=1")
    assert "stars-TX-20250101-20251231.xlsx" in answer.headers["Content-Disposition"]
    assert len(read_sheet(answer.data, "stars.xlsx").rows) == 3


def test_on_paper_stand_names_and_nothing_else(honoured: Town, organiser: FlaskClient) -> None:
    page = organiser.get("/stars/paper").text
    assert "<li>春分</li><li>清明</li>" in page
    assert "TX00004" not in page


def test_for_the_wall_names_are_masked(honoured: Town, organiser: FlaskClient) -> None:
    page = organiser.get("/stars/paper?names=public").text
    assert "春分" not in page
    assert "<li>春*</li>" in page


def test_nobody_yet_is_said(town: Town, organiser: FlaskClient) -> None:
    for path in (PAGE, "/stars/paper"):
        assert (
            "Whoever reaches a star within this time will stand here." in organiser.get(path).text
        )


@pytest.mark.parametrize("path", [PAGE, "/stars.csv", "/stars/paper", "/stars/paper?names=public"])
def test_more_people_ask_no_more(make_town: MakeTown, path: str) -> None:
    town = make_town(people=40, star_hours="2,5,9", star_tenure_months="0,1,2")
    for person in range(40):
        serve(town, person, 200)
    organiser = town.browser("organiser")
    organiser.get(path)
    with statements() as sent:
        answer = organiser.get(path)
    assert "谷雨" in answer.text or "谷*" in answer.text
    assert len(sent) <= QUERY_BUDGET


def test_pages_follow_each_other(make_town: MakeTown) -> None:
    town = make_town(people=60, star_hours="2,5,9")
    for person in range(60):
        serve(town, person, 200)
    organiser = town.browser("organiser")
    listed = [
        re.findall(r">(TX\d{5})<", organiser.get(f"{PAGE}?page={page}").text) for page in (1, 2)
    ]
    assert listed[0] == [f"TX{at:05}" for at in range(1, 51)]
    assert listed[1] == [f"TX{at:05}" for at in range(51, 61)]


def test_the_sheets_and_the_paper_refuse_to_be_sent(organiser: FlaskClient) -> None:
    for path in (PAGE, "/stars.csv", "/stars/paper", "/me/stars"):
        assert organiser.post(path).status_code == 405
    assert organiser.get("/stars/search").status_code == 405
    assert organiser.get("/stars.pdf").status_code == 404
