"""Approve, reject, correct, reverse and undo: who may, what is judged again, what is posted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.errors import NotFound, RuleBroken
from app.ledger.operations import NewEntry, post, reserve, system_account
from app.ledger.rules import Leg, WouldGoBelowZero
from app.service.operations import (
    Line,
    approve,
    approve_each,
    propose_correction,
    reject,
    reverse_record,
    undo_batch,
)
from app.service.operations.correcting import NothingCorrected, OtherPerson
from app.service.operations.locking import lock_people
from app.service.operations.refusals import (
    CorrectedTwice,
    PersonUnconfirmed,
    ReasonNeeded,
    RecordUnknown,
)
from app.service.operations.undoing import TooLateToUndo, UndoneAlready
from app.service.rules import DailyLimit, FutureDate, WrongMove
from app.teams.rules import OrganiserNeeded, OwnRecord, SecondPersonNeeded
from tests.service.community import (
    NOW,
    SERVICE_DAY,
    Community,
    balances,
    check_books,
    make_community,
    state_of,
)

pytestmark = pytest.mark.usefixtures("app")
LATER = NOW + timedelta(days=40)


@pytest.fixture
def community(db_session: Session) -> Community:
    return make_community(db_session)


def waiting(community: Community, person: int = 0, **given: Any) -> int:
    """Log one line that waits and return its record."""
    outcome = community.logged(community.line(person, **given))
    assert outcome.status == "waiting"
    return outcome.record_ids[0]


def decide(what: Callable, community: Community, *given: object, by: str, **more: object):
    with transaction() as session:
        return what(session, *given, actor=community.actor(by), **{"now": NOW, **more})


def test_a_co_leader_approves_the_leader_s_own_row(
    community: Community, db_session: Session
) -> None:
    record_id = waiting(community)
    decide(approve, community, [record_id], by="co_leader")
    assert state_of(db_session, record_id) == "approved"
    assert balances(db_session, community.volunteers[0]) == (120, 200)
    check_books(db_session)


LATE = date(2025, 12, 1)
MAY_NOT = [
    ("for oneself", {}, "leader", OwnRecord),
    ("leading another team", {}, "green_leader", RecordUnknown),
    ("organising elsewhere", {}, "organiser_below", RecordUnknown),
    ("a volunteer", {"person": 4, "minutes": 500}, "volunteer", RecordUnknown),
    ("late, by a leader", {"person": 4, "service_on": LATE}, "co_leader", OrganiserNeeded),
    ("over the limit, by a leader", {"person": 4, "minutes": 500}, "co_leader", OrganiserNeeded),
    ("over the limit, no reason", {"person": 5, "minutes": 500}, "organiser", ReasonNeeded),
    ("own over the limit", {"person": 4, "minutes": 500}, "organiser_too", OwnRecord),
]


@pytest.mark.parametrize(
    ("given", "by", "refusal"), [row[1:] for row in MAY_NOT], ids=[row[0] for row in MAY_NOT]
)
def test_who_may_not_approve(
    community: Community, db_session: Session, given: dict, by: str, refusal: type[RuleBroken]
) -> None:
    record_id = waiting(community, **given)
    with pytest.raises(refusal):
        decide(approve, community, [record_id], by=by)
    assert state_of(db_session, record_id) == "submitted"
    check_books(db_session)


def test_nobody_approves_for_a_ward(community: Community) -> None:
    record_id = waiting(community)
    community.actors["guardian"] = community.actor("co_leader").__class__(
        community.actor("co_leader").login_id,
        None,
        "guardian",
        acts_for=frozenset({community.volunteers[0]}),
        leads=frozenset({community.red_id}),
    )
    with pytest.raises(OwnRecord):
        decide(approve, community, [record_id], by="guardian")


def test_with_two_people_the_recorder_never_approves(db_session: Session) -> None:
    community = make_community(db_session, two_people="1")
    record_id = waiting(community, 3)
    with pytest.raises(SecondPersonNeeded):
        decide(approve, community, [record_id], by="leader")
    decide(approve, community, [record_id], by="co_leader")
    check_books(db_session)


def test_an_organiser_approves_over_the_limit_with_a_reason(
    community: Community, db_session: Session
) -> None:
    record_id = waiting(community, 3, minutes=500)
    decide(approve, community, [record_id], by="organiser", reason="台风")
    assert balances(db_session, community.volunteers[3])[0] == 500
    check_books(db_session)


def test_the_day_is_judged_again_at_approval(community: Community, db_session: Session) -> None:
    """What was fine when handed in is over the limit once a reason let more in."""
    record_id = waiting(community, 0, minutes=300)
    more = community.line(0, 300, content="执勤")
    community.logged(more, by="organiser", over_limit_reason="台风")
    with pytest.raises(DailyLimit):
        decide(approve, community, [record_id], by="co_leader")
    decide(approve, community, [record_id], by="organiser", reason="台风")
    check_books(db_session)


def test_several_are_approved_or_none(community: Community, db_session: Session) -> None:
    first, second = waiting(community), waiting(community, 3, minutes=500)
    with pytest.raises(OrganiserNeeded):
        decide(approve, community, [first, second], by="co_leader")
    assert state_of(db_session, first) == "submitted"
    decide(approve, community, [first, second], by="organiser", reason="台风")
    check_books(db_session)


def test_approving_twice_is_refused_and_the_same_key_counts_once(
    community: Community, db_session: Session
) -> None:
    record_id = waiting(community)
    for _tap in range(2):
        assert decide(approve, community, [record_id], by="co_leader", key="tap") == [record_id]
    with pytest.raises(WrongMove):
        decide(approve, community, [record_id], by="co_leader")
    assert balances(db_session, community.volunteers[0])[0] == 120


def test_a_new_friend_is_confirmed_first(community: Community, db_session: Session) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET state = 'proposed', number = NULL WHERE id = :id"),
            {"id": community.volunteers[7]},
        )
    record_id = waiting(community, 7)
    with pytest.raises(PersonUnconfirmed):
        decide(approve, community, [record_id], by="organiser")


def test_both_halves_of_a_night_are_approved_together(
    community: Community, db_session: Session
) -> None:
    night = community.line(0, 240, starts_minute=22 * 60)
    halves = community.logged(night).record_ids
    assert decide(approve, community, [halves[1]], by="co_leader") == list(halves)
    assert balances(db_session, community.volunteers[0]) == (240, 500)
    check_books(db_session)


def test_what_is_sent_back_keeps_its_reason(community: Community, db_session: Session) -> None:
    record_id = waiting(community)
    with pytest.raises(ReasonNeeded):
        decide(reject, community, record_id, by="co_leader", reason=" ")
    decide(reject, community, record_id, by="co_leader", reason="那天没来")
    assert state_of(db_session, record_id) == "rejected"
    assert community.logged(community.line(0)).status == "waiting"


def test_an_absent_record_is_not_found(community: Community) -> None:
    for what, given in ((approve, [[777]]), (reverse_record, [777]), (undo_batch, [777])):
        with pytest.raises(NotFound):
            decide(what, community, *given, by="organiser", reason="x")


def approved(community: Community, person: int = 3, minutes: int = 120, **given: Any) -> int:
    outcome = community.logged(community.line(person, minutes, **given))
    assert outcome.status == "approved"
    return outcome.record_ids[0]


def test_an_organiser_reverses_with_a_reason(community: Community, db_session: Session) -> None:
    record_id = approved(community)
    with pytest.raises(ReasonNeeded):
        decide(reverse_record, community, record_id, by="organiser")
    decide(reverse_record, community, record_id, by="organiser", reason="记错了")
    assert balances(db_session, community.volunteers[3]) == (0, 0)
    with pytest.raises(WrongMove):
        decide(reverse_record, community, record_id, by="organiser", reason="again")
    check_books(db_session)


def test_a_leader_reverses_only_their_own_entry_and_in_time(
    community: Community, db_session: Session
) -> None:
    record_id = approved(community)
    for by, now in (("co_leader", NOW), ("leader", LATER)):
        with pytest.raises(TooLateToUndo):
            decide(reverse_record, community, record_id, by=by, now=now, reason="x")
    decide(reverse_record, community, record_id, by="leader")
    check_books(db_session)


def spend(community: Community, volunteer_id: int, points: int) -> None:
    with transaction() as session:
        held = lock_people(session, [volunteer_id])[volunteer_id]
        shelf = system_account(session, community.root_id, "points_redeemed", "points")
        legs = (Leg(held.points_id, -points), Leg(shelf, points))
        entry = NewEntry("redemption", "redemption", 1, legs)
        post(session, [entry], reserve(session, 1, NOW), actor_id=None)


def test_what_was_spent_is_not_taken_back(community: Community, db_session: Session) -> None:
    record_id = approved(community)
    spend(community, community.volunteers[3], 150)
    with pytest.raises(WouldGoBelowZero):
        decide(reverse_record, community, record_id, by="leader")
    assert state_of(db_session, record_id) == "approved"
    check_books(db_session)


def test_a_batch_is_undone_as_a_whole(community: Community, db_session: Session) -> None:
    result = community.log(community.line(0), community.line(3), community.line(4, 600))
    undone = decide(undo_batch, community, result.batch_id, by="leader")
    assert (len(undone.reversed_ids), len(undone.rejected_ids)) == (1, 2)
    assert balances(db_session, community.volunteers[3]) == (0, 0)
    with pytest.raises(UndoneAlready):
        decide(undo_batch, community, result.batch_id, by="leader")
    check_books(db_session)


def test_a_batch_is_not_undone_when_somebody_spent(
    community: Community, db_session: Session
) -> None:
    result = community.log(community.line(3), community.line(5))
    spend(community, community.volunteers[5], 150)
    with pytest.raises(WouldGoBelowZero) as refused:
        decide(undo_batch, community, result.batch_id, by="organiser", reason="x")
    assert str(community.volunteers[5]) in str(refused.value.figures)
    assert balances(db_session, community.volunteers[3])[0] == 120
    check_books(db_session)


@pytest.mark.parametrize(
    ("by", "now", "refusal"),
    [
        ("leader", LATER, TooLateToUndo),
        ("co_leader", NOW, TooLateToUndo),
        ("organiser", NOW, ReasonNeeded),
        ("green_leader", NOW, RecordUnknown),
    ],
)
def test_who_may_not_undo(
    community: Community, by: str, now: object, refusal: type[RuleBroken]
) -> None:
    result = community.log(community.line(3))
    with pytest.raises(refusal):
        decide(undo_batch, community, result.batch_id, by=by, now=now)


def propose(community: Community, record_id: int, line: Line, by: str = "leader") -> list[int]:
    return decide(propose_correction, community, record_id, line, by=by, reason="记错了")


def test_a_proposed_correction_changes_nothing(community: Community, db_session: Session) -> None:
    record_id = approved(community, external_id="E1")
    (proposed,) = propose(community, record_id, community.line(3, 480))
    assert balances(db_session, community.volunteers[3])[0] == 120
    # And takes no room in the day.
    assert community.logged(community.line(3, 300, content="执勤")).status == "approved"
    assert state_of(db_session, proposed) == "submitted"
    check_books(db_session)


def test_an_approved_correction_moves_old_and_new_at_once(
    community: Community, db_session: Session
) -> None:
    record_id = approved(community, 3, 400, external_id="E1")
    spend(community, community.volunteers[3], 600)
    line = community.line(3, 450, service_on=SERVICE_DAY)
    (proposed,) = propose(community, record_id, line)
    decide(approve, community, [proposed], by="co_leader")
    assert state_of(db_session, record_id) == "reversed"
    # 450 minutes on a service day are 11.25, rounded 11.3; 6 were spent.
    assert balances(db_session, community.volunteers[3]) == (450, 1130 - 600)
    refusal = community.logged(community.line(3, 400, external_id="E1")).refusal
    assert refusal is not None
    assert refusal.code == "conflict"
    check_books(db_session)


def test_a_correction_is_judged_net(community: Community, db_session: Session) -> None:
    record_id = approved(community, 3, 400, starts_minute=480)
    (proposed,) = propose(community, record_id, community.line(3, 420, starts_minute=500))
    decide(approve, community, [proposed], by="co_leader")
    assert balances(db_session, community.volunteers[3])[0] == 420
    check_books(db_session)


def test_a_night_is_corrected_into_a_day_and_back(
    community: Community, db_session: Session
) -> None:
    night = community.line(3, 240, starts_minute=22 * 60, external_id="N")
    halves = community.logged(night).record_ids
    (day,) = propose(community, halves[1], community.line(3, 60, starts_minute=22 * 60))
    decide(approve, community, [day], by="co_leader")
    assert [state_of(db_session, half) for half in halves] == ["reversed"] * 2
    back = propose(community, day, night._replace(external_id=None))
    assert decide(approve, community, back[1:], by="co_leader") == back
    assert balances(db_session, community.volunteers[3])[0] == 240
    assert community.logged(night).record_ids == tuple(back)
    check_books(db_session)


def test_the_first_approved_correction_overtakes_the_others(
    community: Community, db_session: Session
) -> None:
    record_id = approved(community)
    (first,) = propose(community, record_id, community.line(3, 60))
    (second,) = propose(community, record_id, community.line(3, 90))
    decide(approve, community, [first], by="co_leader")
    assert state_of(db_session, second) == "rejected"
    check_books(db_session)


def test_two_corrections_of_one_record_never_both_count(
    community: Community, db_session: Session
) -> None:
    record_id = approved(community)
    (first,) = propose(community, record_id, community.line(3, 60))
    (second,) = propose(community, record_id, community.line(3, 90))
    with pytest.raises(CorrectedTwice):
        decide(approve, community, [first, second], by="co_leader")
    with transaction() as session:
        decided = approve_each(
            session, [first, second], actor=community.actor("co_leader"), now=NOW, key="both"
        )
    assert (decided.done_ids, list(decided.refusals)) == ([first], [second])
    assert balances(db_session, community.volunteers[3])[0] == 60
    check_books(db_session)


def test_a_correction_into_a_late_date_needs_an_organiser(
    community: Community, db_session: Session
) -> None:
    (proposed,) = propose(
        community, approved(community), community.line(3, 480, service_on=date(2025, 9, 9))
    )
    with pytest.raises(OrganiserNeeded):
        decide(approve, community, [proposed], by="co_leader")
    decide(approve, community, [proposed], by="organiser")
    check_books(db_session)


@pytest.mark.parametrize("on", [date(9999, 12, 28), date(9999, 12, 31)])
def test_a_correction_into_the_last_days_of_time_is_refused(community: Community, on: date) -> None:
    with pytest.raises(FutureDate):
        propose(
            community, approved(community), community.line(3, service_on=on, starts_minute=1400)
        )
    assert community.logged(community.line(4, service_on=on)).refusal is not None


def test_a_reversal_overtakes_a_proposal(community: Community, db_session: Session) -> None:
    record_id = approved(community)
    (proposed,) = propose(community, record_id, community.line(3, 60))
    decide(reverse_record, community, record_id, by="leader")
    assert state_of(db_session, proposed) == "rejected"


def test_a_correction_corrects_something_for_the_same_person(community: Community) -> None:
    record_id = approved(community)
    with pytest.raises(NothingCorrected):
        propose(community, record_id, community.line(3))
    with pytest.raises(OtherPerson):
        propose(community, record_id, community.line(4, 60))
    with pytest.raises(RecordUnknown):
        propose(community, record_id, community.line(3, 60), by="green_leader")


def test_every_operation_leaves_one_trail_row(community: Community, db_session: Session) -> None:
    record_id = approved(community)
    (proposed,) = propose(community, record_id, community.line(3, 60))
    decide(approve, community, [proposed], by="co_leader")
    decide(reverse_record, community, proposed, by="organiser", reason="x")
    db_session.rollback()
    rows = db_session.execute(
        text("SELECT operation FROM trail WHERE operation LIKE 'service_record%' ORDER BY id")
    )
    assert [row.operation for row in rows] == [
        "service_record.enter",
        "service_record.propose_correction",
        "service_record.correct",
        "service_record.reverse",
    ]
