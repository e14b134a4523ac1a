"""The leader's check-in desk, and what the closing is told of who was there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.activities import operations
from app.activities.models import CheckIn
from app.activities.operations.checking_in import NotCheckedIn
from app.activities.operations.desk import (
    CameByCode,
    NobodyChosen,
    Shown,
    set_times,
    take_back,
    tick,
)
from app.activities.operations.signing_up import TooYoung
from app.activities.queries.checking import Present, open_near, open_run_by, presence
from app.activities.rules import MoveRefused
from app.activities.rules.window import OutBeforeIn, TimeAhead, TimeOutside
from app.db import transaction
from app.errors import NotFound
from app.people.models import Volunteer
from tests.activities.checks import (
    BEGINS_AT,
    ENDS_AT,
    announced,
    as_volunteer,
    checked,
    codes,
    done,
)
from tests.service.community import NOW, Community, make_community
from tests.service.test_side_by_side import counted_statements

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session, people=40)
    db_session.rollback()
    return made


def ticked(
    community: Community, activity_id: int, *places: int, wants: Any = "in", **more: Any
) -> int:
    people = [community.volunteers[place] for place in places]
    given = {"actor": community.actor("leader"), **more}
    return int(done(tick, activity_id, people, wants, **given))


def standing(activity_id: int, volunteer_id: int) -> Shown:
    """Return the times that a page opened now would show."""
    query = select(CheckIn.in_at, CheckIn.out_at).where(
        CheckIn.activity_id == activity_id, CheckIn.volunteer_id == volunteer_id
    )
    with transaction() as session:
        found = session.execute(query).one_or_none()
        return Shown(*found) if found else Shown()


def timed(community: Community, activity_id: int, place: int, **more: Any) -> None:
    given = {"actor": community.actor("leader"), "now": ENDS_AT, "out_at": None, **more}
    given.setdefault("shown", standing(activity_id, community.volunteers[place]))
    done(set_times, activity_id, community.volunteers[place], **given)


def there(
    session: Session, community: Community, activity_id: int, now: Any = ENDS_AT
) -> dict[int, Present]:
    """Return who is told to have been there, by their place in the community."""
    session.rollback()
    place_of = {one: place for place, one in enumerate(community.volunteers)}
    return {place_of[each.volunteer_id]: each for each in presence(session, activity_id, now=now)}


# ── ticking ───────────────────────────────────────────────────────────────────────────────


def test_several_are_ticked_in_and_out_at_once(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    assert ticked(community, activity_id, 3, 4, 5) == 3
    assert ticked(community, activity_id, 3, 4, wants="out", now=ENDS_AT) == 2
    found = there(db_session, community, activity_id)
    assert {place: bool(each.stay and each.stay.out_at) for place, each in found.items()} == {
        3: True,
        4: True,
        5: False,
    }
    assert all(
        each.is_weak and each.stay and each.stay.in_by == "leader" for each in found.values()
    )


def test_who_is_in_already_keeps_their_own_time(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    checked(community, codes(activity_id)[0])
    assert ticked(community, activity_id, 3, 4, now=BEGINS_AT + HOUR) == 1
    stay = there(db_session, community, activity_id)[3].stay
    assert stay is not None
    assert (stay.in_at, stay.in_by) == (BEGINS_AT, "code")


def test_one_trail_row_a_tick_names_everybody(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    ticked(community, activity_id, 3, 4)
    query = text("SELECT after FROM trail WHERE operation = 'activity.check_in'")
    (after,) = db_session.scalars(query).all()
    assert f'"volunteers":[{community.volunteers[3]},{community.volunteers[4]}]' in str(after)


def test_a_repeated_key_ticks_once(community: Community) -> None:
    activity_id = announced(community)
    assert ticked(community, activity_id, 3, key="tap") == 1
    assert ticked(community, activity_id, 3, key="tap") == 1
    assert ticked(community, activity_id, 3, key="other tap") == 0


def test_forty_take_as_many_statements_as_two(community: Community) -> None:
    activity_id, counts = announced(community), []
    ticked(community, activity_id, 3)
    for places in ((4, 5), range(6, 40)):
        with counted_statements() as said:
            ticked(community, activity_id, *places)
        counts.append(len(said))
    assert counts[0] == counts[1] < 25


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"at": BEGINS_AT - 2 * HOUR}, TimeOutside),
        ({"at": BEGINS_AT + MINUTE}, TimeAhead),
        ({"now": ENDS_AT + 2 * HOUR}, TimeOutside),
    ],
)
def test_a_tick_lies_in_the_window(community: Community, more: Any, refusal: Any) -> None:
    activity_id = announced(community)
    with pytest.raises(refusal):
        ticked(community, activity_id, 3, **more)


def test_no_tick_lets_somebody_in_who_is_too_young(community: Community) -> None:
    activity_id = announced(community, least_age=16)
    with transaction() as session:
        session.get_one(Volunteer, community.volunteers[3]).born_on = date(2015, 1, 1)
    with pytest.raises(TooYoung):
        ticked(community, activity_id, 3)
    # Of whom no date is known, the leader vouches.
    assert ticked(community, activity_id, 4) == 1


def test_nobody_ticked_and_nobody_in_are_told(community: Community) -> None:
    activity_id = announced(community)
    with pytest.raises(NobodyChosen):
        ticked(community, activity_id)
    with pytest.raises(NotCheckedIn):
        ticked(community, activity_id, 3, wants="out")


@pytest.mark.parametrize("by", ["green_leader", "volunteer"])
def test_only_who_runs_the_team_has_a_desk(community: Community, by: str) -> None:
    activity_id, actor = announced(community), community.actor(by)
    with pytest.raises(NotFound):
        ticked(community, activity_id, 3, actor=actor)
    with pytest.raises(NotFound):
        timed(community, activity_id, 3, in_at=BEGINS_AT, actor=actor)
    with pytest.raises(NotFound):
        done(take_back, activity_id, community.volunteers[3], actor=actor)


def test_somebody_of_another_tree_is_ticked_by_nobody(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    stranger = make_community(db_session, code="BY").volunteers[3]
    db_session.rollback()
    with pytest.raises(NotFound):
        done(tick, activity_id, [stranger], "in", actor=community.actor("leader"))


def test_after_the_end_nothing_is_ticked(community: Community) -> None:
    activity_id = announced(community)
    done(operations.cancel_activity, activity_id, reason="大雨", actor=community.actor("leader"))
    with pytest.raises(MoveRefused):
        ticked(community, activity_id, 3)
    with pytest.raises(MoveRefused):
        timed(community, activity_id, 3, in_at=BEGINS_AT)


# ── times ─────────────────────────────────────────────────────────────────────────────────


def test_a_forgotten_check_out_is_written_down_as_the_leader_s_word(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    checked(community, codes(activity_id)[0])
    timed(community, activity_id, 3, in_at=BEGINS_AT, out_at=BEGINS_AT + 2 * HOUR)
    stay = there(db_session, community, activity_id)[3].stay
    assert stay is not None
    assert (stay.in_by, stay.out_by, stay.out_at) == ("code", "leader", BEGINS_AT + 2 * HOUR)


def test_a_mended_arrival_is_the_leader_s_word_too(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    checked(community, codes(activity_id)[0])
    timed(community, activity_id, 3, in_at=BEGINS_AT - 10 * MINUTE)
    assert there(db_session, community, activity_id)[3].is_weak


def test_a_mistaken_check_out_is_taken_away(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    ticked(community, activity_id, 3)
    ticked(community, activity_id, 3, wants="out", now=BEGINS_AT + MINUTE)
    timed(community, activity_id, 3, in_at=BEGINS_AT)
    stay = there(db_session, community, activity_id)[3].stay
    assert stay is not None
    assert (stay.out_at, stay.out_by) == (None, None)


def test_nobody_goes_before_they_come(community: Community) -> None:
    activity_id = announced(community)
    with pytest.raises(OutBeforeIn):
        timed(community, activity_id, 3, in_at=BEGINS_AT + HOUR, out_at=BEGINS_AT)


def test_a_tick_for_the_wrong_person_is_taken_back_a_code_is_not(
    community: Community, db_session: Session
) -> None:
    activity_id, leader = announced(community), community.actor("leader")
    ticked(community, activity_id, 3)
    done(take_back, activity_id, community.volunteers[3], actor=leader)
    assert there(db_session, community, activity_id) == {}
    checked(community, codes(activity_id)[0])
    with pytest.raises(CameByCode):
        done(take_back, activity_id, community.volunteers[3], actor=leader)


# ── what the closing is told ──────────────────────────────────────────────────────────────


def test_places_and_who_came_stand_on_one_list(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    for place in (3, 4):
        person, actor = community.volunteers[place], as_volunteer(community, place)
        done(operations.sign_up, activity_id, person, actor=actor, now=NOW)
    screen = codes(activity_id)[0]
    checked(community, screen, 4)
    checked(community, screen, 7)
    found = there(db_session, community, activity_id)
    assert {place: (each.sign_up, each.stay is not None) for place, each in found.items()} == {
        3: ("placed", False),
        4: ("placed", True),
        7: (None, True),
    }
    # Nobody beyond the sixth belongs to the team.
    assert {place: each.is_guest for place, each in found.items()} == {3: False, 4: False, 7: True}


def test_credit_is_the_interval_the_plan_s_end_or_the_most(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    paper = codes(activity_id)[1]
    for place, at in ((3, BEGINS_AT), (4, BEGINS_AT), (5, BEGINS_AT - HOUR)):
        checked(community, paper, place, at=at)
    checked(community, paper, 3, "out", at=BEGINS_AT + 2 * HOUR)
    checked(community, paper, 5, "out", at=ENDS_AT + HOUR)
    found = there(db_session, community, activity_id, now=ENDS_AT + timedelta(days=1))
    credits_given = {place: each.credit for place, each in found.items()}
    # 180 planned and 30 beyond at the most.
    assert credits_given == {3: (120, False, False), 4: (180, True, False), 5: (210, False, True)}


def test_one_phone_for_three_people_is_told_beside_each(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    screen = codes(activity_id)[0]
    for place in (3, 4, 5):
        checked(community, screen, place, device="family phone")
    checked(community, screen, 6)
    found = there(db_session, community, activity_id)
    assert {place: each.device_people for place, each in found.items()} == {3: 3, 4: 3, 5: 3, 6: 1}


def test_who_was_checked_in_by_somebody_else_is_told(
    community: Community, db_session: Session
) -> None:
    activity_id = announced(community)
    # The leader's login stands behind every volunteer of these tests.
    checked(community, codes(activity_id)[0], 0, actor=as_volunteer(community, 0))
    checked(community, codes(activity_id)[0], 3)
    found = there(db_session, community, activity_id)
    assert {place: each.stay and each.stay.in_by_other for place, each in found.items()} == {
        0: False,
        3: True,
    }


def test_a_paper_is_weak_a_card_is_not(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    checked(community, codes(activity_id)[1])
    ticked(community, activity_id, 4, method="card")
    found = there(db_session, community, activity_id)
    assert {place: each.is_weak for place, each in found.items()} == {3: True, 4: False}


# ── what is near ──────────────────────────────────────────────────────────────────────────


def test_only_what_admits_people_now_is_near(community: Community, db_session: Session) -> None:
    activity_id = announced(community)
    announced(community, publish=False)
    announced(community, starts_minute=1080)
    near = open_near(db_session, community.root_id, now=BEGINS_AT)
    assert [each.activity_id for each in near] == [activity_id]
    assert open_near(db_session, community.root_id, now=BEGINS_AT - 2 * HOUR) == []


def test_a_leader_s_own_are_near_to_them_alone(community: Community, db_session: Session) -> None:
    announced(community)
    for name, count in (("leader", 1), ("organiser", 1), ("green_leader", 0), ("volunteer", 0)):
        actor = community.actor(name)
        near = open_run_by(db_session, actor.leads, actor.organises, now=BEGINS_AT)
        assert len(near) == count, name
