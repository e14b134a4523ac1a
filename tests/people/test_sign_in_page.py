"""Signing in and out: the right ones at once, the wrong ones slowed, nobody locked out for good."""

from __future__ import annotations

from datetime import timedelta
from time import sleep

import pytest
import time_machine
from sqlalchemy import func, select

from app.db import db, transaction
from app.people import operations
from app.people.models import KnownDevice, Login, SignInFailure, SignInSession
from app.people.rules import passwords
from app.people.rules.sign_in import PHONE_SHARERS
from tests.people.conftest import NOW, PASSWORD, add, login_of
from tests.races import race
from tests.service.test_side_by_side import at_once

ELSEWHERE = {"REMOTE_ADDR": "203.0.113.9"}
WRONG = "not-the-password"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def sign_in(client, account, password=PASSWORD, **more):
    return client.post("/sign-in", data={"account": account, "password": password}, **more)


def is_in(client) -> bool:
    return client.get("/me/account").status_code == 200


def test_the_page_asks_for_one_name_and_a_password(place, client):
    page = client.get("/sign-in").text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page


@pytest.mark.parametrize("typed", ["TX00001", "tx00001", "138 0000 0028", "+8613800000028"])
def test_number_and_phone_sign_in(place, client, typed):
    add(place, "立春", phone="13800000028", password=PASSWORD)
    assert sign_in(client, typed).status_code == 303
    assert is_in(client)


def test_a_login_name_signs_in_and_leads_back(place, client):
    answer = sign_in(client, "XiaZhi", query_string={"next": "/admin/people"})
    assert answer.location == "/admin/people"
    assert client.get("/admin/people").status_code == 200


@pytest.mark.parametrize("unsafe", ["//evil.example", "/\\evil.example", "https:///evil.example"])
def test_nobody_is_led_elsewhere(place, client, unsafe):
    answer = sign_in(client, "xiazhi", query_string={"next": unsafe})
    assert answer.location == "/"


@pytest.mark.parametrize("account", ["xiazhi", "nobody", "TX99999", "13800000099"])
def test_wrong_ones_hear_the_same_and_keep_what_they_typed(place, client, account):
    answer = sign_in(client, account, WRONG)
    assert answer.status_code == 422
    assert f'value="{account}"' in answer.text
    assert WRONG not in answer.text
    assert not is_in(client)
    assert db.session.scalar(select(SignInFailure.account)) != account


def test_an_empty_form_hashes_nothing(place, client):
    assert client.post("/sign-in", data={"account": "", "password": ""}).status_code == 422
    assert client.post("/sign-in", data={"account": "x", "password": "p" * 200}).status_code == 422
    assert db.session.scalar(select(func.count(SignInFailure.id))) == 0


def open_devices() -> list[str]:
    """Return who has an open session, by name, the oldest first."""
    query = (
        select(Login.display_name)
        .join(SignInSession, SignInSession.login_id == Login.id)
        .where(SignInSession.revoked_at.is_(None))
    )
    return list(db.session.scalars(query.order_by(SignInSession.id)))


@pytest.mark.parametrize("account", ["TX00001", "xiazhi"])
def test_whoever_signs_in_again_leaves_no_session_behind(place, client, account):
    add(place, "立春", password=PASSWORD)
    sign_in(client, "TX00001")
    assert sign_in(client, "TX00001", WRONG).status_code == 422
    assert open_devices() == ["立春"]
    assert sign_in(client, account).status_code == 303
    assert open_devices() == ["立春" if account == "TX00001" else "夏至"]
    assert is_in(client)


def test_other_devices_stay_signed_in(app, place, client):
    sign_in(client, "xiazhi")
    other = app.test_client()
    sign_in(other, "xiazhi")
    sign_in(other, "xiazhi")
    assert open_devices() == ["夏至", "夏至"]
    assert is_in(client)


# ── two people on one phone ───────────────────────────────────────────────────────────────


def test_on_a_shared_phone_the_password_decides(place, client):
    add(place, "立春", phone="13800000028", password="first-password")
    add(place, "雨水", phone="13800000028", password=PASSWORD)
    sign_in(client, "13800000028")
    assert "雨水" in client.get("/me/account").text


def test_on_a_shared_phone_with_one_password_the_page_asks(place, client):
    add(place, "立春", phone="13800000028", password=PASSWORD)
    add(place, "雨水", phone="13800000028", password=PASSWORD)
    assert sign_in(client, "13800000028").location == "/sign-in/which"
    assert not is_in(client)
    page = client.get("/sign-in/which").text
    assert "立*" in page
    assert "立春" not in page
    login = login_named("雨水")
    assert client.post("/sign-in/which", data={"who": "999"}).status_code == 422
    assert client.post("/sign-in/which", data={"who": str(login.id)}).status_code == 303
    assert "雨水" in client.get("/me/account").text


