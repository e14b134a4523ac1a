"""Whom a decision on records concerns, and who may take it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.service.operations.awarding import SUBJECT
from app.service.operations.grounds import Grounds
from app.service.operations.records import Kept, groups_of
from app.service.operations.refusals import RecordUnknown
from app.teams.rules import Actor, may_approve
from app.trail.operations import note

_PEOPLE_CONCERNED = "SELECT DISTINCT volunteer_id FROM service_records WHERE id IN ?ids"


def people_concerned(session: Session, record_ids: Iterable[int]) -> list[int]:
    """Return the people whose locks a decision on these records needs."""
    rows = fetch(session, _PEOPLE_CONCERNED, sorted(set(record_ids)))
    return [volunteer_id for (volunteer_id,) in rows]


def groups_found(session: Session, record_ids: Sequence[int]) -> list[Kept]:
    """Return the records with their other halves, or refuse one that does not exist."""
    records = groups_of(session, record_ids)
    missing = set(record_ids) - {record.id for record in records}
    if missing or not records:
        raise RecordUnknown(record=min(missing, default=0))
    return records


def check_may_decide(
    record: Kept, grounds: Grounds, actor: Actor, *, needs_organiser: bool, two_people: bool
) -> None:
    """Refuse a decision by someone not entitled; out of reach the record does not exist."""
    leads = record.team_id in actor.leads
    organises = grounds.team_organisation_of(record.team_id) in actor.organises
    if not (leads or organises or actor.benefits(record.volunteer_id)):
        raise RecordUnknown(record=record.id)
    may_approve(
        actor_volunteer_id=actor.volunteer_id,
        beneficiary_volunteer_id=record.volunteer_id,
        acts_for=actor.acts_for,
        recorder_is_actor=record.recorder_id == actor.login_id,
        two_people=two_people,
        leads_team=leads,
        organises=organises,
        needs_organiser=needs_organiser,
        opening=actor.openings.get(record.volunteer_id),
    )


def note_decision(
    session: Session,
    operation: str,
    records: Sequence[Kept],
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str | None,
    subject_id: int | None = None,
) -> None:
    """Leave the trail row of a decision on records; it stands under the first, or one named."""
    note(
        session,
        operation=f"service_record.{operation}",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=subject_id or records[0].id,
        batch_id=records[0].batch_id,
        organisation_id=records[0].organisation_id,
        before=before,
        after=after,
        reason=reason,
    )
