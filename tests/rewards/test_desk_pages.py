"""The desk: a code typed, what each wrong one is told, handing over, and who may not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from app.db import transaction
from app.people.models import Helper, Volunteer
from app.rewards.operations.settling import cancel, expire_uncollected, hand_over
from app.rewards.rules.codes import shown_code
from tests.rewards.shelving import PRICE, balance, give_points, one, redeemed, stock, stocked
from tests.rewards.test_shelf_pages import sent
from tests.service.community import NOW, ORDINARY_DAY
from tests.service.conftest import Town, statements

BUDGET = 18
LEADER, MEMBER, OUTSIDER = 0, 3, 7
LATE = NOW + timedelta(days=15)


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


def waiting(town: Town, place: int = MEMBER, **more: Any) -> int:
    """Let somebody redeem one piece that waits to be collected."""
    give_points(town.community, place, PRICE)
    at = more.pop("now", NOW)
    done = redeemed(town.community, place, stocked(town.community, **more), now=at)
    assert done.redemption_id is not None
    return done.redemption_id


def code_of(redemption_id: int) -> str:
    return str(one("SELECT code FROM redemptions WHERE id = :id", id=redemption_id))


def state_of(redemption_id: int) -> str:
    return str(one("SELECT state FROM redemptions WHERE id = :id", id=redemption_id))


def typed(browser: FlaskClient, code: str) -> Any:
    return browser.post("/pick-up", data={"code": code})


def settled(town: Town, redemption_id: int, how: str) -> None:
    """End a redemption by another organiser, or by the day's round."""
    desk = town.community.actor("organiser")
    with transaction() as session:
        if how == "collected":
            hand_over(session, redemption_id, actor=desk, now=NOW, key=how)
        elif how == "cancelled":
            cancel(session, redemption_id, actor=desk, now=NOW, reason="瓶子破了", key=how)
        else:
            expire_uncollected(session, redemption_id, now=LATE)


def helps(town: Town, helper: int, ward: int) -> None:
    made = {"volunteer_id": town.people[ward], "helper_id": town.people[helper]}
    with transaction() as session:
        session.add(Helper(kind="helper", from_on=ORDINARY_DAY, **made))


# ── a code typed ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("written", ["plain", "gap", "full"])
def test_a_code_leads_to_its_redemption(town: Town, leader: FlaskClient, written: str) -> None:
    redemption_id = waiting(town)
    code = code_of(redemption_id)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    given = {"plain": code, "gap": f" {shown_code(code)} ", "full": wide}[written]
    answer = typed(leader, given)
    assert (answer.status_code, answer.location) == (303, f"/pick-up/{redemption_id}")


def test_the_desk_sees_whom_and_what_and_no_name_in_full(town: Town, leader: FlaskClient) -> None:
    page = leader.get(f"/pick-up/{waiting(town)}").text
    for said in ("春*, number ends in 04", "洗衣液 2 kg", "160 points", "by themselves", "Feb 17"):
        assert said in page, said
    assert "春分" not in page
    assert "Hand over</button>" in page


def test_one_tap_hands_over_and_asks_for_the_next_code(town: Town, leader: FlaskClient) -> None:
    redemption_id = waiting(town)
    path = f"/pick-up/{redemption_id}"
    answer = leader.post(path, data=sent(leader.get(path).text))
    assert (answer.status_code, answer.location) == (303, "/pick-up")
    page = leader.get("/pick-up").text
    assert "Handed over: 洗衣液 2 kg\u00a0×\u00a01, 春*, number ends in 04." in page
    assert 'name="code"' in page
    assert 'inputmode="numeric"' in page
    assert (state_of(redemption_id), stock(1)) == ("collected", (4, 0))


def test_a_double_tap_hands_over_once(town: Town, leader: FlaskClient) -> None:
    path = f"/pick-up/{waiting(town)}"
    data = sent(leader.get(path).text)
    assert [leader.post(path, data=data).status_code for _ in range(2)] == [303, 303]
    assert one("SELECT count(*) FROM stock_moves WHERE kind = 'handed_over'") == 1


def test_a_code_nobody_bears_is_told_so(town: Town, leader: FlaskClient) -> None:
    code = code_of(waiting(town))
    answer = typed(leader, f"{(int(code) + 1) % 1000000:06}")
    assert answer.status_code == 422
    assert "No redemption has this code." in answer.text


@pytest.mark.parametrize("wild", ["", "12", "1234567", "abcdef", "①②③④⑤⑥７", "0" * 500])
def test_what_is_no_code_is_told_so(town: Town, leader: FlaskClient, wild: str) -> None:
    assert typed(leader, wild).status_code == 422