def test_the_question_is_void_after_minutes_and_after_a_new_password(place, client, clock):
    for name in ("立春", "雨水"):
        add(place, name, phone="13800000028", password=PASSWORD)
    who = {"who": str(login_named("雨水").id)}
    sign_in(client, "13800000028")
    with transaction() as session:
        operations.set_password(
            session, login_named("雨水").id, password_hash="new", actor_id=None, now=NOW
        )
    assert client.post("/sign-in/which", data=who).status_code == 422
    clock.move_to(NOW + timedelta(minutes=6))
    assert client.post("/sign-in/which", data=who).location == "/sign-in"
    assert not is_in(client)


def login_named(name: str) -> Login:
    return db.session.scalars(select(Login).where(Login.display_name == name)).one()


# ── limits ────────────────────────────────────────────────────────────────────────────────


def fail(client, times, account="xiazhi", **more):
    return [sign_in(client, account, WRONG, **more).status_code for _ in range(times)]


@pytest.mark.parametrize("account", ["xiazhi", "nobody"])
def test_after_five_wrong_tries_one_waits_known_or_not(place, client, clock, account):
    assert fail(client, 6, account) == [422] * 5 + [429]
    clock.shift(16)
    assert fail(client, 2, account) == [422, 429]


def test_one_phone_has_one_count_however_it_is_spelled(place, client):
    add(place, "立春", phone="13800000028", password=PASSWORD)
    spelled = ["13800000028", "+8613800000028", "138-0000-0028", "1.3.8.00000028", "１３８00000028"]
    assert [sign_in(client, each, WRONG).status_code for each in spelled] == [422] * 5
    assert sign_in(client, "(138) 0000 0028", WRONG).status_code == 429


def test_waiting_always_helps(place, client, clock):
    fail(client, 6)
    assert sign_in(client, "xiazhi").status_code == 429
    clock.shift(16)
    assert sign_in(client, "xiazhi").status_code == 303


def test_a_strangers_tries_do_not_lock_the_owner_out_at_home(place, app, client, clock):
    assert sign_in(client, "xiazhi").status_code == 303
    fail(app.test_client(), 6, environ_base=ELSEWHERE)
    assert sign_in(app.test_client(), "xiazhi", environ_base=ELSEWHERE).status_code == 429
    assert sign_in(app.test_client(), "xiazhi").status_code == 303


def test_an_activation_code_helps_while_waiting(place, app, client):
    person = add(place, "立春", password=PASSWORD)
    fail(client, 6, "TX00001")
    with transaction() as session:
        login = login_of(session, person)
        code = operations.issue_activation_code(session, login.id, issuer_id=None, now=NOW)
    data = {"account": "TX00001", "code": code, "password": "a-new-password"}
    assert client.post("/activate", data=data).status_code == 303


def test_one_address_is_slowed_whoever_it_tries(place, client):
    assert 429 not in {sign_in(client, f"TX{n:05}", WRONG).status_code for n in range(30)}
    answer = sign_in(client, "TX77777", WRONG)
    assert answer.status_code == 429
    assert sign_in(client, "xiazhi", environ_base=ELSEWHERE).status_code == 303


# ── cookies ───────────────────────────────────────────────────────────────────────────────


def test_a_cookie_taken_before_signing_out_no_longer_works(place, app, client):
    sign_in(client, "xiazhi")
    taken = client.get_cookie("qicai").value
    assert client.post("/sign-out").status_code == 303
    thief = app.test_client()
    thief.set_cookie("qicai", taken)
    assert not is_in(thief)
    assert not is_in(client)


def test_signing_in_keeps_nothing_of_the_cookie_before(place, client):
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    sign_in(client, "xiazhi")
    with client.session_transaction() as cookie:
        assert "planted" not in cookie


@pytest.mark.parametrize(("account", "hours"), [("xiazhi", 12), ("TX00001", 90 * 24)])
def test_a_session_lasts_by_role(place, client, clock, account, hours):
    add(place, "立春", password=PASSWORD)
    sign_in(client, account)
    clock.move_to(NOW + timedelta(hours=hours, seconds=-1))
    assert is_in(client)
    clock.move_to(NOW + timedelta(hours=hours, seconds=1))
    assert not is_in(client)


