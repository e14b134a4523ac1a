"""Raise, ask back, correct, take back, refuse, pass on, withdraw; who may, and what it leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import transaction
from app.disputes.rules import (
    LONGEST_WORDS,
    AnsweredAlready,
    DisputeUnknown,
    NothingWished,
    NotInTheBooks,
    OpenAlready,
    OwnDispute,
    PassedOnAlready,
    RefusedBefore,
    RefusedByYou,
    SaidEnough,
    TakenBackMeanwhile,
    Wish,
    WordsNeeded,
    WordsTooLong,
)
from app.service.operations import (
    approve,
    correct,
    propose_correction,
    reverse_record,
    undo_batch,
)
from app.service.operations.desk import Corrected
from app.service.operations.refusals import ReasonNeeded, RecordUnknown
from app.service.rules import FutureDate
from app.teams.rules import OrganiserNeeded
from tests.disputes.community import (
    LATER,
    WHO,
    act,
    disputed,
    line_of,
    served,
    state_of,
    thread_of,
    told,
    value,
    wish,
)
from tests.service.community import (
    NOW,
    ORDINARY_DAY,
    SERVICE_DAY,
    Community,
    balances,
    check_books,
    make_community,
)
from tests.service.community import state_of as record_state

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    db_session.rollback()
    return made


# ── raising ───────────────────────────────────────────────────────────────────────────────


def test_a_dispute_has_ten_chinese_working_days(community: Community, db_session: Session) -> None:
    dispute_id = disputed(community, served(community))
    # Spring Festival lies between: 3 February 2026 and ten working days.
    due = value(db_session, "SELECT due_on FROM disputes WHERE id = :id", id=dispute_id)
    assert str(due) == "2026-02-24"
    assert thread_of(db_session, dispute_id) == ["raised"]
    assert told("dispute.raised") == 2


def test_the_days_are_a_setting(db_session: Session) -> None:
    community = make_community(db_session, dispute_working_days="1")
    dispute_id = disputed(community, served(community))
    due = value(db_session, "SELECT due_on FROM disputes WHERE id = :id", id=dispute_id)
    assert str(due) == "2026-02-04"


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"minutes": 120}, NothingWished),
        ({"service_on": NOW.date().replace(day=4)}, FutureDate),
        ({"team_id": 999_999}, RecordUnknown),
    ],
)
def test_a_wish_says_something_possible(community: Community, more, refusal) -> None:
    record_id = served(community)
    with pytest.raises(refusal):
        disputed(community, record_id, wish=wish(community, **more))


def test_what_no_figure_tells_needs_words(community: Community) -> None:
    record_id = served(community)
    with pytest.raises(WordsNeeded):
        disputed(community, record_id, wish=Wish("points", " ", None))
    assert disputed(community, record_id, wish=Wish("points", "少了半分", None))


def test_only_the_volunteer_disputes(community: Community) -> None:
    record_id = served(community)
    for other in ("leader", "green_leader", "organiser"):
        with pytest.raises(RecordUnknown):
            disputed(community, record_id, by=other)


def test_who_acts_for_them_is_named_beside(community: Community, db_session: Session) -> None:
    record_id = served(community)
    ward = community.volunteers[WHO]
    helper = replace(community.actor("green_leader"), acts_for=frozenset({ward}))
    community.actors["helper"] = helper
    dispute_id = disputed(community, record_id, by="helper")
    act(community, "say", dispute_id, "问过本人", by="helper")
    act(community, "withdraw", dispute_id, by="helper")
    for table, about in (("dispute_lines", ""), ("trail", "WHERE subject_kind = 'dispute'")):
        query = f"SELECT count(*), count(CASE WHEN on_behalf_of_id = {ward} THEN 1 END)"
        found = db_session.execute(text(f"{query} FROM {table} {about}")).one()
        db_session.rollback()
        assert tuple(found) == (3, 3), table


def test_a_record_has_one_open_dispute(community: Community, db_session: Session) -> None:
    record_id = served(community)
    first = disputed(community, record_id)
    with pytest.raises(OpenAlready):
        disputed(community, record_id)
    act(community, "withdraw", first, by="volunteer")
    assert disputed(community, record_id) != first
    assert state_of(db_session, first) == "withdrawn"


def test_the_two_halves_of_a_night_are_one(community: Community, db_session: Session) -> None:
    line = community.line(WHO, 240, starts_minute=1380, service_on=ORDINARY_DAY)
    first, second = community.logged(line).record_ids
    dispute_id = disputed(community, second, wish=wish(community, 300, starts_minute=1320))
    about = value(db_session, "SELECT record_id FROM disputes WHERE id = :id", id=dispute_id)
    assert about == first
    with pytest.raises(OpenAlready):
        disputed(community, first)
    act(community, "take_back", dispute_id, by="organiser", reason="不在场")
    assert {record_state(db_session, each) for each in (first, second)} == {"reversed"}


def test_only_what_counts_is_disputed(community: Community) -> None:
    waiting = community.logged(community.line(0)).record_ids[0]
    with pytest.raises(NotInTheBooks):
        disputed(community, waiting, by="leader")
    gone = served(community)
    with transaction() as session:
        reverse_record(session, gone, actor=community.actor("leader"), now=LATER)
    with pytest.raises(TakenBackMeanwhile):
        disputed(community, gone)


def test_a_double_tap_raises_one(community: Community, db_session: Session) -> None:
    record_id = served(community)
    first = disputed(community, record_id, key="tap")
    assert disputed(community, record_id, key="tap") == first
    assert value(db_session, "SELECT count(*) FROM dispute_lines") == 1


# ── answering ─────────────────────────────────────────────────────────────────────────────


def test_a_correction_answers_it_in_one_commit(community: Community, db_session: Session) -> None:
    record_id = served(community)
    dispute_id = disputed(community, record_id)
    done = act(
        community, "correct", dispute_id, line_of(community), by="leader", reason="核对过签到表"
    )
    assert done.refusal is None
    assert state_of(db_session, dispute_id) == "corrected"
    assert thread_of(db_session, dispute_id) == ["raised", "proposed", "corrected"]
    assert record_state(db_session, record_id) == "reversed"
    assert balances(db_session, community.volunteers[WHO])[0] == 180
    # One thing happened, one notice says so.
    assert (told("dispute.corrected"), told("record.corrected")) == (1, 0)
    check_books(db_session)


def test_figures_other_than_wished_may_be_right(community: Community, db_session: Session) -> None:
    dispute_id = disputed(community, served(community))
    line = line_of(community, 150)
    act(community, "correct", dispute_id, line, by="organiser", reason="早走半小时")
    assert state_of(db_session, dispute_id) == "corrected"
    assert balances(db_session, community.volunteers[WHO])[0] == 150


def test_where_the_proposer_may_not_approve_it_stays_open(db_session: Session) -> None:
    community = make_community(db_session, two_people="1")
    made = community.logged(community.line(WHO)).record_ids
    with transaction() as session:
        approve(session, made, actor=community.actor("organiser"), now=NOW)
    dispute_id = disputed(community, made[0])
    done = act(community, "correct", dispute_id, line_of(community), by="leader", reason="对")
    assert done.refusal is not None
    assert state_of(db_session, dispute_id) == "open"
    with transaction() as session:
        approve(session, done.record_ids, actor=community.actor("co_leader"), now=LATER)
    assert state_of(db_session, dispute_id) == "corrected"
    assert thread_of(db_session, dispute_id) == ["raised", "proposed", "corrected"]
    assert (told("dispute.corrected"), told("record.corrected")) == (1, 0)


def test_nobody_answers_their_own(community: Community, db_session: Session) -> None:
    own = community.logged(community.line(0)).record_ids
    with transaction() as session:
        approve(session, own, actor=community.actor("co_leader"), now=NOW)
    dispute_id = disputed(community, own[0], by="leader")
    assert told("dispute.raised") == 1
    for what in ("refuse", "take_back"):
        with pytest.raises(OwnDispute):
            act(community, what, dispute_id, by="leader", reason="就这样")
    with pytest.raises(OwnDispute):
        act(community, "correct", dispute_id, line_of(community, person=0), by="leader", reason="x")
    act(community, "correct", dispute_id, line_of(community, person=0), by="co_leader", reason="x")
    assert state_of(db_session, dispute_id) == "corrected"


def test_out_of_reach_there_is_no_dispute(community: Community) -> None:
    dispute_id = disputed(community, served(community))
    for other in ("green_leader", "organiser_below"):
        with pytest.raises(DisputeUnknown):
            act(community, "refuse", dispute_id, by=other, reason="不")
        with pytest.raises(DisputeUnknown):
            act(community, "say", dispute_id, "谁？", by=other)
    with pytest.raises(DisputeUnknown):
        act(community, "withdraw", dispute_id, by="leader")


def test_taking_back_answers_who_was_not_there(community: Community, db_session: Session) -> None:
    record_id = served(community)
    dispute_id = disputed(community, record_id, wish=Wish("not_me", "那天我在外地", None))
    with pytest.raises(ReasonNeeded):
        act(community, "take_back", dispute_id, by="leader", reason=" ")
    act(community, "take_back", dispute_id, by="leader", reason="记错了人")
    assert state_of(db_session, dispute_id) == "corrected"
    assert record_state(db_session, record_id) == "reversed"
    assert thread_of(db_session, dispute_id) == ["raised", "corrected"]
    assert (told("dispute.corrected"), told("record.reversed")) == (1, 0)


def test_a_second_answer_hears_who_was_first(community: Community) -> None:
    dispute_id = disputed(community, served(community))
    act(community, "refuse", dispute_id, by="leader", reason="签到表是两小时")
    with pytest.raises(AnsweredAlready) as refused:
        act(community, "correct", dispute_id, line_of(community), by="co_leader", reason="对")
    assert refused.value.figures["name"] == "leader"


def test_the_same_answer_sent_twice_is_one(community: Community, db_session: Session) -> None:
    dispute_id = disputed(community, served(community))
    line = line_of(community)
    first = act(community, "correct", dispute_id, line, by="leader", reason="对", key="tap")
    again = act(community, "correct", dispute_id, line, by="leader", reason="对", key="tap")
    assert first == again
    assert value(db_session, "SELECT count(*) FROM service_records") == 2


def test_asking_back_and_replying_move_nothing(community: Community, db_session: Session) -> None:
    dispute_id = disputed(community, served(community))
    act(community, "say", dispute_id, "几点走的？", by="leader")
    act(community, "say", dispute_id, "十一点", by="volunteer")
    assert thread_of(db_session, dispute_id) == ["raised", "asked", "replied"]
    assert state_of(db_session, dispute_id) == "open"
    assert (told("dispute.asked"), told("dispute.replied")) == (1, 1)


def test_a_side_waits_for_an_answer_after_three_messages(
    community: Community, db_session: Session
) -> None:
    dispute_id = disputed(community, served(community))
    for words in "一二三":
        act(community, "say", dispute_id, words, by="volunteer", key=words)
    with pytest.raises(SaidEnough):
        act(community, "say", dispute_id, "四", by="volunteer")
    # What was said once already is not said again, and not refused either.
    act(community, "say", dispute_id, "三", by="volunteer", key="三")
    act(community, "say", dispute_id, "收到", by="leader")
    act(community, "say", dispute_id, "四", by="volunteer")
    assert thread_of(db_session, dispute_id) == ["raised", *["replied"] * 3, "asked", "replied"]


def test_words_without_end_are_refused(community: Community, db_session: Session) -> None:
    dispute_id = disputed(community, served(community))
    with pytest.raises(WordsTooLong):
        act(community, "say", dispute_id, "长" * (LONGEST_WORDS + 1), by="leader")
    assert thread_of(db_session, dispute_id) == ["raised"]


# ── refused, passed on ────────────────────────────────────────────────────────────────────


def test_a_leaders_refusal_is_passed_on_once(community: Community, db_session: Session) -> None:
    dispute_id = disputed(community, served(community))
    with pytest.raises(PassedOnAlready):
        act(community, "pass_on", dispute_id, by="volunteer", words="")
    act(community, "refuse", dispute_id, by="leader", reason="签到表是两小时")
    act(community, "pass_on", dispute_id, by="volunteer", words="请再看看")
    with pytest.raises(OrganiserNeeded):
        act(community, "refuse", dispute_id, by="co_leader", reason="不")
    act(community, "refuse", dispute_id, by="organiser", reason="照片也是两小时")
    with pytest.raises(PassedOnAlready):
        act(community, "pass_on", dispute_id, by="volunteer", words="再看看")
    assert thread_of(db_session, dispute_id) == ["raised", "refused", "passed_on", "refused"]
    assert told("dispute.refused") == 2


def test_an_organisers_refusal_is_the_last_word(community: Community) -> None:
    record_id = served(community)
    dispute_id = disputed(community, record_id)
    act(community, "refuse", dispute_id, by="organiser", reason="照片是两小时")
    with pytest.raises(PassedOnAlready):
        act(community, "pass_on", dispute_id, by="volunteer", words="")
    with pytest.raises(RefusedBefore):
        disputed(community, record_id)
    assert disputed(community, record_id, wish=Wish("points", "少了半分", None))


def test_who_refused_it_does_not_answer_again(community: Community, db_session: Session) -> None:
    dispute_id = disputed(community, served(community))
    act(community, "refuse", dispute_id, by="leader", reason="不")
    act(community, "pass_on", dispute_id, by="volunteer", words="")
    leader = community.actor("leader")
    community.actors["promoted"] = replace(leader, organises=frozenset({community.root_id}))
    with pytest.raises(RefusedByYou):
        act(community, "refuse", dispute_id, by="promoted", reason="还是不")
    line = line_of(community)
    act(community, "correct", dispute_id, line, by="organiser", reason="看过照片")
    assert state_of(db_session, dispute_id) == "corrected"


# ── overtaken ─────────────────────────────────────────────────────────────────────────────


def test_a_reversal_by_somebody_closes_it_in_its_commit(
    community: Community, db_session: Session
) -> None:
    record_id = served(community)
    dispute_id = disputed(community, record_id)
    with transaction() as session:
        reverse_record(session, record_id, actor=community.actor("leader"), now=LATER)
    assert state_of(db_session, dispute_id) == "overtaken"
    assert thread_of(db_session, dispute_id) == ["raised", "overtaken"]
    assert (told("dispute.overtaken"), told("record.reversed")) == (1, 0)


def test_an_undone_day_closes_its_disputes(community: Community, db_session: Session) -> None:
    day = community.log(community.line(WHO), community.line(4))
    dispute_id = disputed(community, day.outcomes[0].record_ids[0])
    assert day.batch_id
    with transaction() as session:
        undo_batch(session, day.batch_id, actor=community.actor("leader"), now=LATER)
    assert state_of(db_session, dispute_id) == "overtaken"


def test_a_correction_of_another_kind_overtakes_it(
    community: Community, db_session: Session
) -> None:
    record_id = served(community)
    dispute_id = disputed(community, record_id)
    with transaction() as session:
        done = correct(
            session,
            record_id,
            community.line(WHO, 60, service_on=SERVICE_DAY),
            actor=community.actor("leader"),
            now=LATER,
            reason="记错了日子",
            key="other",
        )
    assert done.refusal is None
    assert state_of(db_session, dispute_id) == "overtaken"
    names = "SELECT record_id FROM dispute_lines ORDER BY id DESC LIMIT 1"
    assert value(db_session, names) == done.record_ids[0]
    assert (told("dispute.overtaken"), told("record.corrected")) == (1, 0)


def test_of_several_corrected_at_once_each_is_told_once(
    community: Community, db_session: Session
) -> None:
    asked, unasked = served(community), served(community, 4)
    dispute_id = disputed(community, asked)
    made = []
    with transaction() as session:
        for record_id, person in ((asked, WHO), (unasked, 4)):
            line = line_of(community, person=person)
            actor = community.actor("leader")
            made += propose_correction(
                session, record_id, line, actor=actor, now=LATER, reason="对过表"
            )
    with transaction() as session:
        approve(session, made, actor=community.actor("organiser"), now=LATER)
    assert state_of(db_session, dispute_id) == "overtaken"
    assert (told("dispute.overtaken"), told("record.corrected")) == (1, 1)


@pytest.fixture
def passed_on(community: Community) -> tuple[int, int]:
    """Return a record and its dispute, which the leader refused and its volunteer passed on."""
    record_id = served(community)
    dispute_id = disputed(community, record_id)
    act(community, "refuse", dispute_id, by="leader", reason="签到表是两小时")
    act(community, "pass_on", dispute_id, by="volunteer", words="请再看看")
    return record_id, dispute_id


def reversing(community: Community, record_id: int, by: str) -> None:
    with transaction() as session:
        actor = community.actor(by)
        reverse_record(session, record_id, actor=actor, now=LATER, reason="看过照片")


def undoing(community: Community, record_id: int, by: str) -> None:
    with transaction() as session:
        query = text("SELECT batch_id FROM service_records WHERE id = :id")
        batch_id = session.execute(query, {"id": record_id}).scalar_one()
        undo_batch(session, batch_id, actor=community.actor(by), now=LATER, reason="看过照片")


def correcting(community: Community, record_id: int, by: str) -> Corrected:
    with transaction() as session:
        return correct(
            session,
            record_id,
            community.line(WHO, 60),
            actor=community.actor(by),
            now=LATER,
            reason="看过照片",
            key=community.fresh_key(),
        )


@pytest.mark.parametrize("detour", [reversing, undoing])
def test_no_leader_takes_back_what_was_passed_on(
    community: Community, db_session: Session, passed_on: tuple[int, int], detour
) -> None:
    record_id, dispute_id = passed_on
    with pytest.raises(OrganiserNeeded):
        detour(community, record_id, "leader")
    assert state_of(db_session, dispute_id) == "passed_on"
    assert record_state(db_session, record_id) == "approved"
    assert told("dispute.overtaken") == 0
    check_books(db_session)


def test_a_leader_s_correction_of_it_waits_for_an_organiser(
    community: Community, db_session: Session, passed_on: tuple[int, int]
) -> None:
    record_id, dispute_id = passed_on
    done = correcting(community, record_id, "leader")
    assert isinstance(done.refusal, OrganiserNeeded)
    with pytest.raises(OrganiserNeeded), transaction() as session:
        approve(session, done.record_ids, actor=community.actor("co_leader"), now=LATER)
    assert state_of(db_session, dispute_id) == "passed_on"
    assert record_state(db_session, record_id) == "approved"
    with transaction() as session:
        approve(session, done.record_ids, actor=community.actor("organiser"), now=LATER)
    assert state_of(db_session, dispute_id) == "overtaken"
    assert balances(db_session, community.volunteers[WHO])[0] == 60


@pytest.mark.parametrize("detour", [reversing, undoing, correcting])
def test_an_organiser_overtakes_what_was_passed_on(
    community: Community, db_session: Session, passed_on: tuple[int, int], detour
) -> None:
    record_id, dispute_id = passed_on
    detour(community, record_id, "organiser")
    assert state_of(db_session, dispute_id) == "overtaken"
    assert thread_of(db_session, dispute_id)[-2:] == ["passed_on", "overtaken"]
    assert record_state(db_session, record_id) == "reversed"
    assert told("dispute.overtaken") == 1
    with pytest.raises(AnsweredAlready):
        act(community, "refuse", dispute_id, by="organiser", reason="照片是两小时")
    check_books(db_session)


def test_one_passed_on_keeps_its_whole_day_from_the_leader(
    community: Community, db_session: Session
) -> None:
    day = community.log(community.line(WHO), community.line(4))
    first, other = (outcome.record_ids[0] for outcome in day.outcomes)
    dispute_id = disputed(community, first)
    act(community, "refuse", dispute_id, by="leader", reason="不")
    act(community, "pass_on", dispute_id, by="volunteer", words="")
    with pytest.raises(OrganiserNeeded):
        undoing(community, first, "leader")
    assert {record_state(db_session, each) for each in (first, other)} == {"approved"}
    undoing(community, first, "organiser")
    assert {record_state(db_session, each) for each in (first, other)} == {"reversed"}
    assert state_of(db_session, dispute_id) == "overtaken"


# ── the database itself ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE dispute_lines SET words = 'x'",
        "DELETE FROM dispute_lines",
        "DELETE FROM disputes",
        "UPDATE disputes SET wished_minutes = 10",
        "UPDATE disputes SET state = 'passed_on'",
        "UPDATE disputes SET may_pass_on = true",
    ],
)
def test_the_thread_and_the_wish_stay(
    community: Community, db_session: Session, statement: str
) -> None:
    disputed(community, served(community))
    with pytest.raises(IntegrityError):
        db_session.execute(text(statement))
    db_session.rollback()


def test_each_act_leaves_its_trail_row(community: Community, db_session: Session) -> None:
    dispute_id = disputed(community, served(community))
    act(community, "say", dispute_id, "几点走的？", by="leader")
    act(community, "refuse", dispute_id, by="leader", reason="不")
    act(community, "pass_on", dispute_id, by="volunteer", words="")
    act(community, "withdraw", dispute_id, by="volunteer")
    query = "SELECT count(*) FROM trail WHERE subject_kind = 'dispute' AND subject_id = :id"
    assert value(db_session, query, id=dispute_id) == 5
