"""Whoever gave the password and not the factor, and whose role sleeps: nothing opens anywhere."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from app.clock import now
from app.db import db, transaction
from app.people.models import Login, SignInSession
from app.people.operations.sessions import begin_session
from tests.teams.test_asleep import ask_for_factor, browser
from tests.web.test_policy_matrix import MATRIX, SIGN_IN, cells, trail_length

TELLS = re.compile(r"\s*(INSERT INTO|COPY) trail\b", re.IGNORECASE)
PAGE = "/me/second-factor"
# What a visitor may do goes on; these two say themselves where one stands in signing in.
ENTERING = ("/sign-in", "/sign-out")
# Of one's own sign-in, whatever roles it holds.
OWN = ("/me/account", "/me/volunteer")


@contextmanager
def nothing_told():
    """Give the trail rows written meanwhile, emptied by whoever looks; in the end, none."""
    length, told = trail_length(), []

    def watch(*arguments):
        told.extend([arguments[2]] if TELLS.match(arguments[2]) else [])

    event.listen(db.engine, "before_cursor_execute", watch)
    try:
        yield told
    finally:
        event.remove(db.engine, "before_cursor_execute", watch)
    assert trail_length() == length


def asked(client, method, cell, data, told):
    """Return the answer's status, where it leads, and whether the trail was told of it."""
    answer = client.open(cell.path, method=method, data=data if method == "POST" else None)
    leads = (answer.location or "").partition("?")[0]
    did = bool(told)
    told.clear()
    return answer.status_code, leads, did


def half_in(app, cast, role):
    """Return a browser whose session row has not proven its second factor yet."""
    client = app.test_client()
    with transaction() as session:
        login = session.get_one(Login, cast.logins[role])
        begun = begin_session(
            session, login, address="127.0.0.1", device="test", now=now(), today=now().date()
        )
        session.get_one(SignInSession, begun.session_id).proven_at = None
    with client.session_transaction() as cookie:
        cookie["_user_id"] = begun.token
        cookie["_fresh"] = True
    return client


@pytest.mark.parametrize("role", ["admin", "volunteer"])
def test_the_password_alone_opens_no_route(app, cast, role):
    client, wrong = half_in(app, cast, role), []
    tried = Counter[str]()
    with nothing_told() as told:
        for route, row in sorted(MATRIX.items()):
            verb, rule = route.split(" ", 1)
            if row["visitor"] != SIGN_IN or rule.startswith(ENTERING):
                continue
            for cell in cells(rule, {**row, role: SIGN_IN}, role, cast):
                status, leads, did = asked(client, verb, cell, row.get("data", {}), told)
                is_asked = status == 401 or (status == 303 and leads.startswith("/sign-in"))
                tried[verb] += 1
                if did or not (is_asked or status == 404):
                    wrong.append(f"{route} {cell.relation}: {status} {leads}")
    assert min(tried["GET"], tried["POST"]) > 50
    assert wrong == []


@pytest.mark.parametrize("role", ["organiser", "admin"])
def test_a_stolen_cookie_of_a_sleeping_role_opens_no_desk(app, cast, role):
    """The setting was switched on later: sessions from before have proven no factor."""
    client = browser(app, cast, role, is_proven=False)
    for code in ("TX", "JD", "BY"):
        ask_for_factor(code)
    wrong, tried = [], Counter[str]()
    with nothing_told() as told:
        for route, row in sorted(MATRIX.items()):
            verb, rule = route.split(" ", 1)
            if rule.startswith((PAGE, *OWN, *ENTERING)):
                continue
            if not opened_by(row[role]) - opened_by(row["visitor"]) or rule_is_own(row):
                continue
            # What is out of reach awake is not asked again.
            for cell in (each for each in cells(rule, row, role, cast) if each.expected != 404):
                status, leads, did = asked(client, verb, cell, row.get("data", {}), told)
                tried[verb] += 1
                if did or not (status == 404 or leads in (PAGE, "/sign-in")):
                    wrong.append(f"{route} {cell.relation}: {status} {leads}")
    assert min(tried["GET"], tried["POST"]) > 5
    assert wrong == []


def opened_by(said):
    """Return what a row says of a role, without what is shut."""
    told = set(said.values()) if isinstance(said, dict) else {said}
    return told - {404, SIGN_IN}


def rule_is_own(row):
    """Tell whether a plain volunteer's sign-in opens it as well: no role is needed."""
    return bool(opened_by(row["volunteer"]))


def test_another_device_wakes_nobody(app, cast):
    ask_for_factor("TX")
    sleeping = browser(app, cast, "organiser", is_proven=False)
    assert browser(app, cast, "organiser", is_proven=True).get("/desk").status_code == 200
    assert sleeping.get("/desk").location.startswith(PAGE)
