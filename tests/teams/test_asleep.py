"""Roles that need a second factor sleep until it is proven; everything else goes on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import event, select

from app.clock import now
from app.db import db, transaction
from app.organisations.models import Organisation, Setting
from app.people.models import Login, Role, SignInSession
from app.people.operations.sessions import begin_session
from app.teams import queries
from tests.web.cast import sign_in_as

SINCE = date(2020, 1, 1)
ON = date(2026, 4, 1)
PAGE = "/me/second-factor"


@pytest.fixture(autouse=True)
def _started(cast):
    """Have the named cast."""


def organisation(code: str) -> int:
    found = db.session.scalar(select(Organisation.id).where(Organisation.code == code))
    assert found
    return found


def ask_for_factor(code: str, value: str = "1") -> None:
    with transaction() as session:
        session.add(Setting(organisation_id=organisation(code), key="second_factor", value=value))


def grant(login_id: int, role: str, code: str | None) -> None:
    with transaction() as session:
        scope = organisation(code) if code else None
        session.add(Role(login_id=login_id, role=role, organisation_id=scope, from_on=SINCE))


def actor(cast, who: str, *, is_proven: bool = False, **more):
    return queries.actor_of(db.session(), cast.logins[who], ON, is_proven=is_proven, **more)


def browser(app, cast, role: str, *, is_proven: bool):
    client = app.test_client()
    with transaction() as session:
        login = session.get_one(Login, cast.logins[role])
        begun = begin_session(
            session, login, address="127.0.0.1", device="test", now=now(), today=ON
        )
        here = session.get_one(SignInSession, begun.session_id)
        here.factor_at = now() if is_proven else None
    with client.session_transaction() as cookie:
        cookie["_user_id"] = begun.token
    return client


# ── who sleeps ────────────────────────────────────────────────────────────────────────────


def test_an_administrator_sleeps_without_one(cast):
    sleeping = actor(cast, "admin")
    assert (sleeping.is_admin, sleeping.roles, sleeping.asleep) == (False, set(), {"admin"})


def test_an_administrator_wakes_with_one(cast):
    awake = actor(cast, "admin", is_proven=True)
    assert (awake.is_admin, awake.asleep) == (True, frozenset())


def test_the_instance_may_do_without(cast):
    assert actor(cast, "admin", admin_needs_factor=False).is_admin


@pytest.mark.parametrize("who", ["volunteer", "leader", "organiser", "auditor"])
def test_nobody_else_sleeps_by_default(cast, who):
    assert actor(cast, who) == actor(cast, who, is_proven=True)
    assert not actor(cast, who).asleep


@pytest.mark.parametrize("code", ["TX", "JD"])
@pytest.mark.parametrize("who", ["organiser", "auditor"])
def test_organisers_and_auditors_sleep_where_the_setting_says_so(cast, who, code):
    ask_for_factor(code)
    assert actor(cast, who).asleep == {who}
    assert who not in actor(cast, who).roles
    assert who in actor(cast, who, is_proven=True).roles


@pytest.mark.parametrize("who", ["volunteer", "leader"])
def test_volunteers_and_leaders_never_sleep(cast, who):
    ask_for_factor("JD")
    assert not actor(cast, who).asleep


def test_an_organisation_below_may_decide_otherwise(cast):
    ask_for_factor("JD")
    ask_for_factor("TX", "0")
    assert not actor(cast, "organiser").asleep


def test_who_organises_above_reaches_all_but_those_who_ask_for_it(cast):
    grant(cast.logins["volunteer"], "organiser", "JD")
    ask_for_factor("BY")
    found = actor(cast, "volunteer")
    assert found.organises == {organisation("JD"), organisation("TX")}
    assert found.asleep == {"organiser"}
    assert "organiser" in found.roles


def test_a_neighbours_setting_is_none_of_theirs(cast):
    ask_for_factor("BY")
    assert not actor(cast, "organiser").asleep


def test_the_founder_goes_on_as_organiser(cast):
    grant(cast.logins["organiser"], "admin", None)
    found = actor(cast, "organiser")
    assert found.roles == {"organiser"}
    assert found.asleep == {"admin"}


@pytest.mark.parametrize("is_proven", [True, False])
def test_reading_it_takes_no_more_statements(cast, is_proven):
    ask_for_factor("TX")
    login_id, session, told = cast.logins["organiser"], db.session(), []
    listen = lambda *given: told.append(given[2])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listen)
    queries.actor_of(session, login_id, ON, is_proven=is_proven)
    event.remove(db.engine, "before_cursor_execute", listen)
    assert len([one for one in told if one != "BEGIN"]) <= 3


# ── what they meet ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/admin/teams", "/admin/people", "/desk"])
def test_a_page_that_would_open_leads_to_the_second_factor(app, cast, path):
    client = browser(app, cast, "admin", is_proven=False)
    assert client.get(path).location == f"{PAGE}?next={path.replace('/', '%2F')}"
    assert browser(app, cast, "admin", is_proven=True).get(path).status_code == 200


def test_a_page_that_would_not_open_stays_not_found(app, cast):
    client = browser(app, cast, "admin", is_proven=False)
    assert client.get("/log").status_code == 404


def test_a_form_of_a_sleeping_role_does_nothing(app, cast):
    ask_for_factor("TX")
    client = browser(app, cast, "organiser", is_proven=False)
    number = cast.subject("volunteer_id", "same_team", "organiser")
    answer = client.post(f"/admin/people/{number}/code")
    assert answer.location.startswith(PAGE)


@pytest.mark.parametrize("path", ["/me/account", "/me/notices", PAGE])
def test_what_is_ones_own_stays_open(app, cast, path):
    assert browser(app, cast, "admin", is_proven=False).get(path).status_code == 200


def test_the_front_page_leads_a_sleeping_administrator_there(app, cast):
    client = browser(app, cast, "admin", is_proven=False)
    answer = client.get("/", follow_redirects=True)
    assert answer.request.path == PAGE
    assert "q-factorqr" in answer.text


def test_every_page_says_that_a_role_rests(app, cast):
    grant(cast.logins["organiser"], "admin", None)
    english = {"Accept-Language": "en"}
    client = browser(app, cast, "organiser", is_proven=False)
    assert "this role rests" in client.get("/desk", headers=english).text
    awake = sign_in_as(app, cast, "volunteer")
    assert "this role rests" not in awake.get("/me", headers=english).text


def test_the_switch_of_the_instance_wakes_administrators(make_app, cast):
    app = make_app(QICAI_ADMIN_SECOND_FACTOR="off")
    client = browser(app, cast, "admin", is_proven=False)
    assert client.get("/admin/teams").status_code == 200
