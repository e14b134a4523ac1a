"""Six-digit PINs: which ones are fit, whom they let in, and how guessing one is slowed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine

from app.db import db, transaction
from app.errors import RuleBroken
from app.people import operations, queries
from app.people.models import Login, Role, SignInFailure
from app.people.rules import passwords
from app.people.rules.pins import (
    Known,
    PinGuessable,
    PinTooPlain,
    PinUnfit,
    check_pin,
)
from app.people.rules.sign_in import PIN_LIMIT, wait_after
from app.teams.models import Membership
from tests.people.conftest import COST, NOW, PASSWORD, TODAY, add, login_of
from tests.races import race
from tests.service.test_side_by_side import at_once
from tests.teams.conftest import queries_of
from tests.web.cast import SINCE

PIN = "305817"
WRONG = "918273"
NOBODY = Known(None, None, None)
PLAIN = (
    *("000000", "123456", "654321", "890123", "112233", "121212", "123123", "123321"),
    *("556655", "777778", "520131"),
)
KNOWN = Known("TX204915", "13800130028", date(1958, 3, 5))
ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


# ── which are fit ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", [PIN, " 305 817 ", "３０５８１７"])
def test_a_pin_is_six_digits_however_typed(typed):
    assert check_pin(typed, KNOWN) == PIN


@pytest.mark.parametrize("typed", ["", "30581", "3058170", "30581a", "30-5817", "٣٠٥٨١٧"])
def test_nothing_else_is_a_pin(typed):
    with pytest.raises(PinUnfit):
        check_pin(typed, NOBODY)


@pytest.mark.parametrize("plain", PLAIN)
def test_what_strangers_try_first_is_refused(plain):
    with pytest.raises(PinTooPlain):
        check_pin(plain, NOBODY)


@pytest.mark.parametrize(
    "known", ["580305", "050358", "030558", "195803", "195835", "130028", "138001", "204915"]
)
def test_birthday_phone_and_number_are_refused(known):
    with pytest.raises(PinGuessable):
        check_pin(known, KNOWN)
    assert check_pin(known, NOBODY) == known


def test_a_short_number_padded_is_refused():
    with pytest.raises(PinGuessable):
        check_pin("004962", Known("TX4962", None, None))


# ── whom they let in ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def person(place) -> int:
    """立春, who has a PIN."""
    one = add(place, "立春", phone="13800000028", password=PIN)
    with transaction() as session:
        login_of(session, one).pin_set_at = NOW
    return one


def sign_in(client, account="TX00001", secret=PIN, **more):
    data = {"account": account, "password": secret} | more.pop("data", {})
    return client.post("/sign-in?language=en", data=data, **more)


@pytest.mark.parametrize("account", ["TX00001", "13800000028"])
@pytest.mark.parametrize("typed", [PIN, "305 817", "３０５８１７"])
def test_a_pin_signs_in_where_a_password_does(client, person, account, typed):
    assert sign_in(client, account, typed).status_code == 303
    assert client.get("/me/account").status_code == 200


def test_a_pin_kept_at_an_old_cost_is_kept_anew(app, client, person):
    app.config["ARGON2_TIME_COST"] = 2
    assert sign_in(client, secret="305 817").status_code == 303
    kept = login_of(db.session(), person).password_hash
    assert passwords.password_fits(kept, PIN, passwords.HashCost(8, 2))


def lead(place, person: int, from_on=SINCE) -> None:
    from app.teams.operations import create_colours, create_team

    with transaction() as session:
        team = create_team(
            session,
            organisation_id=place.organisation_id,
            colour_id=create_colours(session, place.organisation_id)["red"],
            code="TX-red",
            name="红队",
            actor_id=None,
            now=NOW,
        )
        row = Membership(team_id=team.id, volunteer_id=person, role="leader", from_on=from_on)
        session.add(row)


def audit(place, person: int, from_on=SINCE) -> None:
    with transaction() as session:
        login = operations.login_for(session, person, actor_id=None, now=NOW)
        session.add(
            Role(
                login_id=login.id,
                role="auditor",
                organisation_id=place.organisation_id,
                from_on=from_on,
            )
        )


@pytest.mark.parametrize("grant", [lead, audit])
@pytest.mark.parametrize("from_on", [SINCE, TODAY + timedelta(days=3)])
def test_a_pin_ends_where_a_role_begins_and_says_why(client, place, person, grant, from_on):
    grant(place, person, from_on)
    assert "a PIN is too short for that" not in sign_in(client, secret=WRONG).text
    answer = sign_in(client)
    assert answer.status_code == 422
    assert "a PIN is too short for that" in answer.text
    assert client.get("/me/account").status_code == 303


def activate(client, code, account="TX00001", pin=PIN, **more):
    data = {"account": account, "code": code, "kind": "pin", "pin": pin} | more
    return client.post("/activate?language=en", data=data)


def code_for(place, person: int) -> str:
    with transaction() as session:
        login = operations.login_for(session, person, actor_id=place.organiser_id, now=NOW)
        return operations.issue_activation_code(
            session, login.id, issuer_id=place.organiser_id, now=NOW
        )


def test_a_code_sets_a_pin(client, place):
    person = add(place, "立春")
    assert activate(client, code_for(place, person)).status_code == 303
    assert login_of(db.session(), person).pin_set_at == NOW
    assert "Your PIN is set" in client.get("/me?language=en").text


@pytest.mark.parametrize("pin", ["", "123456", "00001", "000001", "580305", "130028"])
def test_an_unfit_pin_leaves_the_code_usable(client, place, pin):
    person = add(place, "立春", phone="13800130028")
    with transaction() as session:
        queries.get_volunteer(session, person).born_on = date(1958, 3, 5)
    code = code_for(place, person)
    answer = activate(client, code, pin=pin)
    assert answer.status_code == 422
    assert 'id="pin-error"' in answer.text
    assert activate(client, code).status_code == 303


@pytest.mark.parametrize("grant", [lead, audit])
def test_no_pin_beside_a_role(client, place, grant):
    person = add(place, "立春")
    grant(place, person)
    code = code_for(place, person)
    answer = activate(client, code)
    assert answer.status_code == 422
    assert "choose a password" in answer.text
    with_password = {"kind": "password", "password": PASSWORD}
    assert activate(client, code, **with_password).status_code == 303
    assert login_of(db.session(), person).pin_set_at is None


# ── changing ──────────────────────────────────────────────────────────────────────────────


def change(client, present, **chosen):
    return client.post("/me/account/password?language=en", data={"present": present} | chosen)


def test_a_pin_becomes_another_and_ends_the_other_devices(app, client, person):
    other = app.test_client()
    sign_in(client), sign_in(other)
    assert change(client, PIN, kind="pin", pin="728164").status_code == 303
    assert client.get("/me/account").status_code == 200
    assert other.get("/me/account").status_code == 303
    assert sign_in(other, secret="728164").status_code == 303


def test_pin_and_password_take_each_others_place(client, person):
    sign_in(client)
    assert change(client, PIN, kind="password", password=PASSWORD).status_code == 303
    assert login_of(db.session(), person).pin_set_at is None
    assert change(client, PASSWORD, kind="pin", pin=PIN).status_code == 303
    db.session.expire_all()
    assert login_of(db.session(), person).pin_set_at == NOW


@pytest.mark.parametrize(
    ("present", "chosen", "field"),
    [
        (WRONG, {"kind": "pin", "pin": "728164"}, "present"),
        (PIN, {"kind": "pin", "pin": "111111"}, "pin"),
        (PIN, {"kind": "pin", "password": PASSWORD}, "pin"),
        (PIN, {"kind": "password", "password": "728164"}, "password"),
        (PIN, {"kind": "neither", "password": PASSWORD}, "kind"),
    ],
)
def test_a_refused_change_says_where_and_changes_nothing(client, person, present, chosen, field):
    sign_in(client)
    before = login_of(db.session(), person).password_hash
    answer = change(client, present, **chosen)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    db.session.expire_all()
    assert login_of(db.session(), person).password_hash == before


def test_who_has_a_role_is_offered_no_pin_and_gets_none(place, client):
    client.post("/sign-in", data={"account": "xiazhi", "password": PASSWORD})
    assert 'value="pin"' not in client.get("/me/account").text
    assert change(client, PASSWORD, kind="pin", pin=PIN).status_code == 422


# ── guessing ──────────────────────────────────────────────────────────────────────────────


def test_guesses_are_few_and_waits_grow(client, person, clock):
    answers = [sign_in(client, secret=WRONG).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    clock.shift(61)
    assert [sign_in(client, secret=WRONG).status_code for _ in range(2)] == [422, 429]
    clock.shift(61)
    assert sign_in(client).status_code == 429
    clock.shift(60)
    assert sign_in(client).status_code == 303


def test_a_day_of_guessing_is_two_dozen_tries():
    tried: list[datetime] = []
    at = NOW
    while at < NOW + timedelta(days=7):
        at += max(wait_after(tried, PIN_LIMIT, at), timedelta(seconds=1))
        tried.append(at)
    last_day = [each for each in tried if each > at - timedelta(days=1)]
    assert len(last_day) <= 25


def test_every_way_to_a_pin_counts_in_one_place(client, person):
    ways = ["TX00001", "13800000028", "tx00001", "+86 13800000028", "TX00001"]
    assert [sign_in(client, way, WRONG).status_code for way in ways] == [422] * 5
    assert sign_in(client, "13800000028").status_code == 429


def test_an_unknown_account_waits_the_same(place, client):
    answers = [sign_in(client, "TX99999", WRONG).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


@race("the turns of whoever tries")
def test_parallel_guesses_are_counted_before_they_are_hashed(app, person, monkeypatch):
    hashed: list[str] = []
    real = passwords.password_fits

    def watched(*given):
        hashed.append(given[1])
        return real(*given)

    monkeypatch.setattr(passwords, "password_fits", watched)
    answers = at_once(app, *[lambda: sign_in(app.test_client(), secret=WRONG)] * 12)
    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 7
    assert len(hashed) == 5


def test_the_owners_device_gets_in_whatever_a_stranger_tries(app, client, person):
    sign_in(client)
    client.post("/sign-out")
    for _ in range(6):
        sign_in(app.test_client(), secret=WRONG, environ_base=ELSEWHERE)
    assert sign_in(app.test_client(), environ_base=ELSEWHERE).status_code == 429
    assert sign_in(client, environ_base=ELSEWHERE).status_code == 303


def test_a_code_from_the_leader_lets_in_at_once(client, place, person):
    for _ in range(6):
        sign_in(client, secret=WRONG)
    assert activate(client, code_for(place, person), pin="728164").status_code == 303


def test_guessing_on_an_open_account_page_counts_as_well(client, person):
    sign_in(client)
    chosen = {"kind": "pin", "pin": "728164"}
    answers = [change(client, WRONG, **chosen).status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]
    assert db.session.query(SignInFailure).count() == 5


# ── shared devices ────────────────────────────────────────────────────────────────────────


def test_a_shared_device_is_forgotten_when_its_browser_is_closed(app, client, person, clock):
    answer = sign_in(client, data={"is_shared": "y"})
    cookies = answer.headers.getlist("Set-Cookie")
    # No lifetime: gone with the browser; and nobody's device to be known by.
    assert [each.split("=")[0] for each in cookies] == ["qicai"]
    assert "Expires" not in cookies[0]
    assert "A shared device" in client.get("/me/account?language=en").text
    clock.shift(timedelta(hours=12, seconds=1))
    assert client.get("/me/account").status_code == 303


def test_an_own_device_says_how_long_it_stays(client, person):
    sign_in(client)
    page = client.get("/me/account?language=en").text
    assert "stays signed in for 90 days" in page
    assert "stays signed in until 30 June" in page.replace("Jun 30", "30 June")


def test_on_a_shared_phone_the_choice_of_a_shared_device_is_kept(client, place):
    for name in ("立春", "雨水"):
        add(place, name, phone="13800000028", password=PASSWORD)
    sign_in(client, "13800000028", PASSWORD, data={"is_shared": "y"})
    who = db.session.query(Login).filter_by(display_name="雨水").one()
    assert client.post("/sign-in/which", data={"who": str(who.id)}).status_code == 303
    assert "A shared device" in client.get("/me/account?language=en").text


def test_the_account_page_asks_few_questions(client, person):
    sign_in(client)
    assert queries_of(lambda: client.get("/me/account")) <= 10


def test_setting_a_password_by_command_ends_the_pin(person):
    with transaction() as session:
        login = login_of(session, person)
        kept = passwords.hash_password(PASSWORD, COST)
        operations.set_password(session, login.id, password_hash=kept, actor_id=None, now=NOW)
    assert login_of(db.session(), person).pin_set_at is None


def test_a_suspended_account_stays_out_with_its_pin(client, place, person):
    with transaction() as session:
        login = login_of(session, person)
        operations.suspend_login(
            session, login.id, actor_id=place.organiser_id, now=NOW, reason="x"
        )
    with pytest.raises(RuleBroken), transaction() as session:
        operations.sign_in(
            session,
            login.id,
            verified_hash=login.password_hash,
            address="x",
            device="x",
            now=NOW,
            today=TODAY,
        )
    assert sign_in(client).status_code == 422
