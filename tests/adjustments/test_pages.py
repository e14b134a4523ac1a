"""The pages: ask from a person's card, decide as the second, undo with a cover."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.adjustments.rules import Amounts
from app.db import db
from tests.adjustments.community import (
    WHO,
    answer,
    ask,
    ask_cover,
    one,
    settle,
    spend,
    state_of,
    take_away,
    told,
)
from tests.adjustments.test_covering import spent
from tests.service.community import NOW, balances
from tests.service.conftest import MakeTown, Town, key_in, statements

MOST_STATEMENTS = 18


@pytest.fixture
def town(make_town: MakeTown) -> Town:
    made = make_town()
    take_away(made.community, "organiser", "organiser_too", "organiser_below")
    settle(made.community)
    return made


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


@pytest.fixture
def auditor(town: Town) -> FlaskClient:
    return town.browser("auditor")


def typed(**more: str) -> dict[str, str]:
    return {"direction": "add", "points": "3.8", "hours": "", "reason": "旧本子漏记", **more}


# ── asking ────────────────────────────────────────────────────────────────────────────────


def test_the_card_of_a_person_leads_to_the_form(town: Town, organiser: FlaskClient) -> None:
    who = town.people[WHO]
    assert f'href="/adjustments/person/{who}"' in organiser.get(f"/admin/people/{who}").text
    answered = organiser.post(f"/adjustments/person/{who}", data=typed())
    assert answered.status_code == 303
    page = organiser.get(answered.location).text
    assert "+3.8 points" in page
    assert "Waits for a second person" in page
    assert "2 people could confirm it" in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"points": "", "hours": ""}, "something other than zero"),
        ({"points": "0"}, "something other than zero"),
        ({"points": "1.234"}, "at most two decimals"),
        ({"points": "NaN"}, "at most two decimals"),
        ({"points": "-3"}, "at most two decimals"),
        ({"points": "9999999"}, "at most 10000 points"),
        ({"hours": "many", "points": ""}, "Fill in hours"),
        ({"reason": " "}, "Fill in the reason"),
        ({"direction": ""}, "Choose whether"),
        ({"direction": "take"}, "3.8 too many"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    town: Town, organiser: FlaskClient, given: dict[str, str], said: str
) -> None:
    page = organiser.post(f"/adjustments/person/{town.people[WHO]}", data=typed(**given))
    assert page.status_code == 422
    assert said in page.text
    if given.get("points"):
        assert f'value="{given["points"]}"' in page.text
    assert one("SELECT count(*) FROM adjustments") == 0


def test_a_double_tap_asks_once(town: Town, organiser: FlaskClient) -> None:
    path = f"/adjustments/person/{town.people[WHO]}"
    sending = typed(key=key_in(organiser.get(path).text))
    first, again = (organiser.post(path, data=sending) for _ in range(2))
    assert first.location == again.location
    assert one("SELECT count(*) FROM adjustments") == 1


def test_nobody_finds_the_form_for_themselves(town: Town) -> None:
    page = town.browser("organiser_too").get(f"/adjustments/person/{town.people[4]}")
    assert page.status_code == 403
    assert town.browser("organiser_below").get(
        f"/adjustments/person/{town.people[WHO]}"
    ).status_code == 404  # fmt: skip


# ── deciding ──────────────────────────────────────────────────────────────────────────────


def test_the_second_person_finds_it_and_confirms(town: Town, auditor: FlaskClient) -> None:
    adjustment_id = ask(town.community)
    listed = auditor.get("/adjustments").text
    assert "Wait for you" in listed
    assert f'href="/adjustments/{adjustment_id}"' in listed
    path = f"/adjustments/{adjustment_id}"
    sending = {"key": "tap"}
    assert "/confirm" in auditor.get(path).text
    for _ in range(2):
        assert auditor.post(f"{path}/confirm", data=sending).status_code == 303
    assert "Confirmed by" in auditor.get(path).text
    assert balances(db.session(), town.people[WHO]) == (0, 380)
    assert "Decided" in auditor.get("/adjustments?show=done").text


def test_the_volunteer_reads_it_in_the_passbook(town: Town) -> None:
    answer(town.community, "confirm", ask(town.community), by="auditor")
    ledger = town.browser("volunteer").get("/me/ledger").text
    assert "Adjusted by the organisers. Reason: 旧本子漏记" in ledger
    assert "<dt>Confirmed by</dt><dd>auditor</dd>" in ledger
    inbox = town.browser("volunteer").get("/me/notices").text
    assert "Your points were adjusted" in inbox
    assert "changed your points by 3.8" in inbox


def test_a_refusal_needs_words_and_keeps_the_page(town: Town, auditor: FlaskClient) -> None:
    path = f"/adjustments/{ask(town.community)}"
    empty = auditor.post(f"{path}/refuse", data={"reason": ""})
    assert empty.status_code == 422
    assert "Fill in the reason." in empty.text
    assert auditor.post(f"{path}/refuse", data={"reason": "没有凭据"}).status_code == 303
    assert "没有凭据" in town.browser("organiser").get(path).text
    late = auditor.post(f"{path}/confirm")
    assert late.status_code == 422
    assert "has dealt with this meanwhile" in late.text


def test_the_asker_sees_no_button_to_confirm_and_may_withdraw(
    town: Town, organiser: FlaskClient
) -> None:
    path = f"/adjustments/{ask(town.community)}"
    page = organiser.get(path).text
    assert "/confirm" not in page
    assert organiser.post(f"{path}/confirm").status_code == 422
    assert organiser.post(f"{path}/withdraw").status_code == 303
    assert "Withdrawn" in organiser.get(path).text


def test_a_reader_who_may_not_decide_is_told_why(town: Town) -> None:
    path = f"/adjustments/{ask(town.community, who=4)}"
    page = town.browser("organiser_too").get(path).text
    assert "Nobody decides this for themselves" in page
    assert "/confirm" not in page


def test_alone_a_day_later_and_marked_everywhere(town: Town, organiser: FlaskClient) -> None:
    take_away(town.community, "organiser_too", "auditor")
    early = f"/adjustments/{ask(town.community)}"
    assert "/alone" not in organiser.get(early).text
    assert organiser.post(f"{early}/alone", data={"reason": "x"}).status_code == 422
    path = f"/adjustments/{ask(town.community, now=NOW - timedelta(hours=24))}"
    assert "/alone" in organiser.get(path).text
    assert organiser.post(f"{path}/alone", data={"reason": "只有一人"}).status_code == 303
    for page in (path, "/adjustments"):
        assert "Done by one person" in organiser.get(page).text
    ledger = town.browser("volunteer").get("/me/ledger").text
    assert "Adjusted by one organiser alone" in ledger
    assert "none: done by one person" in ledger


# ── covering ──────────────────────────────────────────────────────────────────────────────


def test_the_page_that_takes_a_record_back_names_the_figures(
    town: Town, organiser: FlaskClient
) -> None:
    record_id = spent(town.community)
    page = organiser.get(f"/records/{record_id}/reverse").text
    assert "春分: 0.5 points are left, 2 would be taken back, 1.5 are missing." in page
    assert f'href="/adjustments/record/{record_id}"' in page
    refused = organiser.post(f"/records/{record_id}/reverse", data={"reason": "误录"})
    assert refused.status_code == 422
    assert f'href="/adjustments/record/{record_id}"' in refused.text
    assert "/adjustments/" not in town.browser("leader").get(f"/records/{record_id}/reverse").text


def test_a_record_is_taken_back_with_a_cover(
    town: Town, organiser: FlaskClient, auditor: FlaskClient
) -> None:
    record_id = spent(town.community)
    path = f"/adjustments/record/{record_id}"
    assert "1.5 are missing" in organiser.get(path).text
    assert organiser.post(path, data={"reason": ""}).status_code == 422
    asked = organiser.post(path, data={"reason": "误录"}).location
    assert "1.5 are missing" in auditor.get(asked).text
    assert auditor.post(f"{asked}/confirm").status_code == 303
    assert "reversed" in str(one("SELECT state FROM service_records"))
    listed = organiser.get("/adjustments/shortfalls").text
    assert "organiser and auditor" in listed
    assert "1.5 points" in listed
    inbox = town.browser("volunteer").get("/me/notices").text
    assert "It is no debt" in inbox
    assert "it is no debt. Reason: 误录" in town.browser("volunteer").get("/me/ledger").text


def test_a_day_as_a_whole(town: Town, organiser: FlaskClient) -> None:
    result = town.community.log(town.community.line(WHO), town.community.line(5))
    spend(town.community, 5, 150)
    page = organiser.get(f"/log/{result.batch_id}/undo").text
    assert f'href="/adjustments/batch/{result.batch_id}"' in page
    path = f"/adjustments/batch/{result.batch_id}"
    assert "谷雨: 0.5 points are left" in organiser.get(path).text
    asked = organiser.post(path, data={"reason": "误录"}).location
    again = organiser.post(path, data={"reason": "误录"})
    assert again.status_code == 422
    assert "asked for this already" in again.text
    assert "A whole entry" in organiser.get(asked).text


def test_where_nothing_is_missing_it_says_so(town: Town, organiser: FlaskClient) -> None:
    record_id = town.community.logged(town.community.line(WHO)).record_ids[0]
    assert "/adjustments/record" not in organiser.get(f"/records/{record_id}/reverse").text
    page = organiser.post(f"/adjustments/record/{record_id}", data={"reason": "x"})
    assert page.status_code == 422
    assert "Nothing is missing" in page.text


@pytest.mark.parametrize("who", ["leader", "volunteer", "auditor", "organiser_below"])
def test_only_an_organiser_above_asks_for_a_cover(town: Town, who: str) -> None:
    record_id = spent(town.community)
    for method in ("get", "post"):
        page = getattr(town.browser(who), method)(f"/adjustments/record/{record_id}")
        assert page.status_code == 404


def test_pages_cost_few_statements(
    town: Town, organiser: FlaskClient, auditor: FlaskClient
) -> None:
    for _ in range(6):
        ask(town.community)
    cover = ask_cover(town.community, "record", spent(town.community))
    for browser in (organiser, auditor):
        for path in ("/adjustments", "/adjustments/shortfalls", f"/adjustments/{cover}"):
            with statements() as sent:
                assert browser.get(path).status_code == 200
            assert len(sent) <= MOST_STATEMENTS, (path, len(sent))


def test_no_phone_stands_in_a_notice(town: Town) -> None:
    adjustment_id = ask(town.community, Amounts(0, 100), reason="电话 13800138000 核对")
    answer(town.community, "confirm", adjustment_id, by="auditor")
    figures = one("SELECT figures FROM notices WHERE kind = 'adjustment.points_posted'")
    assert re.search("13800138000", figures) is None
    assert told("adjustment.asked") == 2
    assert state_of(adjustment_id) == "posted"
