"""Closing an activity: one set of records, the right evidence, and an open activity again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities.operations import NotBegunYet, create_activity, sign_up
from app.activities.rules import MoveRefused, Plan
from app.db import transaction
from app.errors import NotFound
from app.service.operations import (
    DayResult,
    Line,
    NotAllFit,
    SignedIn,
    close_activity,
    propose_correction,
    undo_batch,
)
from tests.races import race
from tests.service.community import Community, make_community
from tests.service.conftest import statements
from tests.service.test_side_by_side import at_once

ON = date(2026, 2, 3)
BEFORE = datetime(2026, 2, 1, 1, 0, tzinfo=UTC)
AFTER = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
PLAN = Plan("楼道清扫", ON, 510, 180, place="东门")


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    db_session.rollback()
    return made


def announced(community: Community, *places: int) -> int:
    """Announce an activity and sign these people up for it."""
    leader = community.actor("leader")
    with transaction() as session:
        activity_id = create_activity(
            session, community.red_id, PLAN, actor=leader, now=BEFORE, publish=True
        )
        for place in places:
            person = community.volunteers[place]
            sign_up(session, activity_id, person, actor=leader, now=BEFORE)
    return activity_id


def lines(community: Community, *places: int, minutes: int = 180) -> list[Line]:
    return [
        community.line(place, minutes, service_on=ON, starts_minute=510, content="楼道清扫")
        for place in places
    ]


def closed(
    community: Community,
    activity_id: int,
    handed_in: list[Line],
    *,
    by: str = "leader",
    **more: Any,
) -> DayResult:
    given = {"signed_in": {}, "now": AFTER, "key": community.fresh_key(), **more}
    with transaction() as session:
        actor = community.actor(by)
        return close_activity(session, activity_id, handed_in, actor=actor, **given)


def rows(session: Session, query: str, **values: Any) -> list[Any]:
    session.rollback()
    return [tuple(row) for row in session.execute(text(query), values)]


def test_whoever_was_there_is_posted_and_the_rest_is_named(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community, 3, 4, 5)
    people = community.volunteers
    result = closed(community, activity_id, lines(community, 3, 6), no_shows=[people[4]])
    assert [outcome.status for outcome in result.outcomes] == ["approved", "approved"]
    assert rows(db_session, "SELECT volunteer_id, attendance FROM sign_ups ORDER BY id") == [
        (people[3], "present"),
        (people[4], "no_show"),
        (people[5], "absent"),
    ]
    found = "SELECT volunteer_id, activity_id, is_guest, evidence FROM service_records ORDER BY id"
    assert [(row[0], row[1], bool(row[2]), row[3]) for row in rows(db_session, found)] == [
        (people[3], activity_id, False, "entered"),
        (people[6], activity_id, True, "entered"),
    ]
    assert rows(db_session, "SELECT state, batch_id FROM activities") == [
        ("closed", result.batch_id)
    ]


def test_only_what_a_check_in_proves_is_signed_in(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community, 3, 4)
    handed_in = [*lines(community, 3, minutes=150), *lines(community, 4, minutes=180)]
    proofs = {community.volunteers[place]: SignedIn(520, 150) for place in (3, 4)}
    closed(community, activity_id, handed_in, signed_in=proofs)
    found = "SELECT evidence, starts_minute, minutes FROM service_records ORDER BY id"
    assert rows(db_session, found) == [("signed_in", 520, 150), ("entered", 510, 180)]


def test_one_who_does_not_fit_keeps_the_activity_open(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community, 3, 4)
    community.log(community.line(3, 120, service_on=ON, starts_minute=540), now=AFTER)
    with pytest.raises(NotAllFit) as refused:
        closed(community, activity_id, lines(community, 3, 4))
    assert [outcome.status for outcome in refused.value.outcomes] == ["refused", "approved"]
    assert rows(db_session, "SELECT count(*) FROM service_records") == [(1,)]
    assert rows(db_session, "SELECT state FROM activities") == [("published",)]


def test_nobody_came_closes_it_without_a_batch(community: Community, db_session: Session) -> None:
    activity_id = announced(community, 3)
    assert closed(community, activity_id, []).batch_id is None
    assert rows(db_session, "SELECT state, batch_id FROM activities") == [("closed", None)]


def test_what_has_not_begun_is_not_closed(community: Community) -> None:
    activity_id = announced(community, 3)
    with pytest.raises(NotBegunYet):
        closed(community, activity_id, lines(community, 3), now=BEFORE)


def test_another_team_s_leader_finds_nothing(community: Community) -> None:
    activity_id = announced(community, 3)
    with pytest.raises(NotFound):
        closed(community, activity_id, [], by="green_leader")


def test_a_double_tap_closes_once(community: Community, db_session: Session) -> None:
    activity_id = announced(community, 3)
    first, again = (
        closed(community, activity_id, lines(community, 3), key="same") for _ in range(2)
    )
    assert (first.batch_id, first.outcomes) == (again.batch_id, again.outcomes)
    assert rows(db_session, "SELECT count(*) FROM service_records") == [(1,)]


@race(
    "rows of activities",
    at_lock="rows of accounts",
    seen="postings are only added to, never replaced|^AssertionError",
)
def test_two_leaders_closing_at_once_give_one_set_of_records(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id = announced(community, 3, 4)

    def act(name: str) -> Callable[[], Any]:
        return lambda: closed(community, activity_id, lines(community, 3, 4), by=name, key=name)

    results = at_once(app, act("leader"), act("co_leader"))
    assert sorted(type(result).__name__ for result in results) == ["DayResult", "MoveRefused"]
    refused = next(each for each in results if isinstance(each, MoveRefused))
    assert "closed" in str(refused)
    assert rows(db_session, "SELECT count(*) FROM service_records") == [(2,)]


def test_taking_the_batch_back_opens_the_activity_again(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community, 3)
    batch_id = closed(community, activity_id, lines(community, 3)).batch_id
    assert batch_id is not None
    with transaction() as session:
        undo_batch(session, batch_id, actor=community.actor("leader"), now=AFTER)
    assert rows(db_session, "SELECT state, batch_id FROM activities") == [("under_way", None)]
    again = closed(community, activity_id, lines(community, 3, minutes=120))
    assert again.outcomes[0].status == "approved"


def test_two_hundred_people_take_as_many_statements_as_two(db_session: Session) -> None:
    community = make_community(db_session, people=210)
    counts = []
    # The first one also reads what is kept of the organisation from then on.
    for first, last in ((206, 208), (3, 5), (5, 205)):
        places = range(first, last)
        activity_id = announced(community, *places)
        with statements() as sent:
            closed(community, activity_id, lines(community, *places))
        counts.append(len(sent))
    assert counts[1] == counts[2]


@pytest.mark.parametrize(("minutes", "evidence"), [(120, "signed_in"), (480, "entered")])
def test_a_correction_is_signed_in_for_no_more_than_the_check_in_proved(
    community: Community, db_session: Session, minutes: int, evidence: str
) -> None:
    activity_id = announced(community, 3)
    proofs = {community.volunteers[3]: SignedIn(520, 150)}
    result = closed(community, activity_id, lines(community, 3, minutes=150), signed_in=proofs)
    (record_id,) = result.outcomes[0].record_ids
    line = lines(community, 3, minutes=minutes)[0]
    with transaction() as session:
        actor = community.actor("leader")
        propose_correction(session, record_id, line, actor=actor, now=AFTER, reason="核对")
    found = "SELECT evidence, activity_id FROM service_records WHERE corrects_id IS NOT NULL"
    assert rows(db_session, found) == [(evidence, activity_id)]