def test_suspension_counts_at_the_next_click(place, client):
    person = add(place, "立春", password=PASSWORD)
    sign_in(client, "TX00001")
    with transaction() as session:
        login = login_of(session, person)
        operations.suspend_login(
            session, login.id, actor_id=place.organiser_id, now=NOW, reason="x"
        )
    assert not is_in(client)
    assert sign_in(client, "TX00001").status_code == 422


def test_the_database_holds_no_token(place, client):
    sign_in(client, "xiazhi")
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    assert db.session.scalar(select(SignInSession.token_sha256)) != token


def test_signing_out_refuses_a_link(client):
    assert client.get("/sign-out").status_code == 405


# ── counted first ─────────────────────────────────────────────────────────────────────────


def failures() -> int:
    return db.session.scalar(select(func.count(SignInFailure.id))) or 0


@pytest.fixture
def hashes(monkeypatch) -> list[str]:
    """What is hashed, one entry each; as slow as it would be at full cost."""
    seen: list[str] = []
    real = passwords.password_fits

    def watched(*given):
        seen.append(given[1])
        sleep(0.05)
        return real(*given)

    monkeypatch.setattr(passwords, "password_fits", watched)
    return seen


@race("the turns of whoever tries")
def test_parallel_guesses_are_counted_before_they_are_hashed(place, app, hashes):
    answers = at_once(app, *[lambda: sign_in(app.test_client(), "xiazhi", WRONG)] * 20)
    assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 15
    assert len(hashes) == 5


def test_a_right_password_leaves_nothing_counted(place, client):
    add(place, "立春", phone="13800000028", password=PASSWORD)
    add(place, "雨水", phone="13800000028", password=PASSWORD)
    sign_in(client, "xiazhi")
    sign_in(client, "13800000028")
    data = {"present": PASSWORD, "password": "short"}
    sign_in(client, "xiazhi")
    assert client.post("/me/account/password", data=data).status_code == 422
    assert failures() == 0


@pytest.mark.parametrize("sharing", [0, 1, 3, 6])
def test_the_work_does_not_tell_how_many_share_a_phone(place, client, hashes, sharing):
    for n in range(sharing):
        add(place, f"立春{n}", phone="13800000028", password=PASSWORD)
    sign_in(client, "13800000028", WRONG)
    assert len(hashes) == PHONE_SHARERS


def test_old_failures_are_swept_a_few_at_a_time(place, client, clock):
    with transaction() as session:
        session.add_all(
            SignInFailure(account="a", address="a", at=NOW - timedelta(hours=25)) for _ in range(60)
        )
    fail(client, 1)
    assert failures() == 11
    fail(client, 1)
    assert failures() == 2


# ── known devices ─────────────────────────────────────────────────────────────────────────


def test_the_owners_device_gets_in_at_once_from_anywhere(place, app, client, clock):
    sign_in(client, "xiazhi")
    stranger = app.test_client()
    clock.shift(timedelta(days=100))
    fail(stranger, 6, environ_base=ELSEWHERE)
    assert sign_in(stranger, "xiazhi", environ_base=ELSEWHERE).status_code == 429
    assert sign_in(client, "xiazhi", environ_base=ELSEWHERE).status_code == 303


def test_a_known_device_may_not_guess_either(place, client):
    sign_in(client, "xiazhi")
    assert fail(client, 6) == [422] * 5 + [429]


def test_a_device_is_known_for_its_own_account_only(place, app, client):
    add(place, "立春", password=PASSWORD)
    sign_in(client, "TX00001")
    fail(app.test_client(), 6, environ_base=ELSEWHERE)
    assert sign_in(client, "xiazhi", environ_base=ELSEWHERE).status_code == 429


def test_the_device_cookie_says_nothing_and_scripts_do_not_see_it(place, client):
    answer = sign_in(client, "xiazhi")
    kept = next(one for one in answer.headers.getlist("Set-Cookie") if "qicai_browser" in one)
    assert "HttpOnly" in kept
    assert "SameSite=Lax" in kept
    token = client.get_cookie("qicai_browser").value
    assert db.session.scalar(select(KnownDevice.token_sha256)) == passwords.digest(token)


def test_a_new_password_by_code_forgets_the_devices(place, app, client):
    person = add(place, "立春", password=PASSWORD)
    sign_in(client, "TX00001")
    with transaction() as session:
        login = login_of(session, person)
        code = operations.issue_activation_code(session, login.id, issuer_id=None, now=NOW)
    data = {"account": "TX00001", "code": code, "password": "a-new-password"}
    other = app.test_client()
    assert other.post("/activate", data=data).status_code == 303
    (known,) = db.session.scalars(select(KnownDevice.token_sha256)).all()
    assert known == passwords.digest(other.get_cookie("qicai_browser").value)
