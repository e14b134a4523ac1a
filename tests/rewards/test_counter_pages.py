"""The counter for people without a phone: whom it finds, the PIN, the signature, and once only."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.db import transaction
from app.people.models import Helper, Login, SignInFailure
from app.people.operations import make_cards
from app.people.rules.passwords import HashCost, card_token, hash_password
from tests.rewards.shelving import PRICE, balance, give_points, one, redeemed, stock, stocked
from tests.rewards.test_shelf_pages import priced, sent
from tests.service.community import NOW, ORDINARY_DAY
from tests.service.conftest import Town, statements

BUDGET = 18
LEADER, MEMBER, OUTSIDER = 0, 3, 7
PIN, WRONG = "738164", "738165"


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


def ready(town: Town, place: int = MEMBER) -> str:
    """Give somebody points and an item to have, and return the page of the counter for it."""
    give_points(town.community, place, 2 * PRICE)
    return f"/counter/{town.people[place]}/{stocked(town.community)}"


def with_pin(town: Town, place: int = MEMBER) -> None:
    """Let somebody have a PIN."""
    with transaction() as session:
        login = session.query(Login).filter_by(volunteer_id=town.people[place]).one()
        login.password_hash, login.pin_set_at = hash_password(PIN, HashCost(8, 1)), NOW


def agreed(browser: FlaskClient, path: str, consent: str = "signature", **more: Any) -> Any:
    page = browser.get(path).text
    return browser.post(path, data=sent(page, consent=consent, **more))


def consent_kept() -> str:
    return str(one("SELECT consent FROM redemptions"))


def count() -> int:
    return int(one("SELECT count(*) FROM redemptions"))


# ── whom it finds ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", ["TX00004", "春分", "tx00004"])
def test_somebody_is_found_by_number_or_name(town: Town, leader: FlaskClient, typed: str) -> None:
    page = leader.post("/counter", data={"find": typed}, follow_redirects=True).text
    assert f'href="/counter/{town.people[MEMBER]}"' in page
    assert "春*, number ends in 04" in page


def test_a_leader_finds_and_serves_members_only(town: Town, leader: FlaskClient) -> None:
    path = ready(town, OUTSIDER)
    page = leader.get("/counter?find=TX00008").text
    assert "Nobody found here" in page
    assert leader.get(path.rsplit("/", 1)[0]).status_code == 404
    assert leader.get(path).status_code == 404
    assert leader.post(path, data={"consent": "signature"}).status_code == 404
    assert town.browser("organiser").get(path).status_code == 200


def test_nobody_serves_themselves_or_a_ward(town: Town, leader: FlaskClient) -> None:
    own, ward = ready(town, LEADER), ready(town, MEMBER)
    with transaction() as session:
        people = {"volunteer_id": town.people[MEMBER], "helper_id": town.people[LEADER]}
        session.add(Helper(kind="helper", from_on=ORDINARY_DAY, **people))
    leader.post(f"/me/acting/{town.people[MEMBER]}")
    for path in (own, ward):
        assert leader.get(path).status_code == 403
        assert leader.post(path, data={"consent": "signature"}).status_code == 403
    assert count() == 0
    assert "Somebody else serves you" in leader.get("/counter?find=TX00001").text


def test_a_card_scanned_by_their_leader_leads_to_the_counter(
    town: Town, leader: FlaskClient
) -> None:
    organiser, seed = town.community.actor("organiser").login_id, b"k" * 32
    people = [town.people[MEMBER], town.people[OUTSIDER]]
    with transaction() as session:
        make_cards(session, people, seed=seed, actor_id=organiser, now=NOW)
    assert leader.get(f"/card/{card_token(seed, people[0])}").location == f"/counter/{people[0]}"
    assert "The card that was just scanned" in leader.get("/counter").text
    assert leader.get(f"/card/{card_token(seed, people[1])}").location == "/card"


def test_the_shelf_says_what_can_be_had_and_what_not(town: Town, leader: FlaskClient) -> None:
    give_points(town.community, MEMBER, PRICE)
    item_id = stocked(town.community)
    stocked(town.community, name="雨伞", price_hundredths=300_00)
    page = leader.get(f"/counter/{town.people[MEMBER]}").text
    able, others = page.split('id="h-others"')
    assert f'href="/counter/{town.people[MEMBER]}/{item_id}"' in able
    assert "雨伞" in others
    assert "140 points missing" in others


def test_an_organiser_below_serves_only_from_the_own_shelf(town: Town) -> None:
    give_points(town.community, MEMBER, PRICE)
    item_id = stocked(town.community)
    below = town.browser("organiser_below")
    assert below.get(f"/counter/{town.people[MEMBER]}").status_code == 404
    assert below.get(f"/counter/{town.people[MEMBER]}/{item_id}").status_code == 404


# ── signature ─────────────────────────────────────────────────────────────────────────────


def test_by_signature_it_is_redeemed_handed_over_and_there_is_a_line_to_sign(
    town: Town, leader: FlaskClient
) -> None:
    answer = agreed(leader, ready(town))
    assert answer.status_code == 303
    page = leader.get(answer.location).text
    for said in ("Redeemed and handed over.", "Sheet to sign", "By signature at the counter"):
        assert said in page, said
    assert "/pick-up/sheet?on=2026-02-03" in page
    assert (consent_kept(), stock(1), balance(town.community, MEMBER)) == (
        "signature",
        (4, 0),
        PRICE,
    )


def test_a_double_tap_is_one_redemption(town: Town, leader: FlaskClient) -> None:
    path = ready(town)
    data = sent(leader.get(path).text, consent="signature")
    places = [leader.post(path, data=data).location for _ in range(2)]
    assert places == ["/pick-up/1", "/pick-up/1"]
    assert (count(), stock(1)) == (1, (4, 0))


def test_a_changed_price_is_refused_and_nothing_leaves(town: Town, leader: FlaskClient) -> None:
    path = ready(town)
    data = sent(leader.get(path).text, consent="signature")
    priced(1, PRICE + 1_00)
    answers = [leader.post(path, data=data) for _ in range(2)]
    assert [each.status_code for each in answers] == [422, 422]
    assert "has changed from 160 to 161 points" in answers[1].text
    assert (count(), stock(1)) == (0, (5, 0))


def test_the_last_one_gone_is_told(town: Town, leader: FlaskClient) -> None:
    give_points(town.community, 5, PRICE)
    path = ready(town)
    with transaction() as session:
        session.connection().exec_driver_sql("UPDATE shelf_items SET available = 1")
    data = sent(leader.get(path).text, consent="signature")
    redeemed(town.community, 5, 1)
    answer = leader.post(path, data=data)
    assert answer.status_code == 422
    assert "sold out" in answer.text


# ── PIN ───────────────────────────────────────────────────────────────────────────────────


def test_the_right_pin_redeems_and_is_not_counted(town: Town, leader: FlaskClient) -> None:
    with_pin(town)
    path = ready(town)
    assert "Their PIN" in leader.get(path).text
    assert agreed(leader, path, "pin", pin="７３８ 164").status_code == 303
    assert consent_kept() == "pin"
    with transaction() as session:
        assert session.query(SignInFailure).count() == 0


def test_a_wrong_pin_redeems_nothing_and_is_not_shown_again(
    town: Town, leader: FlaskClient
) -> None:
    with_pin(town)
    answer = agreed(leader, ready(town), "pin", pin=WRONG)
    assert answer.status_code == 422
    assert "The PIN is not right; nothing was redeemed." in answer.text
    assert WRONG not in answer.text
    assert count() == 0


@pytest.mark.parametrize("wild", ["", "12", "abcdef", "7381644", "x" * 3000])
def test_what_is_no_pin_is_refused(town: Town, leader: FlaskClient, wild: str) -> None:
    with_pin(town)
    assert agreed(leader, ready(town), "pin", pin=wild).status_code == 422
    assert count() == 0


def test_after_five_wrong_pins_the_right_one_waits_but_an_organiser_lets_them_sign(
    town: Town, leader: FlaskClient
) -> None:
    with_pin(town)
    path = ready(town)
    tries = [agreed(leader, path, "pin", pin=WRONG).status_code for _ in range(5)]
    assert tries == [422] * 5
    waits = agreed(leader, path, "pin", pin=PIN)
    assert waits.status_code == 429
    assert "Please wait 1 minutes, or an organiser lets the person sign" in waits.text
    assert agreed(town.browser("organiser"), path).status_code == 303


def test_a_leader_cannot_go_around_a_pin(town: Town, leader: FlaskClient) -> None:
    with_pin(town)
    path = ready(town)
    assert "They sign on the sheet" not in leader.get(path).text
    assert agreed(leader, path).status_code == 422
    assert count() == 0


@pytest.mark.parametrize("has_password", [False, True])
def test_without_a_pin_it_cannot_be_chosen(
    town: Town, leader: FlaskClient, has_password: bool
) -> None:
    path = ready(town)
    if has_password:
        with_pin(town)
        with transaction() as session:
            login = session.query(Login).filter_by(volunteer_id=town.people[MEMBER]).one()
            login.pin_set_at = None
    assert "This person has no PIN" in leader.get(path).text
    assert agreed(leader, path, "pin", pin=PIN).status_code == 422
    assert count() == 0


# ── wild input, budget ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wild",
    [
        {"quantity": "0"},
        {"quantity": "-1"},
        {"quantity": "9" * 30},
        {"price": "x"},
        {"consent": "x"},
    ],
)
def test_wild_input_is_refused(town: Town, leader: FlaskClient, wild: dict[str, str]) -> None:
    path = ready(town)
    data = {**sent(leader.get(path).text, consent="signature"), **wild}
    assert leader.post(path, data=data).status_code == 422
    assert count() == 0


def test_an_absent_person_or_item_is_not_found(town: Town, leader: FlaskClient) -> None:
    path = ready(town)
    assert leader.get(f"{path}999").status_code == 404
    assert leader.get(f"/counter/{2**70}").status_code == 404
    assert leader.get(f"{path}?quantity=%EF%BC%95").status_code == 200


def test_the_pages_stay_within_budget(town: Town) -> None:
    with_pin(town)
    path = ready(town)
    for name in ("leader", "organiser"):
        browser = town.browser(name)
        for each in ("/counter?find=TX", path.rsplit("/", 1)[0], path):
            browser.get(each)
            with statements() as found:
                assert browser.get(each).status_code == 200
            assert len(found) <= BUDGET, (name, each, len(found))
