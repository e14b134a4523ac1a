"""Take back a claim that still waits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.claims.rules import ClaimUnknown
from app.service.operations.concerned import groups_found, people_concerned
from app.service.operations.locking import lock_people
from app.service.operations.rejecting import WITHDRAWN, reject_rows
from app.service.rules import check_move
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


def withdraw_claim(
    session: Session, record_id: int, *, actor: Actor, now: datetime, key: str
) -> list[int]:
    """Move a claim of one's own that waits to rejected: it was never decided on its merits."""
    content = {"operation": "withdraw_claim", "record_id": record_id}
    lock_people(session, people_concerned(session, [record_id]))
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return list(before["record_ids"])
    records = groups_found(session, [record_id])
    first = records[0]
    if not first.is_claim or first.corrects_id or not actor.benefits(first.volunteer_id):
        raise ClaimUnknown
    for record in records:
        check_move(record.state, "rejected")
    withdrawn = [record.id for record in records]
    reject_rows(session, withdrawn, actor_id=actor.login_id, now=now, reason=WITHDRAWN)
    acts_for_other = first.volunteer_id != actor.volunteer_id
    note(
        session,
        operation="service_record.withdraw",
        actor_id=actor.login_id,
        at=now,
        subject_kind="service_record",
        subject_id=record_id,
        organisation_id=first.organisation_id,
        on_behalf_of_id=first.volunteer_id if acts_for_other else None,
        before={"state": "submitted"},
        after={"state": "rejected", "records": withdrawn},
        reason=WITHDRAWN,
    )
    remember(session, actor.login_id, key, content, {"record_ids": withdrawn}, now)
    return withdrawn
