"""Many people at one activity at the same instant: places, check-ins, two leaders who close it.

Each rule that holds then has its counterproof: the same people, judged on what was read before
the lock, break it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.activities import operations
from app.activities.models import Activity
from app.activities.operations import signing_up
from app.activities.operations.holding import Held
from app.activities.rules import MoveRefused
from app.db import db
from app.errors import RuleBroken
from app.organisations.queries import settings_of
from app.service.operations import DayResult, close_activity, closing
from app.teams.models import Team
from tests.activities.checks import (
    BEGINS_AT,
    ENDS_AT,
    ON,
    announced,
    as_volunteer,
    checked,
    codes,
    done,
)
from tests.races import race
from tests.service.community import NOW, Community, check_books, make_community
from tests.service.test_side_by_side import MEETING_SECONDS, at_once

AFTER = ENDS_AT + timedelta(hours=1)
CROWD = range(5, 55)


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session, people=60)
    db_session.rollback()
    return made


def counted(session: Session, query: str) -> dict[Any, int]:
    """Return how many rows there are of each kind that a query names."""
    session.rollback()
    found = dict(Counter(session.scalars(text(query))))
    # An open read keeps SQLite's writers waiting.
    session.rollback()
    return found


def read_before_the_lock(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> Callable[..., Any]:
    """Let an operation judge an activity as it stood before its lock; return what reads it so.

    Without the lock PostgreSQL would do just that, and SQLite without its writer's lock.
    """
    stood: dict[int, dict[str, Any]] = {}

    def hold(session: Session, activity_id: int, *_actor: Any, **_more: Any) -> Held:
        activity = session.get_one(Activity, activity_id)
        for column, value in stood[threading.get_ident()].items():
            set_committed_value(activity, column, value)
        team = session.get_one(Team, activity.team_id)
        return Held(activity, team, settings_of(session, team.organisation_id))

    def read(activity_id: int, met: threading.Barrier) -> None:
        query = text("SELECT state, taken, version FROM activities WHERE id = :id")
        with db.engine.connect() as connection:
            row = connection.execute(query, {"id": activity_id}).one()
        stood[threading.get_ident()] = dict(row._mapping)
        met.wait(MEETING_SECONDS)

    monkeypatch.setattr(module, name, hold)
    return read


# ── the last place ────────────────────────────────────────────────────────────────────────


def signing_up_of(community: Community, activity_id: int, place: int) -> Callable[[], str]:
    actor, person = as_volunteer(community, place), community.volunteers[place]
    return lambda: done(operations.sign_up, activity_id, person, actor=actor, now=NOW).state


@race("rows of activities")
def test_the_last_place_goes_to_one_of_fifty(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id = announced(community, places=1)
    said = at_once(app, *(signing_up_of(community, activity_id, place) for place in CROWD))
    assert Counter(said) == {"placed": 1, "waiting": 49}
    assert counted(db_session, "SELECT state FROM sign_ups") == {"placed": 1, "waiting": 49}
    assert list(counted(db_session, "SELECT taken FROM activities")) == [1]


def test_judged_before_the_lock_the_last_place_is_given_twice(
    app: Flask, community: Community, db_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity_id, met = announced(community, places=1), threading.Barrier(2)
    read = read_before_the_lock(monkeypatch, signing_up, "hold")

    def act(place: int) -> Callable[[], str]:
        signing = signing_up_of(community, activity_id, place)
        return lambda: read(activity_id, met) or signing()

    assert at_once(app, act(5), act(6)) == ["placed", "placed"]
    assert counted(db_session, "SELECT state FROM sign_ups") == {"placed": 2}


@race("rows of activities")
def test_places_given_back_at_once_go_to_those_who_wait(
    app: Flask, community: Community, db_session: Session
) -> None:
    """First nobody waits, and each place is counted; then each goes on to somebody."""
    activity_id = announced(community, places=10)

    def at_it(people: range) -> None:
        for place in people:
            signing_up_of(community, activity_id, place)()

    def act(place: int) -> Callable[[], Any]:
        actor, person = as_volunteer(community, place), community.volunteers[place]
        return lambda: done(operations.withdraw, activity_id, person, actor=actor, now=NOW)

    at_it(range(5, 15))
    at_once(app, *(act(place) for place in range(5, 15)))
    assert list(counted(db_session, "SELECT taken FROM activities")) == [0]
    at_it(range(15, 35))
    at_once(app, *(act(place) for place in range(15, 25)))
    states = "SELECT state FROM sign_ups"
    assert counted(db_session, states) == {"withdrawn": 20, "placed": 10}
    assert list(counted(db_session, "SELECT taken FROM activities")) == [10]


# ── closing ───────────────────────────────────────────────────────────────────────────────


def closing_by(
    community: Community, activity_id: int, by: str, *places: int
) -> Callable[[], DayResult]:
    """Return the closing by one leader with the people they saw there."""
    lines = [
        community.line(place, 180, service_on=ON, starts_minute=510, content="楼道清扫")
        for place in places
    ]
    enters_as = "organiser" if by == "organiser" else "leader"
    given = {"signed_in": {}, "now": AFTER, "key": by, "enters_as": enters_as}
    actor = community.actor(by)
    return lambda: done(close_activity, activity_id, lines, actor=actor, **given)


RECORDS = "SELECT volunteer_id FROM service_records WHERE state = 'approved'"


@race(
    "rows of activities", seen="no posting joins a finished|postings are only added to|ValueError"
)
def test_leaders_who_close_with_other_lists_give_one_set_of_records(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id, people = announced(community), community.volunteers
    lists = {"leader": (3, 4), "co_leader": (5, 6), "organiser": (7, 8)}
    acts = [closing_by(community, activity_id, by, *them) for by, them in lists.items()]
    said = at_once(app, *acts)
    (first,) = (each for each in said if isinstance(each, DayResult))
    assert sum(isinstance(each, MoveRefused) for each in said) == 2
    seen = list(lists.values())[said.index(first)]
    assert set(counted(db_session, RECORDS)) == {people[place] for place in seen}
    closed = "SELECT count(*) FROM trail WHERE operation = 'activity.close'"
    assert db_session.scalar(text(closed)) == 1
    check_books(db_session)


def test_judged_before_the_lock_both_leaders_close(
    app: Flask, community: Community, db_session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    activity_id, met = announced(community), threading.Barrier(2)
    read = read_before_the_lock(monkeypatch, closing, "hold_own")

    def act(by: str, *places: int) -> Callable[[], DayResult]:
        close = closing_by(community, activity_id, by, *places)
        return lambda: read(activity_id, met) or close()

    said = at_once(app, act("leader", 3, 4), act("co_leader", 5, 6))
    assert [type(each) for each in said] == [DayResult, DayResult]
    assert len(counted(db_session, RECORDS)) == 4


@race("rows of activities", at="INSERT INTO (check_ins|batches|service_records)", is_turned=True)
def test_a_check_in_while_it_is_closed_is_before_or_refused(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    token = codes(activity_id)[0]
    # Whoever lets it begin has changed its row, which holds it even without a lock.
    checked(community, token, 8)
    came, _closed = at_once(
        app,
        lambda: checked(community, token, 7, now=BEGINS_AT),
        closing_by(community, activity_id, "leader", 3),
    )
    there = counted(db_session, "SELECT volunteer_id FROM check_ins")
    assert isinstance(came, RuleBroken) == (len(there) == 1)
    steps = "SELECT operation FROM trail WHERE operation LIKE 'activity.%' ORDER BY id DESC"
    assert db_session.scalar(text(steps)) == "activity.close"
    assert counted(db_session, "SELECT state FROM activities") == {"closed": 1}
