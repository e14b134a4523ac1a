"""Enter a training, a commendation, a complaint; answer a complaint; withdraw with a reason.

Each leaves its line in the trail about the person, who reads it; what a complaint says stands
in the archive alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy.orm import Session

from app.archive.models import CommendationGiven, ComplaintReceived, TrainingTaken
from app.archive.notices import ANSWERED, ENTERED
from app.archive.operations.holding import held_person, today_for
from app.archive.rules.entries import (
    Commendation,
    Complaint,
    EntryUnknown,
    Training,
    check_answer,
    check_commendation,
    check_complaint,
    check_training,
    check_unanswered,
    check_withdrawal,
)
from app.notices.operations import tell
from app.notices.rules import Figures
from app.people.models import Volunteer
from app.people.queries.merged import standing_for
from app.service.operations.refusals import ReasonNeeded
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered
from app.trail.rules import mask_text

OWN_PAGE = "/me/archive"
Entry = TrainingTaken | CommendationGiven | ComplaintReceived
_TABLES: Mapping[str, type[Entry]] = {
    "trainings": TrainingTaken,
    "commendations": CommendationGiven,
    "complaints": ComplaintReceived,
}


def add_training(
    session: Session,
    volunteer_id: int,
    training: Training,
    *,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Enter a course somebody took; return the entry."""
    made = TrainingTaken(**_trimmed(training._asdict()))

    def check(today: date) -> None:
        check_training(training, today)

    return _add(session, "trainings", volunteer_id, made, check, training, actor, now, key)


def add_commendation(
    session: Session,
    volunteer_id: int,
    commendation: Commendation,
    *,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Enter an honour somebody was given; return the entry."""
    made = CommendationGiven(**_trimmed(commendation._asdict()))

    def check(today: date) -> None:
        check_commendation(commendation, today)

    return _add(session, "commendations", volunteer_id, made, check, commendation, actor, now, key)


def add_complaint(
    session: Session,
    volunteer_id: int,
    complaint: Complaint,
    *,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Enter what was said against somebody's service; it waits for an answer."""
    made = ComplaintReceived(**_trimmed(complaint._asdict()))

    def check(today: date) -> None:
        check_complaint(complaint, today)

    entry_id = _add(session, "complaints", volunteer_id, made, check, complaint, actor, now, key)
    _tell(session, ENTERED, volunteer_id, entry_id, {"received_on": complaint.received_on}, now)
    return entry_id


def answer_complaint(
    session: Session,
    volunteer_id: int,
    complaint_id: int,
    *,
    outcome: str,
    answered_on: date,
    actor: Actor,
    now: datetime,
    key: str,
) -> None:
    """Say what came of a complaint, once."""
    content = {
        "operation": "archive.answer_complaint",
        "id": complaint_id,
        "outcome": outcome,
        "answered_on": answered_on,
    }
    if remembered(session, actor.login_id, key, content) is not None:
        return
    person = held_person(session, volunteer_id, actor)
    found = _held_entry(session, "complaints", person, complaint_id)
    assert isinstance(found, ComplaintReceived)
    check_unanswered(found.state)
    check_answer(found.received_on, outcome, answered_on, today_for(session, person, now))
    found.outcome, found.answered_on = mask_text(outcome.strip()), answered_on
    found.answered_by_id, found.state = actor.login_id, "answered"
    session.flush()
    after = {"complaint_id": complaint_id, "answered_on": answered_on}
    _note(session, person, "archive.answer_complaint", actor, now, after=after)
    _tell(session, ANSWERED, person.id, complaint_id, {"answered_on": answered_on}, now)
    remember(session, actor.login_id, key, content, {"id": complaint_id}, now)


def withdraw_entry(
    session: Session,
    group: str,
    volunteer_id: int,
    entry_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    key: str,
) -> None:
    """Withdraw an entry: it stays, with the reason beside it, and counts no more."""
    operation = f"archive.withdraw_{_one_of(group)}"
    content = {"operation": operation, "id": entry_id, "reason": reason}
    if remembered(session, actor.login_id, key, content) is not None:
        return
    person = held_person(session, volunteer_id, actor)
    found = _held_entry(session, group, person, entry_id)
    check_withdrawal(found.state)
    if not reason.strip():
        raise ReasonNeeded
    before = {"state": found.state}
    found.state, found.reason = "withdrawn", mask_text(reason.strip())
    found.withdrawn_at, found.withdrawn_by_id = now, actor.login_id
    session.flush()
    after = {f"{_one_of(group)}_id": entry_id, "state": "withdrawn"}
    _note(session, person, operation, actor, now, before=before, after=after, reason=reason)
    remember(session, actor.login_id, key, content, {"id": entry_id}, now)


def _add(
    session: Session,
    group: str,
    volunteer_id: int,
    made: Entry,
    check: Callable[[date], None],
    given: Training | Commendation | Complaint,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    operation = f"archive.add_{_one_of(group)}"
    content = {"operation": operation, "volunteer_id": volunteer_id, **given._asdict()}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["id"])
    person = held_person(session, volunteer_id, actor)
    check(today_for(session, person, now))
    made.volunteer_id, made.organisation_id = person.id, person.organisation_id
    made.entered_by_id, made.entered_at = actor.login_id, now
    session.add(made)
    session.flush()
    _note(session, person, operation, actor, now, after=_told(group, made.id, given))
    remember(session, actor.login_id, key, content, {"id": made.id}, now)
    return made.id


def _told(group: str, entry_id: int, given: Training | Commendation | Complaint) -> dict[str, Any]:
    """Return what the trail says of a new entry; of a complaint only that there is one."""
    said = given._asdict()
    if isinstance(given, Complaint):
        said.pop("content")
    return {f"{_one_of(group)}_id": entry_id, **said}


def _held_entry(session: Session, group: str, person: Volunteer, entry_id: int) -> Entry:
    found = cast("Entry | None", session.get(_TABLES[group], entry_id, populate_existing=True))
    if found is None or standing_for(session, found.volunteer_id) != person.id:
        raise EntryUnknown
    return found


def _trimmed(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words of an entry without spaces around, and without anybody's phone or ID."""
    return {
        name: mask_text(value.strip()) if isinstance(value, str) else value
        for name, value in given.items()
    }


def _tell(
    session: Session, kind: str, volunteer_id: int, entry_id: int, on: Figures, now: datetime
) -> None:
    """Tell somebody of a complaint about them, once."""
    tell(
        session,
        kind,
        [volunteer_id],
        figures=on,
        path=OWN_PAGE,
        at=now,
        subject_kind="complaint",
        subject_id=entry_id,
    )


def _one_of(group: str) -> str:
    return group.removesuffix("s")


def _note(
    session: Session,
    person: Volunteer,
    operation: str,
    actor: Actor,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind="volunteer",
        subject_id=person.id,
        organisation_id=person.organisation_id,
        before=before,
        after=after,
        reason=reason,
    )