@pytest.mark.parametrize(
    ("how", "said", "next_step"),
    [
        ("collected", "This was handed over on Feb 3, 2026 at", "a second time"),
        ("cancelled", "This was cancelled on Feb 3, 2026", "redeems it again"),
        ("expired", "This was to be collected by Feb 17", "redeems it again"),
    ],
)
def test_a_used_code_says_how_it_ended_and_what_next(
    town: Town, leader: FlaskClient, how: str, said: str, next_step: str
) -> None:
    redemption_id = waiting(town)
    settled(town, redemption_id, how)
    page = leader.get(typed(leader, code_of(redemption_id)).location).text
    assert said in page
    assert next_step in page
    assert "Hand over</button>" not in page


def test_after_its_last_day_it_is_not_handed_over(town: Town, leader: FlaskClient) -> None:
    redemption_id = waiting(town, now=NOW - timedelta(days=15))
    path = f"/pick-up/{redemption_id}"
    page = leader.get(path).text
    assert "The last day to collect this was Feb 2." in page
    assert "Hand nothing over." in page
    assert leader.post(path, data={"key": "late"}).status_code == 422
    assert state_of(redemption_id) == "to_collect"


def test_two_desks_at_once_hand_over_once(town: Town, leader: FlaskClient) -> None:
    path = f"/pick-up/{waiting(town)}"
    data = sent(leader.get(path).text)
    assert town.browser("organiser").post(path, data={"key": "first"}).status_code == 303
    answer = leader.post(path, data=data)
    assert answer.status_code == 422
    assert "This was collected on" in answer.text


# ── others' codes ─────────────────────────────────────────────────────────────────────────


def test_another_team_s_code_says_where_to_go_and_names_nobody(
    town: Town, leader: FlaskClient
) -> None:
    redemption_id = waiting(town, OUTSIDER)
    answer = typed(leader, code_of(redemption_id))
    assert answer.status_code == 422
    assert "belongs to somebody outside your teams" in answer.text
    assert "小*" not in answer.text
    assert leader.get(f"/pick-up/{redemption_id}").status_code == 404
    assert leader.post(f"/pick-up/{redemption_id}").status_code == 404
    assert leader.post(f"/pick-up/{redemption_id}/cancel").status_code == 404


@pytest.mark.parametrize("name", ["leader", "organiser_below"])
def test_another_organisation_s_code_names_it_and_nobody(town: Town, name: str) -> None:
    redemption_id = waiting(town, OUTSIDER)
    browser = town.browser("organiser_below")
    if name == "leader":
        browser = town.browser("leader")
        elsewhere = town.community.estate_id
        item_id = stocked(town.community, organisation_id=elsewhere, name="雨伞")
        with transaction() as session:
            person = session.get_one(Volunteer, town.people[OUTSIDER])
            person.organisation_id = elsewhere
        give_points(town.community, OUTSIDER, PRICE)
        redemption_id = redeemed(town.community, OUTSIDER, item_id).redemption_id or 0
    answer = typed(browser, code_of(redemption_id))
    assert answer.status_code == 422
    place = "一小区" if name == "leader" else "涂新社区"
    assert f"belongs to another organisation: {place}." in answer.text
    for stranger in ("小*", "小满", "洗衣液", "雨伞"):
        assert stranger not in answer.text


def test_a_leader_serves_neither_themselves_nor_a_ward(town: Town, leader: FlaskClient) -> None:
    own = waiting(town, LEADER)
    ward = waiting(town, MEMBER)
    helps(town, LEADER, MEMBER)
    leader.post(f"/me/acting/{town.people[MEMBER]}")
    for redemption_id in (own, ward):
        answer = typed(leader, code_of(redemption_id))
        assert "Nobody hands over to themselves" in answer.text
        for path in (f"/pick-up/{redemption_id}", f"/pick-up/{redemption_id}/cancel"):
            assert leader.get(path).status_code == 403
            assert leader.post(path, data={"reason": "x"}).status_code == 403
        assert state_of(redemption_id) == "to_collect"
    assert "/pick-up/" + str(own) not in leader.get("/pick-up").text


def test_a_volunteer_finds_no_desk(town: Town) -> None:
    redemption_id = waiting(town)
    browser = town.browser("volunteer")
    paths = ("/pick-up", f"/pick-up/{redemption_id}", "/pick-up/sheet", "/counter")
    assert [browser.get(path).status_code for path in paths] == [404] * 4


def test_the_qr_leads_the_desk_here(town: Town, leader: FlaskClient) -> None:
    redemption_id = waiting(town)
    token = one("SELECT token FROM redemptions")
    assert leader.get(f"/r/{token}").location == f"/pick-up/{redemption_id}"
    assert leader.get(f"/pick-up/{redemption_id}").status_code == 200


# ── guessing ──────────────────────────────────────────────────────────────────────────────


