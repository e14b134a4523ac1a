"""Splitting a claim: parts in its place, at most as much, all of it or nothing, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask import Flask

from app.claims.queries import own_claims
from app.claims.rules import ClaimUnknown, MoreThanClaimed, NothingSplit, PartsMissing
from app.db import db, transaction
from app.errors import RuleBroken
from app.service.operations import Line, approve
from app.service.operations.correcting import OtherPerson
from app.service.operations.lines import NotYourTeam
from app.service.operations.refusals import ReasonNeeded, RecordUnknown
from app.service.rules import DailyLimit, FutureDate, WrongMove
from app.teams.rules import OrganiserNeeded, OwnRecord, SecondPersonNeeded
from tests.claims.conftest import VOLUNTEER, claimed, drawn, rows, split
from tests.races import race
from tests.service.community import (
    NOW,
    ORDINARY_DAY,
    SERVICE_DAY,
    Community,
    balances,
    check_books,
    make_community,
    state_of,
)
from tests.service.test_side_by_side import at_once

RECORDS = "SELECT state, minutes, service_on, team_id, recorder_id FROM service_records ORDER BY id"


def six_hours(community: Community, **more: Any) -> int:
    return claimed(community, minutes=360, picture=drawn(), **more).record_id


def part(community: Community, minutes: int = 180, **more: Any) -> Line:
    return community.line(VOLUNTEER, minutes, **more)


def test_three_of_six_hours_count(community: Community) -> None:
    record_id = six_hours(community)
    made = split(community, record_id, part(community))
    assert [state for state, *_ in rows(RECORDS)] == ["rejected", "approved"]
    assert balances(db.session(), community.volunteers[VOLUNTEER]) == (180, 300)
    (mine,) = own_claims(db.session(), community.volunteers[VOLUNTEER])
    assert mine.beside.part_ids == tuple(made)
    assert mine.counted_minutes == 180
    check_books(db.session())


def test_the_parts_keep_who_claimed_and_name_who_approved(community: Community) -> None:
    made = split(community, six_hours(community), part(community))
    query = "SELECT recorder_id, approver_id, evidence, reason FROM service_records WHERE id = :id"
    by, leader = (community.actor(name).login_id for name in ("volunteer", "leader"))
    assert rows(query, id=made[0]) == [(by, leader, "claimed", "午饭不算")]


def test_two_days_and_two_teams(community: Community) -> None:
    record_id = six_hours(community)
    other = part(community, 120, service_on=SERVICE_DAY, team_id=community.green_id, content="植树")
    split(community, record_id, part(community, 180), other, by="organiser")
    found = [(minutes, team) for state, minutes, _on, team, _by in rows(RECORDS)[1:]]
    assert found == [(180, community.red_id), (120, community.green_id)]
    check_books(db.session())


def test_a_night_is_split_as_a_whole(community: Community) -> None:
    record_id = claimed(community, minutes=180, starts_minute=1380).record_id
    split(community, record_id, part(community, 90, starts_minute=1380))
    assert [(state, minutes) for state, minutes, *_ in rows(RECORDS)] == [
        ("rejected", 60), ("rejected", 120), ("approved", 60), ("approved", 30),
    ]  # fmt: skip
    (mine,) = own_claims(db.session(), community.volunteers[VOLUNTEER])
    assert len(mine.beside.part_ids) == 1
    check_books(db.session())


@pytest.mark.parametrize(
    ("minutes", "refusal"),
    [
        ([200, 161], MoreThanClaimed),
        ([], PartsMissing),
        ([60, 60, 60, 60], PartsMissing),
        ([360], NothingSplit),
    ],
)
def test_what_is_no_split(
    community: Community, minutes: list[int], refusal: type[RuleBroken]
) -> None:
    record_id = six_hours(community)
    with pytest.raises(refusal):
        split(community, record_id, *(part(community, each) for each in minutes))
    assert state_of(db.session(), record_id) == "submitted"


def test_one_part_refused_is_all_refused(community: Community) -> None:
    record_id = six_hours(community)
    tomorrow = part(community, 60, service_on=date(2026, 2, 4))
    with pytest.raises(FutureDate):
        split(community, record_id, part(community), tomorrow)
    assert rows("SELECT count(*) FROM service_records") == [(1,)]
    assert rows("SELECT count(*) FROM entries") == [(0,)]
    assert state_of(db.session(), record_id) == "submitted"


def test_the_parts_stand_under_the_limit_of_their_day(community: Community) -> None:
    community.logged(community.line(VOLUNTEER, 450, service_on=SERVICE_DAY))
    record_id = six_hours(community)
    with pytest.raises(DailyLimit):
        split(community, record_id, part(community, 60, service_on=SERVICE_DAY))
    assert state_of(db.session(), record_id) == "submitted"


def test_a_leader_moves_no_hours_to_a_late_day(community: Community) -> None:
    record_id = six_hours(community)
    late = part(community, 60, service_on=date(2026, 1, 2))
    with pytest.raises(OrganiserNeeded):
        split(community, record_id, late)
    assert split(community, record_id, late, by="organiser")


def test_a_reason_is_asked_for(community: Community) -> None:
    with pytest.raises(ReasonNeeded):
        split(community, six_hours(community), part(community), reason=" ")


def test_not_to_another_person_or_team(community: Community) -> None:
    record_id = six_hours(community)
    with pytest.raises(OtherPerson):
        split(community, record_id, community.line(4, 60))
    with pytest.raises(NotYourTeam):
        split(community, record_id, part(community, team_id=community.green_id))


def test_only_claims_are_split(community: Community) -> None:
    record_id = community.logged(community.line(0)).record_ids[0]
    with pytest.raises(ClaimUnknown):
        split(community, record_id, community.line(0, 60), by="co_leader")


# ── never by whoever gains ────────────────────────────────────────────────────────────────


def test_nobody_splits_the_own_claim(community: Community) -> None:
    record_id = claimed(community, by="leader", person=0, minutes=360).record_id
    with pytest.raises(OwnRecord):
        split(community, record_id, community.line(0, 60))
    assert split(community, record_id, community.line(0, 60), by="co_leader")


def test_nor_the_one_made_for_a_ward_of_before(community: Community) -> None:
    ward = frozenset({community.volunteers[VOLUNTEER]})
    community.actors["helper"] = replace(community.actor("leader"), acts_for=ward)
    record_id = six_hours(community, by="helper")
    with pytest.raises(OwnRecord):
        split(community, record_id, part(community), by="helper")
    with pytest.raises(SecondPersonNeeded):
        split(community, record_id, part(community))


def test_out_of_reach_there_is_no_claim(community: Community) -> None:
    with pytest.raises(RecordUnknown):
        split(community, six_hours(community), part(community), by="green_leader")


def test_with_two_people_the_claimant_is_the_first(db_session: Any) -> None:
    community = make_community(db_session, two_people="1")
    made = split(community, six_hours(community), part(community))
    assert state_of(db.session(), made[0]) == "approved"


# ── told once, done once ──────────────────────────────────────────────────────────────────


def test_the_claimant_is_told_once(community: Community) -> None:
    split(community, six_hours(community), part(community))
    assert rows("SELECT kind FROM notices") == [("claim.split",)]


def test_sent_twice_it_is_split_once(community: Community) -> None:
    record_id = six_hours(community)
    first = split(community, record_id, part(community), key="tap")
    assert split(community, record_id, part(community), key="tap") == first
    assert rows("SELECT count(*) FROM service_records") == [(2,)]


@race("rows of accounts", seen="a service record does not move so|deadlock detected")
def test_two_leaders_at_once_leave_one_set_of_records(app: Flask, community: Community) -> None:
    record_id = six_hours(community)

    def approving() -> Any:
        with transaction() as session:
            return approve(session, [record_id], actor=community.actor("organiser"), now=NOW)

    results = at_once(
        app,
        lambda: split(community, record_id, part(community), by="leader", key="one"),
        lambda: split(community, record_id, part(community, 120), by="co_leader", key="two"),
        approving,
    )
    assert sum(isinstance(result, WrongMove) for result in results) == 2
    credited = balances(db.session(), community.volunteers[VOLUNTEER])[0]
    assert credited in {120, 180, 360}
    assert rows("SELECT sum(minutes) FROM service_records WHERE state = 'approved'") == [
        (credited,)
    ]
    check_books(db.session())


def test_a_part_shows_where_it_came_from(community: Community) -> None:
    from app.claims.queries import beside_records

    record_id = six_hours(community)
    (made,) = split(community, record_id, part(community))
    found = beside_records(db.session(), [made])[made]
    assert found.split_from_id == record_id
    assert found.picture_id is not None


def test_a_photo_of_hours_that_counted_is_flagged_again(community: Community) -> None:
    split(community, six_hours(community), part(community))
    again = claimed(community, service_on=date(2026, 1, 26), picture=drawn()).record_id
    mine = own_claims(db.session(), community.volunteers[VOLUNTEER])[0]
    assert mine.record.id == again
    assert mine.beside.same_photo
    assert mine.record.service_on != ORDINARY_DAY
