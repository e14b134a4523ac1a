"""Announcing an activity, signing up, waiting, moving up, withdrawing, cancelling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.activities import operations
from app.activities.models import Activity
from app.activities.operations.desk import tick
from app.activities.rules import MoveRefused, Plan, TooFewPlaces
from app.db import transaction
from app.errors import NotFound, RuleBroken
from app.people.models import Volunteer
from app.teams.rules import Actor
from tests.races import race
from tests.service.community import NOW, Community, make_community
from tests.service.test_side_by_side import at_once

ON = date(2026, 2, 5)
PLAN = Plan("楼道清扫", ON, 510, 180, place="东门", places=2)
BEGINS_AT = datetime.fromisoformat("2026-02-05T08:30:00+08:00")


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    db_session.rollback()
    return made


def done(work: Callable[..., Any], *arguments: Any, **given: Any) -> Any:
    """Carry out one operation in a transaction of its own, now unless said otherwise."""
    with transaction() as session:
        return work(session, *arguments, **{"now": NOW, **given})


def announced(community: Community, **more: Any) -> int:
    plan = PLAN._replace(**more)
    actor = community.actor("leader")
    return int(done(operations.create_activity, community.red_id, plan, actor=actor, publish=True))


def as_volunteer(community: Community, place: int) -> Actor:
    return Actor(
        login_id=community.actor("leader").login_id,
        volunteer_id=community.volunteers[place],
        name="",
    )


def signed_up(community: Community, activity_id: int, place: int, **more: Any) -> Any:
    """Let a volunteer sign themselves up."""
    actor = as_volunteer(community, place)
    person = community.volunteers[place]
    return done(operations.sign_up, activity_id, person, actor=actor, **more)


def withdrawn(community: Community, activity_id: int, place: int, **more: Any) -> Any:
    actor = as_volunteer(community, place)
    person = community.volunteers[place]
    return done(operations.withdraw, activity_id, person, actor=actor, **more)


def listed(session: Session, activity_id: int) -> dict[int, str]:
    session.rollback()
    query = "SELECT volunteer_id, state FROM sign_ups WHERE activity_id = :id ORDER BY id"
    return {row[0]: row[1] for row in session.execute(text(query), {"id": activity_id})}


def taken(session: Session, activity_id: int) -> int:
    session.rollback()
    return session.get_one(Activity, activity_id).taken


# ── places ────────────────────────────────────────────────────────────────────────────────


def test_whoever_comes_after_the_last_place_waits_and_moves_up(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    states = [signed_up(community, activity_id, place).state for place in (3, 4, 5, 6)]
    assert states == ["placed", "placed", "waiting", "waiting"]
    assert withdrawn(community, activity_id, 3) == [community.volunteers[5]]
    assert listed(db_session, activity_id)[community.volunteers[5]] == "placed"
    assert taken(db_session, activity_id) == 2


def test_more_places_let_those_who_wait_move_up(community: Community, db_session: Session) -> None:
    activity_id = announced(community, places=1)
    for place in (3, 4, 5):
        signed_up(community, activity_id, place)
    done(
        operations.change_activity,
        activity_id,
        PLAN._replace(places=2),
        version=1,
        actor=community.actor("leader"),
    )
    assert list(listed(db_session, activity_id).values()) == ["placed", "placed", "waiting"]


def test_fewer_places_take_nobody_s_away(community: Community) -> None:
    activity_id = announced(community)
    signed_up(community, activity_id, 3)
    signed_up(community, activity_id, 4)
    with pytest.raises(TooFewPlaces):
        done(
            operations.change_activity,
            activity_id,
            PLAN._replace(places=1),
            version=1,
            actor=community.actor("leader"),
        )


@race("rows of activities")
def test_the_last_place_goes_to_one_of_many(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id = announced(community, places=1)

    def act(place: int) -> Callable[[], Any]:
        return lambda: signed_up(community, activity_id, place).state

    assert sorted(at_once(app, *(act(place) for place in range(8)))) == ["placed"] + ["waiting"] * 7
    assert taken(db_session, activity_id) == 1


def test_the_database_holds_the_number_of_places(community: Community) -> None:
    activity_id = announced(community, places=1)
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(text("UPDATE activities SET taken = 2 WHERE id = :id"), {"id": activity_id})


# ── who and when ──────────────────────────────────────────────────────────────────────────


def test_one_signs_up_once_and_may_come_back(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    signed_up(community, activity_id, 3)
    with pytest.raises(operations.SignedUpAlready):
        signed_up(community, activity_id, 3)
    withdrawn(community, activity_id, 3)
    with pytest.raises(operations.NotSignedUp):
        withdrawn(community, activity_id, 3)
    assert signed_up(community, activity_id, 3).state == "placed"


def test_after_the_beginning_only_the_leader_changes_the_list(community: Community) -> None:
    activity_id = announced(community)
    signed_up(community, activity_id, 3)
    with pytest.raises(operations.BegunAlready):
        withdrawn(community, activity_id, 3, now=BEGINS_AT)
    with pytest.raises(operations.BegunAlready):
        signed_up(community, activity_id, 4, now=BEGINS_AT)
    leader = community.actor("leader")
    person = community.volunteers[4]
    added = done(operations.sign_up, activity_id, person, actor=leader, now=BEGINS_AT)
    assert added.state == "placed"


def test_nobody_signs_up_another_unless_they_act_for_them(community: Community) -> None:
    activity_id = announced(community)
    stranger = as_volunteer(community, 3)
    with pytest.raises(NotFound):
        done(operations.sign_up, activity_id, community.volunteers[4], actor=stranger)
    helper = Actor(
        login_id=stranger.login_id,
        volunteer_id=community.volunteers[3],
        name="",
        acts_for=frozenset({community.volunteers[4]}),
    )
    made = done(operations.sign_up, activity_id, community.volunteers[4], actor=helper)
    assert made.state == "placed"


def test_the_least_age_holds_and_a_leader_vouches_for_an_unknown_one(
    community: Community,
) -> None:
    activity_id = announced(community, least_age=16)
    with transaction() as session:
        session.get_one(Volunteer, community.volunteers[3]).born_on = date(2012, 1, 1)
    with pytest.raises(RuleBroken, match="16"):
        signed_up(community, activity_id, 3)
    with pytest.raises(RuleBroken, match="ask the leader"):
        signed_up(community, activity_id, 4)
    leader = community.actor("leader")
    made = done(operations.sign_up, activity_id, community.volunteers[4], actor=leader)
    assert made.state == "placed"


def test_a_place_is_no_service(community: Community, db_session: Session) -> None:
    """Nothing counts before the leader closes: no sign-up, no check-in, however late it is."""
    activity_id = announced(community)
    signed_up(community, activity_id, 3)
    leader, person = community.actor("leader"), community.volunteers[3]
    done(tick, activity_id, [person], "in", actor=leader, now=BEGINS_AT)
    over = BEGINS_AT + timedelta(hours=3)
    done(tick, activity_id, [person], "out", actor=leader, now=over)
    db_session.rollback()
    for query in (
        "SELECT count(*) FROM service_records",
        "SELECT count(*) FROM entries",
        "SELECT coalesce(sum(balance), 0) FROM accounts WHERE holder_id IS NOT NULL",
    ):
        assert db_session.execute(text(query)).scalar() == 0, query


def test_what_lies_at_the_same_time_is_told(community: Community) -> None:
    first = announced(community)
    second = announced(community, starts_minute=600, title="送餐")
    third = announced(community, starts_minute=690, title="巡逻")
    signed_up(community, first, 3)
    assert [clash.title for clash in signed_up(community, second, 3).clashes] == ["楼道清扫"]
    # Touching is no overlap, and the third begins when the first ends.
    assert [clash.title for clash in signed_up(community, third, 3).clashes] == ["送餐"]


# ── the activity itself ───────────────────────────────────────────────────────────────────


def test_another_team_s_leader_finds_nothing(community: Community) -> None:
    activity_id = announced(community)
    green = community.actor("green_leader")
    with pytest.raises(NotFound):
        done(operations.cancel_activity, activity_id, reason="雨", actor=green)
    with pytest.raises(NotFound):
        done(operations.create_activity, community.red_id, PLAN, actor=green)


def test_the_same_key_makes_one_activity(community: Community, db_session: Session) -> None:
    leader = community.actor("leader")
    first, again = (
        done(operations.create_activity, community.red_id, PLAN, actor=leader, key="k")
        for _ in range(2)
    )
    assert first == again
    db_session.rollback()
    assert db_session.scalar(text("SELECT count(*) FROM activities")) == 1


def test_a_change_to_an_older_version_is_refused(community: Community) -> None:
    activity_id = announced(community)
    leader = community.actor("leader")
    plan = PLAN._replace(place="西门")
    done(operations.change_activity, activity_id, plan, version=1, actor=leader)
    with pytest.raises(operations.ChangedMeanwhile):
        done(operations.change_activity, activity_id, PLAN, version=1, actor=leader)


def test_what_was_cancelled_takes_nobody(community: Community) -> None:
    activity_id = announced(community)
    leader = community.actor("leader")
    with pytest.raises(operations.CancelReasonMissing):
        done(operations.cancel_activity, activity_id, reason=" ", actor=leader)
    done(operations.cancel_activity, activity_id, reason="大雨", actor=leader)
    with pytest.raises(MoveRefused, match="cancelled"):
        signed_up(community, activity_id, 3)


def test_whoever_is_concerned_is_told(community: Community, db_session: Session) -> None:
    activity_id = announced(community, places=1)
    signed_up(community, activity_id, 3)
    signed_up(community, activity_id, 4)
    withdrawn(community, activity_id, 3)
    done(
        operations.cancel_activity,
        activity_id,
        reason="大雨",
        actor=community.actor("leader"),
        now=NOW + timedelta(hours=1),
    )
    db_session.rollback()
    told = db_session.execute(text("SELECT volunteer_id, kind FROM notices ORDER BY id")).all()
    first, last = community.volunteers[3:5]
    assert told == [
        (first, "activity.confirmed"),
        (last, "activity.in_line"),
        (last, "activity.promoted"),
        (last, "activity.cancelled"),
    ]


def test_each_step_leaves_a_line_in_the_trail(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    signed_up(community, activity_id, 3)
    withdrawn(community, activity_id, 3)
    db_session.rollback()
    query = "SELECT operation FROM trail WHERE subject_kind = 'activity' ORDER BY id"
    assert db_session.scalars(text(query)).all() == [
        "activity.create",
        "activity.sign_up",
        "activity.withdraw",
    ]


def test_what_has_begun_keeps_its_times(community: Community) -> None:
    """Else whoever forgot to check out would be credited with what was never planned."""
    activity_id = announced(community)
    leader = community.actor("leader")
    done(operations.begin_activity, activity_id, actor=leader)
    longer = PLAN._replace(minutes=480)
    with pytest.raises(MoveRefused):
        done(operations.change_activity, activity_id, longer, version=2, actor=leader)
    place = PLAN._replace(place="西门")
    done(operations.change_activity, activity_id, place, version=2, actor=leader)


def test_two_proposals_never_meet_on_one_date(community: Community, db_session: Session) -> None:
    first, second = announced(community), announced(community, service_on=date(2026, 2, 6))
    with transaction() as session:
        session.execute(text("UPDATE activities SET is_proposed = true"))
    leader = community.actor("leader")
    with pytest.raises(RuleBroken, match="already"):
        done(operations.change_activity, second, PLAN, version=1, actor=leader)
    done(operations.cancel_activity, first, reason="雨", actor=leader)
    done(operations.change_activity, second, PLAN, version=1, actor=leader)
