"""Objections on pages: from a row of the list to the answer on the board; the six questions."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from tests.ranking.objecting import answered, objected, objection
from tests.ranking.year import (
    AFTER_NOTICE,
    FIRST,
    YEAR,
    correct_list,
    give_notice,
    make_final,
    save,
    serve_on,
)
from tests.service.conftest import Town, key_in

BOARD = f"/pioneers/TX/{YEAR}"
FORM = f"{BOARD}/object"
OF_YEAR = f"/awards/TX/{YEAR}/objections"


@pytest.fixture
def town(year_town: Town) -> Town:
    save(year_town.community)
    give_notice(year_town.community)
    return year_town


@pytest.fixture
def volunteer(town: Town) -> FlaskClient:
    return town.browser("volunteer")


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def said(**more: str) -> dict[str, str]:
    return {"about": "own", "words": "少了两小时", **more}


def said_back(**more: str) -> dict[str, str]:
    return {"outcome": "refused", "words": "签到表上是两小时", "shown": "public", **more}


# ── raise ─────────────────────────────────────────────────────────────────────────────────


def test_a_row_of_the_list_leads_to_the_form(volunteer: FlaskClient) -> None:
    assert f'href="{FORM}?line=2"' in volunteer.get(BOARD).text
    form = volunteer.get(f"{FORM}?line=2").text
    assert "The place chosen: No. 2, 清*" in form
    assert re.search(r'<input[^>]*value="row"[^>]*checked|<input[^>]*checked[^>]*value="row"', form)


def test_a_line_of_a_list_that_was_corrected_meanwhile_is_nobodys(
    town: Town, volunteer: FlaskClient
) -> None:
    form = volunteer.get(f"{FORM}?line=2").text
    assert re.search(r'name="list"[^>]*value="1"', form)
    serve_on(town.community, 6, [(FIRST + timedelta(days=40), 480)])
    correct_list(town.community)
    sent = volunteer.post(FORM, data=said(about="row", line="2", list="1"))
    assert sent.status_code == 422
    assert town.one("SELECT count(*) FROM objections") == 0


def test_it_is_sent_and_stands_with_ones_own(town: Town, volunteer: FlaskClient) -> None:
    sent = volunteer.post(FORM, data=said())
    assert sent.status_code == 303
    page = volunteer.get(sent.location).text
    assert "少了两小时" in page
    assert "Waits for an answer" in page
    assert town.one("SELECT about_id FROM objections") == town.people[3]


def test_another_row_is_meant_by_its_line(town: Town, volunteer: FlaskClient) -> None:
    volunteer.post(FORM, data=said(about="row", line="2"))
    assert town.one("SELECT about_id FROM objections") == town.people[4]


def test_the_list_as_a_whole_is_nobodys_place(town: Town, volunteer: FlaskClient) -> None:
    volunteer.post(FORM, data=said(about="list"))
    assert town.one("SELECT count(*) FROM objections WHERE about_id IS NULL") == 1


@pytest.mark.parametrize(
    "more",
    [{"words": " "}, {"about": "row", "line": "99"}, {"about": "row", "line": "x"}, {"about": ""},
     {"words": "长" * 1001}],
)  # fmt: skip
def test_a_bad_form_comes_back(town: Town, volunteer: FlaskClient, more: dict[str, str]) -> None:
    answer = volunteer.post(FORM, data=said(**more))
    assert answer.status_code == 422
    assert "Error:" in answer.text
    assert town.one("SELECT count(*) FROM objections") == 0


def test_a_second_one_about_the_same_is_refused_on_the_form(volunteer: FlaskClient) -> None:
    volunteer.post(FORM, data=said())
    again = volunteer.post(FORM, data=said(words="还是不对"))
    assert again.status_code == 422
    assert "waits for an answer already" in again.text
    assert "还是不对" in again.text


def test_a_double_tap_raises_one(town: Town, volunteer: FlaskClient) -> None:
    key = key_in(volunteer.get(FORM).text)
    for _tap in range(2):
        assert volunteer.post(FORM, data=said(key=key)).status_code == 303
    assert town.one("SELECT count(*) FROM objections") == 1


def test_after_the_notice_the_form_is_closed(town: Town) -> None:
    with time_machine.travel(AFTER_NOTICE, tick=False):
        volunteer = town.browser("volunteer")
        closed = volunteer.get(FORM)
        assert "The notice ended on" in closed.text
        assert "<textarea" not in closed.text
        assert volunteer.post(FORM, data=said()).status_code == 422
        make_final(town.community)
        assert "is final" in volunteer.get(FORM).text
    assert town.one("SELECT count(*) FROM objections") == 0


@pytest.mark.parametrize("path", ["/pioneers/NO/2025/object", "/objections/99"])
def test_what_is_not_there_is_not_found(volunteer: FlaskClient, path: str) -> None:
    assert volunteer.get(path).status_code == 404


def test_who_is_no_volunteer_cannot_object(organiser: FlaskClient) -> None:
    assert organiser.get(FORM).status_code == 404
    assert organiser.get("/me/objections").status_code == 404


def test_reading_never_sends(volunteer: FlaskClient) -> None:
    for path in ("/objections/1/answer", "/objections/1/withdraw"):
        assert volunteer.get(path).status_code == 405


# ── withdraw ──────────────────────────────────────────────────────────────────────────────


def test_it_is_withdrawn_by_whoever_raised_it(town: Town, volunteer: FlaskClient) -> None:
    objection_id = objected(town.community)
    assert town.browser("leader").post(f"/objections/{objection_id}/withdraw").status_code == 404
    assert volunteer.post(f"/objections/{objection_id}/withdraw").status_code == 303
    assert objection(objection_id).state == "withdrawn"


# ── answer ────────────────────────────────────────────────────────────────────────────────


def test_the_organiser_finds_and_answers_it(town: Town, organiser: FlaskClient) -> None:
    objection_id = objected(town.community)
    assert f'href="/objections/{objection_id}"' in organiser.get(OF_YEAR).text
    page = organiser.get(f"/objections/{objection_id}").text
    assert "春分 TX00004" in page
    sent = organiser.post(f"/objections/{objection_id}/answer", data=said_back())
    assert sent.status_code == 303
    assert "No objection waits" in organiser.get(OF_YEAR).text
    assert "签到表上是两小时" in town.browser("volunteer").get(f"/objections/{objection_id}").text
    assert "签到表上是两小时" in town.browser("visitor").get(BOARD).text


def test_an_upheld_one_leads_to_a_correction(town: Town, organiser: FlaskClient) -> None:
    objection_id = objected(town.community)
    organiser.post(f"/objections/{objection_id}/answer", data=said_back(outcome="upheld"))
    page = organiser.get(f"/objections/{objection_id}").text
    assert f'href="/awards/TX/{YEAR}"' in page
    assert (
        "has not changed" not in town.browser("volunteer").get(f"/objections/{objection_id}").text
    )


@pytest.mark.parametrize("missing", ["outcome", "words", "shown"])
def test_an_answer_is_whole(town: Town, organiser: FlaskClient, missing: str) -> None:
    objection_id = objected(town.community)
    answer = organiser.post(f"/objections/{objection_id}/answer", data=said_back(**{missing: ""}))
    assert answer.status_code == 422
    assert objection(objection_id).is_open


def test_whom_it_concerns_gets_no_form(town: Town) -> None:
    objection_id = objected(town.community, 4)
    concerned = town.browser("organiser_too")
    assert "<textarea" not in concerned.get(f"/objections/{objection_id}").text
    refused = concerned.post(f"/objections/{objection_id}/answer", data=said_back())
    assert refused.status_code == 422
    assert objection(objection_id).is_open


@pytest.mark.parametrize("who", ["leader", "organiser_below"])
def test_out_of_reach_it_does_not_exist(town: Town, who: str) -> None:
    objection_id = objected(town.community)
    browser = town.browser(who)
    assert browser.get(f"/objections/{objection_id}").status_code == 404
    assert browser.get(OF_YEAR).status_code == 404
    assert browser.post(f"/objections/{objection_id}/answer", data=said_back()).status_code == 404


def test_the_auditor_reads_and_does_not_answer(town: Town) -> None:
    objection_id = objected(town.community)
    auditor = town.browser("auditor")
    assert "<textarea" not in auditor.get(f"/objections/{objection_id}").text
    assert auditor.post(f"/objections/{objection_id}/answer", data=said_back()).status_code == 404


def test_who_objected_reads_nobody_elses_name(town: Town, volunteer: FlaskClient) -> None:
    objection_id = objected(town.community, 4)
    answered(town.community, objection_id, is_public=False)
    page = volunteer.get(f"/objections/{objection_id}").text
    assert "清明" not in page
    assert "organiser" not in page.lower().replace("organisers", "")


# ── ways there ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/me", "/o/TX", "/pioneers"])
def test_front_pages_lead_to_the_list(town: Town, path: str) -> None:
    browser = town.browser("volunteer" if path == "/me" else "visitor")
    assert f'href="{BOARD}"' in browser.get(path).text


def test_ones_own_place_and_the_lists_lead_to_each_other(volunteer: FlaskClient) -> None:
    assert 'href="/pioneers"' in volunteer.get("/ranking").text
    assert 'href="/ranking"' in volunteer.get(BOARD).text
