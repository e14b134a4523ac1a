"""A volunteer card, scanned: it names its owner, opens nothing by itself, and can be replaced."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.exc import IntegrityError

from app.db import db, transaction
from app.people import operations
from app.people.models import Card
from app.people.rules.passwords import card_token, digest
from app.trail.models import TrailRow
from tests.people.conftest import NOW, PASSWORD, Place, add, login_of
from tests.people.test_pins import PIN, WRONG, code_for, sign_in
from tests.races import race
from tests.service.test_side_by_side import at_once

SEED = b"a seed of the tests, of 32 bytes"
OTHER_SEED = b"another seed, of 32 bytes as well"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def card_for(place: Place, *people: int, seed: bytes = SEED) -> str:
    """Make cards and return the address of the first."""
    with transaction() as session:
        operations.make_cards(session, people, seed=seed, actor_id=place.organiser_id, now=NOW)
    return f"/card/{card_token(seed, people[0])}"


@pytest.fixture
def person(place) -> int:
    """立春, who has a PIN."""
    one = add(place, "立春", phone="13800000028", password=PIN)
    with transaction() as session:
        login_of(session, one).pin_set_at = NOW
    return one


@pytest.fixture
def card(place, person) -> str:
    return card_for(place, person)


def enter(client, secret=PIN, **more):
    return client.post("/card?language=en", data={"secret": secret} | more)


def test_a_card_asks_its_masked_owner_for_the_pin(client, card):
    assert client.get(card).location == "/card"
    page = client.get("/card").text
    assert "立*" in page
    assert "立春" not in page
    assert 'inputmode="numeric"' in page
    assert enter(client).location == "/"
    assert "立春" in client.get("/me/account").text


def test_the_token_stands_in_no_page_no_cookie_and_no_row(client, card):
    token = card.rsplit("/", 1)[1]
    assert len(token) >= 22
    answer = client.get(card)
    said = [answer.text, str(answer.headers), client.get("/card").text, enter(client).text]
    assert not any(token in each for each in said)
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert db.session.query(Card).one().token_sha256 == digest(token)
    rows = db.session.query(TrailRow).all()
    assert not any(token in f"{row.before}{row.after}{row.reason}" for row in rows)


def test_a_failure_is_logged_without_the_token(app, client, card, monkeypatch, caplog):
    monkeypatch.setattr("app.people.card_views.take_in_hand", lambda _card: 1 // 0)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        assert client.get(card).status_code == 500
    assert "/card/<token>" in caplog.text
    assert card.rsplit("/", 1)[1] not in caplog.text


def test_the_card_alone_opens_nothing(client, card):
    client.get(card)
    assert client.get("/me/account").status_code == 303
    for secret in ("", WRONG, PASSWORD, "x" * 200):
        assert enter(client, secret).status_code == 422
    assert client.get("/me/account").status_code == 303


def test_without_a_card_there_is_the_sign_in_page(place, client):
    assert client.get("/card").location == "/sign-in"
    assert client.post("/card", data={"secret": PIN}).location == "/sign-in"
    assert client.get("/card/nothing-of-ours").status_code == 404
    assert client.post("/card/nothing-of-ours").status_code == 405


def test_a_new_card_ends_the_old_one_and_says_so(place, person, app, client, card):
    client.get(card)
    new = card_for(place, person, seed=OTHER_SEED)
    # Also where the old one was in hand already.
    assert client.get("/card").location == "/sign-in"
    assert enter(client).location == "/sign-in"
    gone = client.get(f"{card}?language=en")
    assert gone.status_code == 410
    assert "newer card" in gone.text
    client.get(new)
    assert enter(client).location == "/"


def test_a_new_card_has_a_trail_row(place, person, card):
    card_for(place, person, seed=OTHER_SEED)
    rows = db.session.query(TrailRow).filter_by(operation="make_card", subject_id=person).all()
    assert ['"ended_another":false' in str(row.after) for row in rows] == [True, False]
    assert {row.organisation_id for row in rows} == {place.organisation_id}


@race(
    "rows of volunteers",
    seen="uq_cards_in_use",
    # SQLite's first statement here is the write that ends the old card: nothing is read before.
    engines=("postgresql",),
)
def test_of_each_person_one_card_works(place, app, person):
    acts = [
        lambda seed=bytes([n]) * 32: card_for(place, person, seed=seed) for n in range(4)
    ]  # fmt: skip
    at_once(app, *acts)
    assert db.session.query(Card).filter_by(withdrawn_at=None).count() == 1
    assert db.session.query(Card).count() == 4


def test_the_database_keeps_one_card_a_person(place, person, card):
    second = Card(volunteer_id=person, token_sha256="x", made_by_id=place.organiser_id, made_at=NOW)
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(second)


def test_a_card_is_in_hand_for_half_an_hour(client, card, clock):
    client.get(card)
    clock.shift(timedelta(minutes=31))
    assert client.get("/card").location == "/sign-in"


def test_guesses_on_card_and_sign_in_page_count_together(client, card):
    client.get(card)
    assert [enter(client, WRONG).status_code for _ in range(3)] == [422] * 3
    answers = [sign_in(client, "TX00001", WRONG).status_code for _ in range(3)]
    assert answers == [422, 422, 429]
    refused = enter(client)
    assert refused.status_code == 429
    assert "wait" in refused.text


@race("the turns of whoever tries")
def test_parallel_guesses_on_a_card_are_counted(app, card):
    def guess():
        phone = app.test_client()
        phone.get(card)
        return enter(phone, WRONG).status_code

    assert sorted(at_once(app, *[guess] * 10)) == [422] * 5 + [429] * 5


def test_a_card_of_an_account_with_a_password_asks_for_that(place, client):
    person = add(place, "雨水", password=PASSWORD)
    client.get(card_for(place, person))
    assert 'inputmode="numeric"' not in client.get("/card").text
    assert enter(client, PASSWORD).location == "/"


def test_a_card_without_an_account_leads_to_the_code(place, client):
    person = add(place, "雨水")
    code = code_for(place, person)
    client.get(card_for(place, person))
    assert enter(client).status_code == 422
    assert 'href="/activate"' in client.get("/card").text
    page = client.get("/activate").text
    # Who it is and that a PIN is wanted, the card has said.
    assert 'value="TX00001"' in page
    data = {"account": "TX00001", "code": code, "kind": "pin", "pin": PIN}
    assert client.post("/activate", data=data).status_code == 303
    client.post("/sign-out")
    client.get(card_for(place, person, seed=OTHER_SEED))
    assert enter(client).location == "/"


def test_the_owner_who_is_signed_in_goes_home(client, card):
    sign_in(client)
    assert client.get(card).location == "/"


def test_somebody_elses_card_ends_the_session_before(place, client, card):
    client.post("/sign-in", data={"account": "xiazhi", "password": PASSWORD})
    client.get(card)
    assert "夏至" in client.get("/me/account").text
    assert enter(client).location == "/"
    assert "立春" in client.get("/me/account").text


def test_not_my_card_puts_it_away(client, card):
    client.get(card)
    assert client.post("/sign-in/without-card").location == "/sign-in"
    assert client.get("/card").location == "/sign-in"
    assert client.get("/sign-in/without-card").status_code == 405


def test_a_shared_device_is_chosen_on_the_card_page_too(client, card):
    client.get(card)
    enter(client, is_shared="y")
    assert "A shared device" in client.get("/me/account?language=en").text


def test_large_text_is_one_tap_away(client, card):
    client.get(card)
    assert 'name="text" value="large"' in client.get("/card").text
    client.post("/preferences", data={"text": "large", "next": "/card"})
    assert 'data-text="large"' in client.get("/card").text