def test_after_five_wrong_codes_one_waits_and_is_told(town: Town, leader: FlaskClient) -> None:
    code = code_of(waiting(town))
    wrong = [f"{(int(code) + step) % 1000000:06}" for step in range(1, 7)]
    answers = [typed(leader, each) for each in wrong]
    assert [each.status_code for each in answers] == [422] * 5 + [429]
    assert "Please wait 15 seconds" in answers[-1].text
    assert typed(leader, code).status_code == 429
    with time_machine.travel(NOW + timedelta(seconds=16), tick=False):
        assert typed(leader, code).status_code == 303


def test_a_long_wait_is_told_in_minutes(town: Town, leader: FlaskClient) -> None:
    wrong = f"{(int(code_of(waiting(town))) + 1) % 1000000:06}"
    for round_ in range(9):
        with time_machine.travel(NOW + timedelta(minutes=15 * round_), tick=False):
            typed(leader, wrong)
            answer = typed(leader, wrong)
    assert answer.status_code == 429
    assert "Please wait 15 minutes, or scan the QR code" in answer.text


def test_wrong_codes_count_by_address_too_and_keep_nobody_from_signing_in(town: Town) -> None:
    code = code_of(waiting(town))
    wrong = f"{(int(code) + 1) % 1000000:06}"
    for name in ("leader", "co_leader", "green_leader", "organiser", "organiser_too"):
        for _ in range(5):
            typed(town.browser(name), wrong)
    below = town.browser("organiser_below")
    assert [typed(below, wrong).status_code for _ in range(5)] == [422] * 5
    assert typed(town.browser("organiser_below"), wrong).status_code == 429
    fresh = town.browser("visitor").post("/sign-in", data={"account": "TX00004", "password": "x"})
    assert fresh.status_code == 422


def test_right_codes_are_not_counted(town: Town, leader: FlaskClient) -> None:
    code = code_of(waiting(town))
    assert {typed(leader, code).status_code for _ in range(8)} == {303}


# ── what waits, the sheet, cancelling ─────────────────────────────────────────────────────


def test_a_leader_sees_what_waits_for_members_only(town: Town, leader: FlaskClient) -> None:
    near, far = waiting(town), waiting(town, OUTSIDER)
    page = leader.get("/pick-up").text
    assert f'href="/pick-up/{near}"' in page
    assert f'href="/pick-up/{far}"' not in page
    page = town.browser("organiser").get("/pick-up").text
    assert f'href="/pick-up/{far}"' in page
    assert "小满" not in page


def test_what_waits_is_found_by_number(town: Town) -> None:
    near, far = waiting(town), waiting(town, OUTSIDER)
    desk = town.browser("organiser")
    answer = desk.post("/pick-up/find", data={"find": "TX00008"}, follow_redirects=True)
    assert f'href="/pick-up/{far}"' in answer.text
    assert f'href="/pick-up/{near}"' not in answer.text


def test_a_phone_typed_in_full_stays_out_of_the_address(leader: FlaskClient) -> None:
    for path in ("/pick-up/find", "/counter"):
        where = leader.post(path, data={"find": "13800000028"}).location
        assert "13800000028" not in where
        assert "0028" in where


def test_the_sheet_lists_a_day_with_room_to_sign(town: Town, leader: FlaskClient) -> None:
    settled(town, waiting(town), "collected")
    page = leader.get("/pick-up/sheet").text
    for said in ("春*", "…04", "洗衣液 2 kg", "By pick-up code", 'data-l="Signature"'):
        assert said in page, said
    assert "洗衣液" not in leader.get("/pick-up/sheet?on=2026-02-02").text


@pytest.mark.parametrize("wild", ["on=x", "on=9999-12-31", "on=0001-01-01&page=9", "page=-3"])
def test_a_wild_address_of_the_sheet_is_answered(leader: FlaskClient, wild: str) -> None:
    assert leader.get(f"/pick-up/sheet?{wild}").status_code in {200, 404}
    assert leader.get(f"/pick-up?{wild}&find=%25_").status_code in {200, 404}


def test_the_desk_cancels_with_a_reason(town: Town, leader: FlaskClient) -> None:
    redemption_id = waiting(town)
    path = f"/pick-up/{redemption_id}/cancel"
    data = sent(leader.get(path).text)
    assert leader.post(path, data=data).status_code == 422
    assert leader.post(path, data={**data, "reason": "瓶子破了"}).status_code == 303
    assert (state_of(redemption_id), balance(town.community, MEMBER)) == ("cancelled", PRICE)
    assert "瓶子破了" in leader.get(f"/pick-up/{redemption_id}").text


def test_the_pages_stay_within_budget(town: Town) -> None:
    first = waiting(town)
    settled(town, first, "collected")
    second = waiting(town, OUTSIDER)
    desk = town.browser("organiser")
    for path in ("/pick-up", f"/pick-up/{second}", f"/pick-up/{first}", "/pick-up/sheet"):
        desk.get(path)
        with statements() as sent_now:
            assert desk.get(path).status_code == 200
        assert len(sent_now) <= BUDGET, path
