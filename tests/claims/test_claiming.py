"""Claiming: judged as any entry, never approved by whoever claims, by no detour."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.claims.operations import withdraw_claim
from app.claims.queries import own_claims
from app.claims.rules import ClaimUnknown, DayHasOne, NotSentBack, OnlyOwnClaims, SameAgain
from app.db import db, transaction
from app.errors import RuleBroken
from app.service.operations import approve, correct, plan_lines, reject
from app.service.operations.lines import UnknownVolunteer
from app.service.rules import DailyLimitAlone, FutureDate, Overlap, WrongMove
from app.teams.rules import OpenedByBeneficiary, Opening, OwnRecord, SecondPersonNeeded, Ward
from app.trail.rules import KeyReused
from tests.claims.conftest import VOLUNTEER, claimed, drawn, rows
from tests.races import race
from tests.service.community import (
    NOW,
    ORDINARY_DAY,
    Community,
    balances,
    check_books,
    state_of,
)
from tests.service.test_side_by_side import at_once

STATES = "SELECT state, evidence, waits_reason, minutes FROM service_records ORDER BY id"


def approved(community: Community, record_id: int, by: str, **more: Any) -> list[int]:
    actor = more.pop("actor", None) or community.actor(by)
    with transaction() as session:
        return approve(session, [record_id], actor=actor, now=NOW, **more)


# ── judged as any entry ───────────────────────────────────────────────────────────────────


def test_a_claim_waits_for_the_leader_and_then_counts(community: Community) -> None:
    record_id = claimed(community, minutes=120).record_id
    assert rows(STATES) == [("submitted", "claimed", "claim", 120)]
    assert balances(db.session(), community.volunteers[VOLUNTEER]) == (0, 0)
    approved(community, record_id, "leader")
    assert balances(db.session(), community.volunteers[VOLUNTEER]) == (120, 200)
    check_books(db.session())


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"service_on": NOW.date() + timedelta(days=1)}, FutureDate),
        ({"minutes": 800}, DailyLimitAlone),
    ],
)
def test_what_no_entry_may_be_no_claim_may_be(
    community: Community, given: dict[str, Any], refusal: type[RuleBroken]
) -> None:
    with pytest.raises(refusal):
        claimed(community, **given)
    assert rows(STATES) == []
    assert rows("SELECT id FROM claims") == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"service_on": date(2026, 1, 2)}, "late"), ({"minutes": 600}, "over_limit")],
)
def test_late_and_long_claims_wait_for_an_organiser(
    community: Community, given: dict[str, Any], reason: str
) -> None:
    record_id = claimed(community, **given).record_id
    assert rows("SELECT waits_reason FROM service_records") == [(reason,)]
    with pytest.raises(RuleBroken):
        approved(community, record_id, "leader")
    assert approved(community, record_id, "organiser", reason="看过照片") == [record_id]
    check_books(db.session())


def test_intervals_do_not_overlap_even_with_a_waiting_claim(community: Community) -> None:
    claimed(community, starts_minute=540)
    with pytest.raises(Overlap):
        claimed(community, starts_minute=600, team_id=community.green_id)


def test_a_claim_with_another_team_is_a_guest_s(community: Community) -> None:
    # The seventh belongs to no team; somebody acts for them.
    actor = replace(community.actor("volunteer"), acts_for=frozenset({community.volunteers[6]}))
    community.actors["helper"] = actor
    claimed(community, by="helper", person=6)
    assert [bool(guest) for (guest,) in rows("SELECT is_guest FROM service_records")] == [True]


def test_a_night_is_two_records_and_one_claim(community: Community) -> None:
    record_id = claimed(community, starts_minute=1380, minutes=180).record_id
    assert [minutes for *_, minutes in rows(STATES)] == [60, 120]
    assert approved(community, record_id, "leader") == [record_id, record_id + 1]
    (mine,) = own_claims(db.session(), community.volunteers[VOLUNTEER])
    assert mine.minutes == 180
    check_books(db.session())


# ── nothing doubled ───────────────────────────────────────────────────────────────────────


@race(
    "rows of accounts",
    "the key of the operation",
    seen="service_records are only added to, never replaced|pk_operation_keys",
)
def test_a_double_tap_claims_once(app: Flask, community: Community) -> None:
    def tap() -> int:
        return claimed(community, key="tap", picture=drawn()).record_id

    first, second = at_once(app, tap, tap)
    assert first == second
    assert rows("SELECT count(*) FROM service_records") == [(1,)]
    assert rows("SELECT count(*) FROM pictures") == [(1,)]


def test_the_same_key_with_other_words_is_refused(community: Community) -> None:
    claimed(community, key="back")
    with pytest.raises(KeyReused):
        claimed(community, key="back", minutes=300)


def test_a_second_claim_of_the_day_is_asked_about(community: Community) -> None:
    claimed(community)
    with pytest.raises(DayHasOne):
        claimed(community, minutes=180)
    claimed(community, minutes=180, keep_both=True)
    assert rows("SELECT sum(minutes) FROM service_records") == [(300,)]


def test_what_the_team_wrote_down_is_not_claimed_again(community: Community) -> None:
    record_id = community.logged(community.line(VOLUNTEER)).record_ids[0]
    with pytest.raises(DayHasOne) as refused:
        claimed(community)
    assert refused.value.figures["record"] == record_id


def test_the_same_time_again_is_never_a_further_service(community: Community) -> None:
    claimed(community, starts_minute=540)
    with pytest.raises(SameAgain):
        claimed(community, starts_minute=540, keep_both=True)


def test_the_entry_of_the_team_settles_a_claim(community: Community) -> None:
    record_id = claimed(community).record_id
    assert community.logged(community.line(VOLUNTEER, 60)).status == "approved"
    assert state_of(db.session(), record_id) == "rejected"
    assert balances(db.session(), community.volunteers[VOLUNTEER])[0] == 60
    assert ("claim.settled",) in rows("SELECT kind FROM notices")


# ── who may claim, and for whom ───────────────────────────────────────────────────────────


def test_nobody_claims_for_others(community: Community) -> None:
    with pytest.raises(OnlyOwnClaims):
        claimed(community, by="leader", person=VOLUNTEER)


def test_planning_itself_knows_no_claim_of_others(community: Community) -> None:
    plan = plan_lines(
        db.session(),
        [community.line(VOLUNTEER)],
        actor=community.actor("leader"),
        enters_as="claimant",
        evidence="claimed",
        now=NOW,
    )
    assert isinstance(plan.outcomes[0].refusal, UnknownVolunteer)


def test_acting_for_somebody_is_marked_in_the_trail(community: Community) -> None:
    ward = community.volunteers[5]
    community.actors["helper"] = replace(
        community.actor("volunteer"), acts_for=frozenset({ward}), acting_for=Ward(ward, "谷雨")
    )
    made = claimed(community, by="helper", person=5)
    claimed(community)
    withdrawn(community, made.record_id, by="helper")
    trail = (
        "SELECT operation, on_behalf_of_id FROM trail"
        " WHERE operation IN ('service_record.claim', 'service_record.withdraw') ORDER BY id"
    )
    assert rows(trail) == [
        ("service_record.claim", ward),
        ("service_record.claim", None),
        ("service_record.withdraw", ward),
    ]


# ── never approved by the claimant ────────────────────────────────────────────────────────


def test_the_leader_of_that_very_team_does_not_approve_the_own_claim(community: Community) -> None:
    record_id = claimed(community, by="leader", person=0).record_id
    with pytest.raises(OwnRecord):
        approved(community, record_id, "leader")
    assert approved(community, record_id, "co_leader") == [record_id]


def test_whoever_acts_for_the_claimant_does_not(community: Community) -> None:
    record_id = claimed(community).record_id
    helper = replace(
        community.actor("leader"), acts_for=frozenset({community.volunteers[VOLUNTEER]})
    )
    with pytest.raises(OwnRecord):
        approved(community, record_id, "leader", actor=helper)


def test_who_claimed_for_a_ward_does_not_even_after_that_has_ended(community: Community) -> None:
    leader = community.actor("leader")
    ward = frozenset({community.volunteers[VOLUNTEER]})
    community.actors["helper"] = replace(leader, acts_for=ward)
    record_id = claimed(community, by="helper").record_id
    with pytest.raises(SecondPersonNeeded):
        approved(community, record_id, "leader")
    assert approved(community, record_id, "co_leader") == [record_id]


def test_nor_an_account_that_the_claimant_opened(community: Community) -> None:
    record_id = claimed(community).record_id
    opening = Opening("清明", NOW.date(), NOW.date() + timedelta(days=30))
    opened = replace(community.actor("leader"), openings={community.volunteers[VOLUNTEER]: opening})
    with pytest.raises(OpenedByBeneficiary):
        approved(community, record_id, "leader", actor=opened)


def test_claim_then_own_entry_still_waits_for_another(community: Community) -> None:
    """A leader claims, then enters the own row: the claim is settled, the entry waits."""
    claimed(community, by="leader", person=0)
    outcome = community.logged(community.line(0))
    assert (outcome.status, outcome.waits_reason) == ("waiting", "own_row")
    with pytest.raises(OwnRecord):
        approved(community, outcome.record_ids[0], "leader")


def test_claim_then_import_of_the_own_row_is_refused(community: Community) -> None:
    claimed(community, by="organiser_too", person=4)
    plan = plan_lines(
        db.session(),
        [community.line(4)],
        actor=community.actor("organiser_too"),
        enters_as=None,
        evidence="imported",
        now=NOW,
        own_rows="refuse",
    )
    assert isinstance(plan.outcomes[0].refusal, OwnRecord)


def test_claim_then_correction_waits_for_another(community: Community) -> None:
    record_id = claimed(community, by="leader", person=0, minutes=60).record_id
    approved(community, record_id, "co_leader")
    longer = community.line(0, 400)
    with transaction() as session:
        done = correct(
            session, record_id, longer, actor=community.actor("leader"), now=NOW,
            reason="更久", key="correct",
        )  # fmt: skip
    assert isinstance(done.refusal, OwnRecord)
    assert balances(db.session(), community.volunteers[0])[0] == 60


def test_a_leader_may_correct_a_member_s_claim_in_one_step(community: Community) -> None:
    record_id = claimed(community, minutes=60).record_id
    approved(community, record_id, "leader")
    with transaction() as session:
        done = correct(
            session, record_id, community.line(VOLUNTEER, 90), actor=community.actor("leader"),
            now=NOW, reason="少记了", key="correct",
        )  # fmt: skip
    assert done.refusal is None
    assert balances(db.session(), community.volunteers[VOLUNTEER])[0] == 90


# ── taking back, and sending again ────────────────────────────────────────────────────────


def withdrawn(community: Community, record_id: int, by: str = "volunteer", key: str = "w"):
    with transaction() as session:
        return withdraw_claim(session, record_id, actor=community.actor(by), now=NOW, key=key)


def test_a_waiting_claim_is_withdrawn_once(community: Community) -> None:
    record_id = claimed(community).record_id
    assert withdrawn(community, record_id) == withdrawn(community, record_id) == [record_id]
    assert state_of(db.session(), record_id) == "rejected"
    (mine,) = own_claims(db.session(), community.volunteers[VOLUNTEER])
    assert mine.is_withdrawn


def test_a_decided_claim_is_not_withdrawn_nor_somebody_else_s(community: Community) -> None:
    record_id = claimed(community).record_id
    with pytest.raises(ClaimUnknown):
        withdrawn(community, record_id, by="leader")
    approved(community, record_id, "leader")
    with pytest.raises(WrongMove):
        withdrawn(community, record_id)


def test_an_entry_of_the_team_is_no_claim_to_withdraw(community: Community) -> None:
    record_id = community.logged(community.line(0)).record_ids[0]
    with pytest.raises(ClaimUnknown):
        withdrawn(community, record_id, by="leader")


def sent_back(community: Community, record_id: int) -> None:
    with transaction() as session:
        reject(session, record_id, actor=community.actor("leader"), now=NOW, reason="哪一天")


def test_a_claim_sent_back_is_sent_again_with_its_photo(community: Community) -> None:
    first = claimed(community, picture=drawn()).record_id
    with pytest.raises(NotSentBack):
        claimed(community, resends_id=first, service_on=ORDINARY_DAY - timedelta(days=1))
    sent_back(community, first)
    again = claimed(community, resends_id=first, keeps_picture=True).record_id
    assert rows("SELECT count(DISTINCT picture_id), count(*) FROM claims") == [(1, 2)]
    (mine, _before) = own_claims(db.session(), community.volunteers[VOLUNTEER])
    assert (mine.record.id, mine.beside.resends_id) == (again, first)
    # The same photo of the same story is no second use of it.
    assert mine.beside.same_photo == ()


def test_somebody_else_s_claim_is_not_sent_again(community: Community) -> None:
    first = claimed(community).record_id
    sent_back(community, first)
    with pytest.raises(ClaimUnknown):
        claimed(community, by="co_leader", person=1, resends_id=first)


# ── told, and the same photo twice ────────────────────────────────────────────────────────


def test_the_claimant_is_told_what_became_of_it(community: Community, db_session: Session) -> None:
    approved(community, claimed(community).record_id, "leader")
    sent_back(community, claimed(community, team_id=community.red_id, keep_both=True).record_id)
    told = rows("SELECT kind, volunteer_id FROM notices ORDER BY id")
    person = community.volunteers[VOLUNTEER]
    assert told == [("claim.approved", person), ("claim.sent_back", person)]


def test_one_photo_for_two_claims_is_flagged(community: Community) -> None:
    first = claimed(community, picture=drawn("b")).record_id
    other = claimed(community, by="co_leader", person=1, picture=drawn("b")).record_id
    (mine,) = own_claims(db.session(), community.volunteers[1])
    (same,) = mine.beside.same_photo
    assert (mine.record.id, same.record_id, same.is_same_person) == (other, first, False)
    later = claimed(community, service_on=date(2026, 1, 26), picture=drawn("b")).record_id
    mine = own_claims(db.session(), community.volunteers[VOLUNTEER])[0]
    found = {(one.record_id, one.is_same_person) for one in mine.beside.same_photo}
    assert (mine.record.id, found) == (later, {(first, True), (other, False)})
