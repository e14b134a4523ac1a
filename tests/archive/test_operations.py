"""Entries are made, answered and withdrawn, never edited; details kept, ID numbers sealed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from app.archive.rules.documents import DocumentUnfit
from app.archive.rules.entries import (
    AnsweredAlready,
    DayUnfit,
    Details,
    EntryUnknown,
    NoArchive,
    OwnArchive,
    WithdrawnAlready,
)
from app.db import transaction
from app.errors import NotFound
from app.people.operations.phones import ReasonNeeded as PhoneReason
from app.service.operations.refusals import ReasonNeeded
from tests.archive.keeping import (
    BLAME,
    COURSE,
    HONOUR,
    ID_NUMBER,
    KEY,
    WHO,
    act,
    answer,
    enter,
    rows,
    withdraw,
)
from tests.service.community import Community

LAST_TRAIL = (
    "SELECT operation, subject_kind, subject_id, t.before, t.after, coalesce(t.reason, p.reason) "
    "FROM trail t LEFT JOIN trail_personal p ON p.trail_id = t.id ORDER BY id DESC LIMIT 1"
)


def trail(community: Community) -> tuple[str, Any, Any]:
    """Return operation, after and reason of the last row, which is about the volunteer."""
    operation, kind, subject, _before, after, reason = rows(LAST_TRAIL)[0]
    assert (kind, subject) == ("volunteer", community.volunteers[WHO])
    return operation, after, reason


# ── entering ──────────────────────────────────────────────────────────────────────────────


def test_a_training_is_entered_with_one_row_in_the_trail(community: Community) -> None:
    before = rows("SELECT count(*) FROM trail")[0][0]
    entry_id = enter(community, "training", COURSE)
    assert rows("SELECT course, minutes, organiser, state FROM trainings") == [
        ("急救入门", 180, "红十字会", "valid")
    ]
    assert rows("SELECT count(*) FROM trail")[0][0] == before + 1
    operation, after, _reason = trail(community)
    assert operation == "archive.add_training"
    assert json.loads(after)["training_id"] == entry_id


def test_a_second_tap_enters_nothing_more(community: Community) -> None:
    first, again = (enter(community, "commendation", HONOUR, key="tap") for _ in range(2))
    assert first == again
    assert rows("SELECT count(*) FROM commendations") == [(1,)]


def test_what_a_complaint_says_stands_in_no_trail(community: Community) -> None:
    enter(community, "complaint", BLAME)
    operation, after, _reason = trail(community)
    assert operation == "archive.add_complaint"
    assert BLAME.content not in after
    assert rows("SELECT state, outcome FROM complaints") == [("open", "")]


def test_phones_and_id_numbers_typed_into_words_are_masked(community: Community) -> None:
    said = BLAME._replace(content=f"来电 13800000028，证件 {ID_NUMBER}")
    enter(community, "complaint", said)
    kept = rows("SELECT content FROM complaints")[0][0]
    assert "13800000028" not in kept
    assert ID_NUMBER not in kept


@pytest.mark.parametrize("by", ["leader", "volunteer", "auditor", "organiser_below"])
def test_nobody_else_enters_anything(community: Community, by: str) -> None:
    with pytest.raises(NotFound):
        enter(community, "training", COURSE, by=by)
    assert rows("SELECT count(*) FROM trainings") == [(0,)]


def test_nobody_keeps_their_own_archive(community: Community) -> None:
    # The second organiser is the fifth person.
    with pytest.raises(OwnArchive):
        enter(community, "commendation", HONOUR, by="organiser_too", who=4)


def test_who_is_not_confirmed_has_no_archive(community: Community) -> None:
    with transaction() as session:
        session.execute(
            text("UPDATE volunteers SET state = 'proposed' WHERE id = :id"),
            {"id": community.volunteers[WHO]},
        )
    with pytest.raises(NoArchive):
        enter(community, "training", COURSE)


def test_a_day_to_come_is_refused(community: Community) -> None:
    with pytest.raises(DayUnfit):
        enter(community, "training", COURSE._replace(held_on=COURSE.held_on.replace(year=2027)))


# ── answering and withdrawing ─────────────────────────────────────────────────────────────


def test_a_complaint_is_answered_once(community: Community) -> None:
    complaint_id = enter(community, "complaint", BLAME)
    answer(community, complaint_id)
    assert rows("SELECT state, outcome FROM complaints") == [("answered", "已当面道歉")]
    assert trail(community)[0] == "archive.answer_complaint"
    with pytest.raises(AnsweredAlready):
        answer(community, complaint_id, outcome="另一个说法")


def test_withdrawing_keeps_the_entry_and_its_answer(community: Community) -> None:
    complaint_id = enter(community, "complaint", BLAME)
    answer(community, complaint_id)
    withdraw(community, "complaints", complaint_id)
    assert rows("SELECT state, outcome, reason FROM complaints") == [
        ("withdrawn", "已当面道歉", "录错人")
    ]
    operation, _after, reason = trail(community)
    assert (operation, reason) == ("archive.withdraw_complaint", "录错人")
    with pytest.raises(WithdrawnAlready):
        withdraw(community, "complaints", complaint_id)
    with pytest.raises(WithdrawnAlready):
        answer(community, complaint_id)


def test_withdrawing_needs_a_reason(community: Community) -> None:
    entry_id = enter(community, "training", COURSE)
    with pytest.raises(ReasonNeeded):
        withdraw(community, "trainings", entry_id, reason=" ")


def test_an_entry_of_somebody_else_is_not_found(community: Community) -> None:
    entry_id = enter(community, "training", COURSE)
    with pytest.raises(EntryUnknown):
        withdraw(community, "trainings", entry_id, who=0)


# ── the database itself ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trainings SET minutes = 999",
        "UPDATE trainings SET state = 'withdrawn'",
        "UPDATE commendations SET title = '全国劳模'",
        "UPDATE complaints SET content = '没什么'",
        "UPDATE complaints SET outcome = '另一个说法'",
        "UPDATE complaints SET state = 'open', outcome = '', answered_on = NULL, "
        "answered_by_id = NULL",
        "UPDATE complaints SET state = 'withdrawn', withdrawn_at = entered_at, "
        "withdrawn_by_id = entered_by_id, reason = 'x', outcome = '另一个说法'",
        "DELETE FROM trainings",
        "DELETE FROM commendations",
        "DELETE FROM complaints",
        "INSERT INTO trainings (id, volunteer_id, organisation_id, entered_by_id, entered_at, "
        "withdrawn_at, withdrawn_by_id, reason, state, course, minutes, held_on, organiser) "
        "SELECT id + 9, volunteer_id, organisation_id, entered_by_id, entered_at, entered_at, "
        "entered_by_id, 'x', 'withdrawn', course, minutes, held_on, organiser FROM trainings",
    ],
)
def test_the_database_refuses_to_edit_or_erase(community: Community, statement: str) -> None:
    enter(community, "training", COURSE)
    enter(community, "commendation", HONOUR)
    answer(community, enter(community, "complaint", BLAME))
    with pytest.raises(DatabaseError), transaction() as session:
        session.execute(text(statement))


# ── details and documents ─────────────────────────────────────────────────────────────────


def test_details_are_kept_by_the_organiser_and_by_oneself(community: Community) -> None:
    act(community, "change_details", Details("东门 3 号院", "急救", "为老服务"))
    act(
        community,
        "change_details",
        Details("东门 3 号院", "急救、书法", "为老服务"),
        by="volunteer",
    )
    assert rows("SELECT residence_area, skills FROM person_details") == [
        ("东门 3 号院", "急救、书法")
    ]
    assert trail(community)[0] == "archive.change_details"


def test_details_unchanged_leave_no_row(community: Community) -> None:
    act(community, "change_details", Details("东门", "", ""))
    before = rows("SELECT count(*) FROM trail")
    act(community, "change_details", Details(" 东门 ", "", ""))
    assert rows("SELECT count(*) FROM trail") == before


@pytest.mark.parametrize("by", ["leader", "organiser_below", "auditor"])
def test_details_are_nobody_elses(community: Community, by: str) -> None:
    with pytest.raises(NotFound):
        act(community, "change_details", Details("东门", "", ""), by=by)


def test_an_id_number_is_sealed_shown_with_a_reason_and_forgotten(community: Community) -> None:
    act(community, "change_document", "resident_id", ID_NUMBER, key=KEY)
    kept = rows("SELECT id_document_kind, id_document_encrypted FROM person_details")[0]
    assert kept[0] == "resident_id"
    assert ID_NUMBER not in kept[1]
    shown = act(community, "show_document", reason="核对保险名单", key=KEY)
    assert shown == ID_NUMBER
    operation, after, reason = trail(community)
    assert (operation, after, reason) == ("archive.show_document", None, "核对保险名单")
    act(community, "change_document", None, "", key=KEY)
    assert rows("SELECT id_document_kind, id_document_encrypted FROM person_details") == [
        (None, None)
    ]


def test_an_id_number_is_not_shown_without_a_reason_or_to_others(community: Community) -> None:
    act(community, "change_document", "resident_id", ID_NUMBER, key=KEY)
    with pytest.raises(PhoneReason):
        act(community, "show_document", reason=" ", key=KEY)
    for other in ("leader", "auditor", "organiser_below"):
        with pytest.raises(NotFound):
            act(community, "show_document", reason="想看看", key=KEY, by=other)


def test_an_unfit_number_changes_nothing(community: Community) -> None:
    with pytest.raises(DocumentUnfit):
        act(community, "change_document", "resident_id", ID_NUMBER[:-1], key=KEY)
    assert rows("SELECT count(*) FROM person_details") == [(0,)]
