"""Set up a second factor, sign in with it, lose the phone: each code is taken once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.db import db, transaction
from app.people.models import Login, RecoveryCode, SecondFactor, SignInSession
from app.people.operations import prove_with_factor
from app.people.rules.second_factor import FactorWrong
from app.trail.models import TrailRow
from tests.people.conftest import NOW, PASSWORD, TODAY, add
from tests.people.factors import PAGE, code_of, half_a_minute_later, set_up, sign_in

CODE = "/sign-in/code"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(place, client):
    sign_in(client)
    return client


@pytest.fixture
def factor(browser, clock):
    """Return the secret and the recovery codes of somebody who signed out again."""
    found = set_up(browser)
    browser.post("/sign-out")
    half_a_minute_later(clock, NOW)
    return found


def is_in(client) -> bool:
    return client.get("/me/account").status_code == 200


# ── set up ────────────────────────────────────────────────────────────────────────────────


def test_the_secret_stays_the_same_until_it_is_set_up(browser):
    from tests.people.factors import secret_on

    assert secret_on(browser.get(PAGE).text) == secret_on(browser.get(PAGE).text)


def test_a_wrong_code_sets_nothing_up(browser):
    browser.get(PAGE)
    assert browser.post(PAGE, data={"proof": "000000"}).status_code == 422
    assert db.session.scalar(select(SecondFactor)) is None


def test_a_code_without_the_page_before_it_sets_nothing_up(browser):
    assert browser.post(PAGE, data={"proof": "123456"}).status_code == 422
    assert db.session.scalar(select(SecondFactor)) is None


def test_ten_recovery_codes_are_shown_and_no_secret_is_kept_open(browser):
    secret, codes = set_up(browser)
    assert len(codes) == 10
    kept = db.session.scalars(select(RecoveryCode.code_digest)).all()
    assert not {code.replace("-", "") for code in codes} & set(kept)
    assert secret not in (db.session.scalar(select(SecondFactor.sealed_secret)) or "")


def test_the_recovery_codes_are_shown_for_minutes_only(browser, clock):
    set_up(browser)
    assert browser.get(f"{PAGE}/codes").status_code == 200
    clock.move_to(NOW + timedelta(minutes=16))
    assert browser.get(f"{PAGE}/codes").status_code == 303


def test_other_devices_are_signed_out(browser, app):
    phone = app.test_client()
    sign_in(phone)
    set_up(browser)
    assert is_in(browser)
    assert not is_in(phone)


def test_a_second_one_beside_it_is_refused(browser):
    set_up(browser)
    assert browser.post(PAGE, data={"proof": "123456"}).status_code == 422
    assert len(db.session.scalars(select(SecondFactor)).all()) == 1


def test_it_is_told_and_written_down_without_its_secret(browser):
    secret, codes = set_up(browser)
    assert (
        "A second factor was set up"
        in browser.get("/me/notices", headers={"Accept-Language": "en"}).text
    )
    rows = db.session.scalars(select(TrailRow)).all()
    assert "set_up_factor" in {row.operation for row in rows}
    text = " ".join(f"{row.before}{row.after}{row.reason}" for row in rows)
    assert secret not in text
    assert not any(code in text or code.replace("-", "") in text for code in codes)


def test_the_demo_takes_none(place, make_app):
    client = make_app(IS_DEMO=True).test_client()
    base = "http://localhost/demo"
    client.post("/sign-in", data={"account": "xiazhi", "password": PASSWORD}, base_url=base)
    page = client.get(PAGE, base_url=base)
    from tests.people.factors import secret_on

    code = code_of(secret_on(page.text))
    assert client.post(PAGE, data={"proof": code}, base_url=base).status_code == 422


# ── sign in ───────────────────────────────────────────────────────────────────────────────


def test_the_password_alone_lets_nobody_in(factor, client):
    assert sign_in(client, next="/me/notices").location == f"{CODE}?next=/me/notices"
    assert not is_in(client)
    assert client.post("/me/account/sessions/end-all").status_code == 401


def test_the_code_lets_its_owner_in_and_leads_back(factor, client):
    sign_in(client)
    answer = client.post(CODE, data={"proof": code_of(factor[0]), "next": "/me/notices"})
    assert answer.location == "/me/notices"
    assert is_in(client)


@pytest.mark.parametrize("typed", ["000000", "", "abc", "ACDEF-GHJKM", "１", "9" * 41])
def test_a_wrong_code_lets_nobody_in(factor, client, typed):
    sign_in(client)
    assert client.post(CODE, data={"proof": typed}).status_code == 422
    assert not is_in(client)


def test_a_code_is_taken_once(factor, client, app):
    sign_in(client)
    code = code_of(factor[0])
    client.post(CODE, data={"proof": code})
    other = app.test_client()
    sign_in(other)
    assert other.post(CODE, data={"proof": code}).status_code == 422
    assert not is_in(other)


def test_the_code_that_set_it_up_signs_nobody_in(browser, clock):
    secret, _codes = set_up(browser)
    browser.post("/sign-out")
    sign_in(browser)
    assert browser.post(CODE, data={"proof": code_of(secret)}).status_code == 422


def test_a_recovery_code_works_once_and_says_how_many_are_left(factor, client):
    sign_in(client)
    english = {"Accept-Language": "en"}
    client.post(CODE, data={"proof": factor[1][0].lower()}, headers=english)
    page = client.get("/me/account", headers={"Accept-Language": "en"}).text
    assert "9 are left" in page
    client.post("/sign-out")
    sign_in(client)
    assert client.post(CODE, data={"proof": factor[1][0]}).status_code == 422


def test_the_code_is_awaited_for_minutes(factor, client, clock):
    sign_in(client)
    clock.move_to(NOW + timedelta(minutes=12))
    answer = client.post(CODE, data={"proof": code_of(factor[0])})
    assert answer.location == "/sign-in"
    assert not is_in(client)


def test_without_a_password_before_it_the_page_leads_to_it(place, client):
    assert client.get(CODE).location == "/sign-in"
    assert client.post(CODE, data={"proof": "123456"}).location == "/sign-in"


def test_guessing_is_slowed_down(factor, client):
    sign_in(client)
    tried = [client.post(CODE, data={"proof": f"{n:06}"}).status_code for n in range(7)]
    assert tried == [422] * 5 + [429] * 2
    # The right one waits too: who guesses learns nothing from trying on.
    assert client.post(CODE, data={"proof": code_of(factor[0])}).status_code == 429


def test_a_password_known_elsewhere_makes_no_address_the_owners(factor, app):
    for last in range(2):
        stranger = app.test_client()
        environ = {"REMOTE_ADDR": f"198.51.100.{last}"}
        stranger.post(
            "/sign-in", data={"account": "xiazhi", "password": PASSWORD}, environ_base=environ
        )
        answers = [
            stranger.post(CODE, data={"proof": f"{n:06}"}, environ_base=environ).status_code
            for n in range(5)
        ]
    assert 429 in answers


def test_starting_over_ends_what_waited(factor, client):
    sign_in(client)
    client.post("/sign-out")
    assert client.get(CODE).location == "/sign-in"
    waiting = select(SignInSession).where(SignInSession.revoked_at.is_(None))
    assert db.session.scalars(waiting).all() == []


def test_who_is_signed_in_sees_that_somebody_waits_for_the_code(factor, client, app):
    sign_in(client)
    client.post(CODE, data={"proof": code_of(factor[0])})
    stranger = app.test_client()
    sign_in(stranger)
    page = client.get("/me/account", headers={"Accept-Language": "en"}).text
    assert "Waiting for the code" in page


def test_an_activation_code_does_not_get_around_it(place, client, clock):
    from tests.people.conftest import login_of

    volunteer_id = add(place, "谷雨", phone="13800000028", password=PASSWORD)
    sign_in(client, "13800000028")
    secret, _codes = set_up(client)
    from app.people.operations import issue_activation_code

    with transaction() as session:
        login = login_of(session, volunteer_id)
        code = issue_activation_code(session, login.id, issuer_id=place.organiser_id, now=NOW)
    data = {"account": "13800000028", "code": code, "password": "another-good-one"}
    assert client.post("/activate", data=data).location == CODE
    assert not is_in(client)
    half_a_minute_later(clock, NOW)
    client.post(CODE, data={"proof": code_of(secret)})
    assert is_in(client)


def test_two_at_once_with_one_code_are_one(factor, client, place, app):
    sign_in(client)
    other = app.test_client()
    sign_in(other)
    rows = db.session.scalars(
        select(SignInSession.id).where(SignInSession.revoked_at.is_(None))
    ).all()
    with app.test_request_context():
        from app.people.access import factor_keys

        keys = factor_keys()
    code = code_of(factor[0])
    taken = []
    for session_id in rows:
        try:
            with transaction() as session:
                prove_with_factor(
                    session, session_id=session_id, login_id=place.organiser_id, typed=code,
                    keys=keys, now=NOW + timedelta(seconds=30), today=TODAY,
                )  # fmt: skip
            taken.append(session_id)
        except FactorWrong:
            pass
    assert len(rows) == 2
    assert len(taken) == 1


# ── change and remove ─────────────────────────────────────────────────────────────────────


def test_new_recovery_codes_void_the_old_ones(browser, clock):
    _secret, old = set_up(browser)
    answer = browser.post(f"{PAGE}/codes")
    assert answer.status_code == 303
    assert old[0] not in browser.get(answer.location).text
    browser.post("/sign-out")
    sign_in(browser)
    assert browser.post(CODE, data={"proof": old[0]}).status_code == 422


def test_removed_the_password_is_enough_again(browser):
    set_up(browser)
    assert browser.post(f"{PAGE}/remove").status_code == 303
    browser.post("/sign-out")
    sign_in(browser)
    assert is_in(browser)


def test_nothing_to_remove_or_renew_is_refused(browser):
    assert browser.post(f"{PAGE}/remove").status_code == 422
    assert browser.post(f"{PAGE}/codes").status_code == 422


def test_with_another_secret_of_the_instance_no_code_fits(factor, make_app):
    client = make_app(SECRET_KEY="another secret of forty characters, I think").test_client()
    sign_in(client)
    assert client.post(CODE, data={"proof": code_of(factor[0])}).status_code == 422


def test_the_shell_resets_the_factor_of_who_lost_everything(factor, client, app):
    done = app.test_cli_runner().invoke(args=["second-factor-reset", "xiazhi"])
    assert done.exit_code == 0, done.output
    sign_in(client)
    assert is_in(client)
    again = app.test_cli_runner().invoke(args=["second-factor-reset", "xiazhi"])
    assert again.exit_code == 1
    nobody = app.test_cli_runner().invoke(args=["second-factor-reset", "nobody"])
    assert nobody.exit_code == 1
    assert db.session.scalar(select(Login.notice).where(Login.name == "xiazhi")) is None
