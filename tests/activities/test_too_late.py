"""Whoever comes too late is told so plainly: after the closing, a second time, with an old code."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities.models import Activity, CheckIn
from app.activities.operations.checking_in import CheckedOutAlready
from app.activities.operations.desk import tick
from app.activities.rules import CodeStale, MoveRefused, kind_of_typed, screen_code
from app.db import db
from app.service.operations import close_activity
from tests.activities.checks import (
    BEGINS_AT,
    ENDS_AT,
    announced,
    checked,
    codes,
    done,
)
from tests.service.community import Community, make_community
from tests.service.conftest import Town
from tests.service.conftest import make_town as make_town
from tests.service.conftest import town as town

HOUR = timedelta(hours=1)
# The leader closes while the planned end has not come yet: the window still admits people.
CLOSED_AT = BEGINS_AT + HOUR


def closed(community: Community, activity_id: int, *places: int) -> None:
    lines = [
        community.line(place, 60, service_on=BEGINS_AT.date(), starts_minute=510)
        for place in places
    ]
    given = {"signed_in": {}, "now": CLOSED_AT, "key": "close"}
    done(close_activity, activity_id, lines, actor=community.actor("leader"), **given)


def kept(session: Session) -> list[tuple[object, object]]:
    session.rollback()
    return [(row.in_at, row.out_at) for row in session.query(CheckIn).order_by(CheckIn.id)]


# ── the operation ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    db_session.rollback()
    return made


@pytest.mark.parametrize("wants", ["in", "out"])
def test_after_the_closing_nobody_comes_or_goes(
    community: Community, db_session: Session, wants: str
) -> None:
    activity_id = announced(community)
    screen, paper = codes(activity_id)
    checked(community, screen)
    closed(community, activity_id, 3)
    place = 4 if wants == "in" else 3
    for token in (codes(activity_id, CLOSED_AT)[0], paper):
        with pytest.raises(MoveRefused, match="closed: its hours are recorded"):
            checked(community, token, place, wants=wants, at=CLOSED_AT)
    assert kept(db_session) == [(BEGINS_AT, None)]
    assert db_session.scalar(text("SELECT state FROM activities")) == "closed"


def test_after_the_closing_the_leader_ticks_nobody(community: Community) -> None:
    activity_id, leader = announced(community), community.actor("leader")
    closed(community, activity_id, 3)
    with pytest.raises(MoveRefused, match="closed"):
        done(tick, activity_id, [community.volunteers[4]], "in", actor=leader, now=CLOSED_AT)


def test_going_twice_tells_both_times(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    checked(community, codes(activity_id)[0])
    out_at = BEGINS_AT + 2 * HOUR
    checked(community, codes(activity_id, out_at)[0], wants="out", at=out_at)
    with pytest.raises(CheckedOutAlready) as refused:
        checked(community, codes(activity_id, ENDS_AT)[0], wants="out", at=ENDS_AT)
    assert (refused.value.figures["in_at"], refused.value.figures["out_at"]) == (BEGINS_AT, out_at)
    assert kept(db_session) == [(BEGINS_AT, out_at)]


def test_a_code_of_yesterday_opens_nothing_scanned_or_typed(
    community: Community, db_session: Session
) -> None:
    activity_id, yesterday = announced(community), BEGINS_AT - timedelta(days=1)
    with pytest.raises(CodeStale):
        checked(community, codes(activity_id, yesterday)[0])
    found = db_session.get_one(Activity, activity_id)
    secrets = {"screen_secret": found.screen_secret, "paper_secret": found.paper_secret}
    old = screen_code(activity_id, found.screen_secret, yesterday).typed
    assert kind_of_typed(activity_id, old, at=BEGINS_AT, **secrets) is None
    assert kind_of_typed(activity_id, old, at=yesterday, **secrets) == "code"


# ── the pages ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def clock(town: Town):
    with time_machine.travel(BEGINS_AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def activity_id(town: Town, clock) -> int:
    return announced(town.community)


@pytest.fixture
def client(town: Town, clock) -> FlaskClient:
    return town.browser("volunteer")


def send(client: FlaskClient, wants: str, person: int):
    return client.post("/in/here", data={"who": f"{wants}-{person}"})


def test_a_scan_before_the_closing_is_told_after_it(
    client: FlaskClient, town: Town, activity_id: int, clock
) -> None:
    clock.move_to(CLOSED_AT)
    client.get(f"/in/{codes(activity_id, CLOSED_AT)[0]}")
    assert "Check in</button>" in client.get("/in/here").text
    closed(town.community, activity_id, 4)
    late = send(client, "in", town.people[3])
    assert late.status_code == 422
    assert "This activity is closed: its hours are recorded." in late.text
    assert "Check in</button>" not in client.get("/in/here").text
    assert kept(db.session()) == []


def test_going_after_the_closing_changes_nothing(
    client: FlaskClient, town: Town, activity_id: int, clock
) -> None:
    client.get(f"/in/{codes(activity_id)[0]}")
    send(client, "in", town.people[3])
    clock.move_to(CLOSED_AT)
    closed(town.community, activity_id, 3)
    client.get(f"/in/{codes(activity_id, CLOSED_AT)[0]}")
    late = send(client, "out", town.people[3])
    assert late.status_code == 422
    assert "This activity is closed: its hours are recorded." in late.text
    assert kept(db.session()) == [(BEGINS_AT, None)]


def test_going_twice_is_told_on_the_page(
    client: FlaskClient, town: Town, activity_id: int, clock
) -> None:
    client.get(f"/in/{codes(activity_id)[0]}")
    send(client, "in", town.people[3])
    for at, status in ((ENDS_AT, 303), (ENDS_AT + timedelta(minutes=2), 422)):
        clock.move_to(at)
        client.get(f"/in/{codes(activity_id, at)[0]}")
        answer = send(client, "out", town.people[3])
        assert answer.status_code == status
    assert "came at Feb 4, 2026 08:30 and checked out at Feb 4, 2026 11:30" in answer.text
    assert kept(db.session()) == [(BEGINS_AT, ENDS_AT)]


def test_characters_of_yesterday_are_told(
    client: FlaskClient, town: Town, activity_id: int
) -> None:
    secret = db.session.get_one(Activity, activity_id).screen_secret
    old = screen_code(activity_id, secret, BEGINS_AT - timedelta(days=1)).typed
    answer = client.post("/in", data={"characters": old})
    assert answer.status_code == 422
    assert "This code is not right" in answer.text
    assert f'value="{old}"' in answer.text
