"""With a code from paper a person sets a password, and is told of codes for their account."""

from __future__ import annotations

import pytest
import time_machine

from app.db import db, transaction
from app.people import operations, queries
from app.people.models import SignInSession
from tests.people.conftest import NOW, PASSWORD, add


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def code(place) -> str:
    person = add(place, "立春", phone="13800000028")
    with transaction() as session:
        login = operations.login_for(session, person, actor_id=place.organiser_id, now=NOW)
        return operations.issue_activation_code(
            session, login.id, issuer_id=place.organiser_id, now=NOW
        )


def activate(client, code, account="TX00001", password=PASSWORD):
    data = {"account": account, "code": code, "password": password}
    return client.post("/activate", data=data)


@pytest.mark.parametrize("account", ["tx00001", "13800000028"])
def test_a_code_sets_the_password_and_signs_in(client, code, account):
    assert client.get("/activate").status_code == 200
    assert activate(client, f"{code[:5]}-{code[5:]}".lower(), account).status_code == 303
    assert "立春" in client.get("/me/account").text


def test_a_code_used_on_somebody_else_s_device_signs_them_out(client, code):
    client.post("/sign-in", data={"account": "xiazhi", "password": PASSWORD})
    before = db.session.query(SignInSession).one().id
    assert activate(client, code).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(SignInSession, before).revoked_at is not None
    assert "立春" in client.get("/me/account").text


def test_a_code_is_used_up(client, code):
    activate(client, code)
    assert activate(client, code).status_code == 422


@pytest.mark.parametrize("account", ["xiazhi", "TX99999"])
def test_a_code_is_worth_nothing_with_another_name(client, code, account):
    answer = activate(client, code, account)
    assert answer.status_code == 422
    assert code in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.parametrize("password", ["short77", "13800000028", "tx00001", "aaaaaaaa"])
def test_an_unfit_password_leaves_the_code_usable(client, code, password):
    assert activate(client, code, password=password).status_code == 422
    assert activate(client, code).status_code == 303


def test_guessing_codes_is_slowed(client, place):
    answers = [activate(client, "AAAAACCCCC").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_the_owner_is_told_at_the_next_sign_in_once(app, client, code):
    activate(client, code)
    later = app.test_client()
    sign_in = {"account": "TX00001", "password": PASSWORD}
    assert "was set with an activation code" in shown(later, sign_in)
    assert "was set with an activation code" not in shown(app.test_client(), sign_in)


def shown(client, data) -> str:
    client.post("/sign-in?language=en", data=data)
    return client.get("/me/account?language=en").text


def test_a_suspended_account_stays_out(client, place, code):
    with transaction() as session:
        login = queries.login_by_name(session, "TX00001")
        assert login is not None
        operations.suspend_login(
            session, login.id, actor_id=place.organiser_id, now=NOW, reason="x"
        )
    assert activate(client, code).status_code == 422
