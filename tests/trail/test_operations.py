from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.organisations.models import Organisation
from app.people.models import Login
from app.reports.trail_queries import Question, lines_of
from app.trail.operations import current_request_id, note, remember, remembered
from app.trail.queries import trail_about
from app.trail.rules import KeyReused

NOW = datetime(2026, 3, 28, 1, 2, 3, tzinfo=UTC)
CONTENT = {"team": 7, "minutes": [90, 120]}


@pytest.fixture
def actor_id(app: Flask) -> int:
    with transaction() as session:
        login = Login(name="guyu", display_name="谷雨", created_at=NOW)
        session.add(login)
        session.flush()
        return login.id


def write(**changes: Any) -> None:
    row: dict[str, Any] = {
        "operation": "rename_team",
        "actor_id": None,
        "at": NOW,
        "subject_kind": "team",
        "subject_id": 7,
    }
    with transaction() as session:
        note(session, **{**row, **changes})


def test_an_operation_is_told_in_full(actor_id: int) -> None:
    write(
        actor_id=actor_id,
        before={"name": "旧", "phone": "13800001234"},
        after={"name": "新"},
        reason="改名，问13800001234",
        request_id="r1",
    )
    (line,) = trail_about(db.session(), "team", 7)
    assert (line.actor_id, line.at, line.request_id) == (actor_id, NOW, "r1")
    assert line.before == {"name": "旧", "phone": "138****1234"}
    assert line.after == {"name": "新"}
    assert line.reason == "改名，问138****1234"


def test_the_request_is_named_by_the_web(app: Flask) -> None:
    token = current_request_id.set("abc")
    try:
        write()
    finally:
        current_request_id.reset(token)
    assert trail_about(db.session(), "team", 7)[0].request_id == "abc"


def note_and_fail(session: Session) -> None:
    note(session, operation="rename_team", actor_id=None, at=NOW, subject_kind="team", subject_id=7)
    raise ValueError


def test_a_rolled_back_operation_leaves_no_line(app: Flask) -> None:
    with pytest.raises(ValueError), transaction() as session:
        note_and_fail(session)
    assert trail_about(db.session(), "team", 7) == []


@pytest.mark.parametrize("change", ["UPDATE trail SET reason = 'x'", "DELETE FROM trail"])
def test_the_trail_is_only_added_to(app: Flask, change: str) -> None:
    write()
    with pytest.raises(DBAPIError, match="only added to"), transaction() as session:
        session.execute(text(change))


def test_the_trail_is_read_by_pages_newest_first(app: Flask) -> None:
    with transaction() as session:
        organisation_id = make_organisation(session)
    for subject_id in (1, 2, 3):
        write(subject_id=subject_id, organisation_id=organisation_id)
    first = lines_of(db.session(), Question(frozenset({organisation_id})), limit=2)
    assert [line.subject_id for line in first] == [3, 2]
    rest = lines_of(db.session(), Question(frozenset({organisation_id})), before_id=first[-1].id)
    assert [line.subject_id for line in rest] == [1]


def make_organisation(session: Session) -> int:
    made = Organisation(code="TX", name="涂新社区", created_at=NOW)
    session.add(made)
    session.flush()
    return made.id


def test_a_key_gives_its_first_result_again(actor_id: int) -> None:
    with transaction() as session:
        assert remembered(session, actor_id, "k", CONTENT) is None
        remember(session, actor_id, "k", CONTENT, {"batch": 5}, NOW)
    with transaction() as session:
        again = {"minutes": (90, 120), "team": 7}
        assert remembered(session, actor_id, "k", again) == {"batch": 5}


def test_a_key_with_other_content_is_refused(actor_id: int) -> None:
    with transaction() as session:
        remember(session, actor_id, "k", CONTENT, {}, NOW)
    with pytest.raises(KeyReused), transaction() as session:
        remembered(session, actor_id, "k", {**CONTENT, "team": 8})


def test_a_key_is_its_actors_own(actor_id: int) -> None:
    with transaction() as session:
        remember(session, actor_id, "k", CONTENT, {}, NOW)
        assert remembered(session, actor_id + 1, "k", {}) is None


def test_two_taps_at_once_have_one_effect(app: Flask, actor_id: int) -> None:
    """Each looks before the other has committed; the key is held, so one of them waits."""
    effects: list[str] = []
    gate = threading.Barrier(2)

    def tap(name: str) -> None:
        with app.app_context():
            gate.wait()
            with transaction() as session:
                if remembered(session, actor_id, "tap", CONTENT) is None:
                    effects.append(name)
                    remember(session, actor_id, "tap", CONTENT, {"by": name}, NOW)
            db.session.remove()

    threads = [threading.Thread(target=tap, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(effects) == 1
