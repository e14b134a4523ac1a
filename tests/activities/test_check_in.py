"""Checking in and out by a code: who may, when, once, and what is written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.activities import operations
from app.activities.models import CheckIn
from app.activities.operations.checking_in import (
    CheckedInAlready,
    CheckedOutAlready,
    NotCheckedIn,
    SameScan,
    check,
)
from app.activities.operations.signing_up import AgeUnknown
from app.activities.rules import CodeStale, CodeUnknown, MoveRefused
from app.activities.rules.window import TooEarly, TooLate
from app.db import transaction
from app.errors import NotFound, RuleBroken
from app.people.models import Volunteer
from tests.activities.checks import (
    BEGINS_AT,
    ENDS_AT,
    announced,
    as_volunteer,
    checked,
    codes,
    done,
    proof,
)
from tests.races import race
from tests.service.community import Community, make_community
from tests.service.test_side_by_side import at_once

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session, people=60)
    db_session.rollback()
    return made


def rows(session: Session, activity_id: int) -> list[CheckIn]:
    session.rollback()
    return list(session.query(CheckIn).filter_by(activity_id=activity_id))


def state(session: Session, activity_id: int) -> str:
    session.rollback()
    query = text("SELECT state FROM activities WHERE id = :id")
    return str(session.execute(query, {"id": activity_id}).scalar_one())


def trail(session: Session) -> list[Any]:
    session.rollback()
    query = text("SELECT operation, on_behalf_of_id, after FROM trail ORDER BY id")
    return list(session.execute(query))


# ── coming and going ──────────────────────────────────────────────────────────────────────


def test_the_first_who_comes_lets_the_activity_begin(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    checked(community, codes(activity_id)[0])
    assert state(db_session, activity_id) == "under_way"
    operations_noted = [row.operation for row in trail(db_session)]
    assert operations_noted[-2:] == ["activity.begin", "activity.check_in"]


def test_coming_and_going_are_kept_with_the_way_and_the_device(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    screen, paper = codes(activity_id)
    checked(community, screen)
    checked(community, paper, wants="out", at=ENDS_AT)
    (row,) = rows(db_session, activity_id)
    assert (row.in_at, row.in_by, row.in_device) == (BEGINS_AT, "code", "phone 3")
    assert (row.out_at, row.out_by, row.out_device) == (ENDS_AT, "paper_code", "phone 3")


def test_no_code_stands_in_the_trail(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    screen, paper = codes(activity_id)
    checked(community, screen)
    checked(community, paper, wants="out", at=ENDS_AT)
    said = json.dumps([str(row.after) for row in trail(db_session)])
    assert screen.rsplit("-", 1)[1] not in said
    assert paper.rsplit("-", 1)[1] not in said


def test_twice_in_and_twice_out_are_told_and_change_nothing(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    _screen, paper = codes(activity_id)
    checked(community, paper)
    with pytest.raises(CheckedInAlready) as refused:
        checked(community, paper, at=BEGINS_AT + HOUR)
    assert refused.value.figures["in_at"] == BEGINS_AT
    checked(community, paper, wants="out", at=ENDS_AT)
    with pytest.raises(CheckedOutAlready):
        checked(community, paper, wants="out", at=ENDS_AT + MINUTE)
    (row,) = rows(db_session, activity_id)
    assert (row.in_at, row.out_at) == (BEGINS_AT, ENDS_AT)


def test_going_takes_a_scan_of_its_own(community: Community) -> None:
    paper = codes(announced(community))[1]
    checked(community, paper)
    with pytest.raises(SameScan):
        checked(community, paper, wants="out", now=BEGINS_AT + MINUTE)


def test_nobody_goes_who_never_came(community: Community) -> None:
    with pytest.raises(NotCheckedIn):
        checked(community, codes(announced(community))[0], wants="out")


def test_a_repeated_key_gives_the_first_result(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    screen = codes(activity_id)[0]
    first = checked(community, screen, key="tap")
    assert checked(community, screen, key="tap") == first
    assert len(rows(db_session, activity_id)) == 1


# ── codes and times ───────────────────────────────────────────────────────────────────────


def test_who_scanned_in_time_may_take_a_while_to_sign_in(community: Community) -> None:
    screen = codes(announced(community))[0]
    assert checked(community, screen, now=BEGINS_AT + 14 * MINUTE).at == BEGINS_AT


@pytest.mark.parametrize("late", [timedelta(minutes=16), -timedelta(seconds=1)])
def test_a_scan_stands_for_a_quarter_of_an_hour(community: Community, late: timedelta) -> None:
    screen = codes(announced(community))[0]
    with pytest.raises(CodeStale):
        checked(community, screen, now=BEGINS_AT + late)


def test_a_code_of_yesterday_and_one_too_old_are_refused(community: Community) -> None:
    activity_id = announced(community)
    for early in (timedelta(days=1), timedelta(minutes=6)):
        with pytest.raises(CodeStale):
            checked(community, codes(activity_id, BEGINS_AT - early)[0])


def test_new_codes_stop_the_old_also_when_scanned_before(community: Community) -> None:
    activity_id = announced(community)
    old = codes(activity_id)
    done(operations.renew_codes, activity_id, actor=community.actor("leader"))
    for token in old:
        with pytest.raises(CodeUnknown):
            checked(community, token)
    checked(community, codes(activity_id)[0])


def test_the_code_of_another_activity_opens_only_that_one(
    community: Community, db_session: Session
) -> None:
    one, other = announced(community), announced(community, title="巡逻")
    screen = codes(one)[0]
    forged = screen.replace(f"{one}-", f"{other}-", 1)
    with pytest.raises(CodeUnknown):
        checked(community, forged)
    assert rows(db_session, other) == []


@pytest.mark.parametrize(
    ("at", "refusal"),
    [(BEGINS_AT - HOUR - MINUTE, TooEarly), (ENDS_AT + HOUR + MINUTE, TooLate)],
)
def test_outside_the_window_nobody_is_admitted(
    community: Community, db_session: Session, at: Any, refusal: type[RuleBroken]
) -> None:
    activity_id = announced(community)
    with pytest.raises(refusal):
        checked(community, codes(activity_id)[1], at=at)
    assert state(db_session, activity_id) == "published"


def test_a_draft_and_a_cancelled_activity_say_so(community: Community, db_session: Session) -> None:
    draft, cancelled = announced(community, publish=False), announced(community)
    done(operations.cancel_activity, cancelled, reason="大雨", actor=community.actor("leader"))
    for activity_id in (draft, cancelled):
        with pytest.raises(MoveRefused):
            checked(community, codes(activity_id)[0])
        assert rows(db_session, activity_id) == []


# ── who ───────────────────────────────────────────────────────────────────────────────────


def test_whoever_acts_for_somebody_is_named_beside_them(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    token, actor = codes(activity_id)[0], as_volunteer(community, 3, 4)
    ward = community.volunteers[4]
    done(check, proof(token), ward, "in", actor=actor)
    assert [row.volunteer_id for row in rows(db_session, activity_id)] == [ward]
    assert trail(db_session)[-1].on_behalf_of_id == ward


def test_nobody_checks_in_whom_they_do_not_act_for(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    with pytest.raises(NotFound):
        checked(community, codes(activity_id)[0], person=4)
    assert rows(db_session, activity_id) == []


def test_somebody_of_another_tree_finds_nothing(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    stranger = make_community(db_session, code="BY")
    db_session.rollback()
    with pytest.raises(NotFound):
        checked(stranger, codes(activity_id)[0])


def born(session: Session, volunteer_id: int, year: int) -> None:
    with transaction() as writing:
        writing.get_one(Volunteer, volunteer_id).born_on = BEGINS_AT.date().replace(year=year)


def test_the_least_age_holds_at_the_door(community: Community, db_session: Session) -> None:
    activity_id = announced(community, least_age=18)
    token = codes(activity_id)[0]
    with pytest.raises(AgeUnknown):
        checked(community, token)
    born(db_session, community.volunteers[3], 2010)
    with pytest.raises(RuleBroken):
        checked(community, token)
    born(db_session, community.volunteers[3], 1990)
    checked(community, token)


def test_whom_the_leader_vouched_for_comes_in(community: Community) -> None:
    activity_id = announced(community, least_age=18)
    person, leader = community.volunteers[3], community.actor("leader")
    done(operations.sign_up, activity_id, person, actor=leader, now=BEGINS_AT - HOUR)
    checked(community, codes(activity_id)[0])


# ── at once ───────────────────────────────────────────────────────────────────────────────


def coming(community: Community, token: str, place: int) -> Callable[[], Any]:
    return lambda: checked(community, token, place).name


@race("that who came comes no more", seen="uq_check_ins_person|UNIQUE constraint failed: check_ins")
def test_one_person_tapping_twice_at_once_comes_once(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    token = codes(activity_id)[0]
    results = at_once(app, coming(community, token, 3), coming(community, token, 3))
    assert sorted(isinstance(each, CheckedInAlready) for each in results) == [False, True]
    assert len(rows(db_session, activity_id)) == 1


@race("that what begins was announced")
def test_fifty_people_at_once_all_come_and_it_begins_once(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    token = codes(activity_id)[0]
    results = at_once(app, *(coming(community, token, place) for place in range(5, 55)))
    assert not [each for each in results if isinstance(each, RuleBroken)]
    assert len(rows(db_session, activity_id)) == 50
    noted = [row.operation for row in trail(db_session)]
    assert noted.count("activity.begin") == 1


def cancelling(community: Community, activity_id: int) -> Callable[[], Any]:
    leader = community.actor("leader")
    return lambda: done(operations.cancel_activity, activity_id, reason="大雨", actor=leader)


@race("that what begins was announced", seen="ck_activities_cancelled", is_turned=True)
def test_the_first_who_comes_while_it_is_cancelled_is_before_or_refused(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    token = codes(activity_id)[0]
    came, _cancelled = at_once(app, coming(community, token, 3), cancelling(community, activity_id))
    assert isinstance(came, RuleBroken) == (rows(db_session, activity_id) == [])
    assert state(db_session, activity_id) == "cancelled"


@race("rows of activities", at="INSERT INTO check_ins|cancelled_at=", is_turned=True)
def test_a_check_in_while_it_is_cancelled_is_before_or_refused(
    app: Flask, community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    token = codes(activity_id)[0]
    # Whoever lets it begin has changed its row, which holds it even without a lock.
    checked(community, token, 4)
    came, _cancelled = at_once(app, coming(community, token, 3), cancelling(community, activity_id))
    assert isinstance(came, RuleBroken) == (len(rows(db_session, activity_id)) == 1)
    assert trail(db_session)[-1].operation == "activity.cancel"


def test_the_database_itself_holds_one_row_a_person(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    checked(community, codes(activity_id)[0])
    login_id = community.actor("leader").login_id
    again = CheckIn(
        activity_id=activity_id,
        volunteer_id=community.volunteers[3],
        in_at=BEGINS_AT,
        in_by="code",
        in_actor_id=login_id,
    )
    with pytest.raises(IntegrityError), transaction() as session:
        session.add(again)
