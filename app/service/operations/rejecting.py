"""Move submitted records to rejected, claims that an entry settles among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.bulk import (
    run,
)
from app.errors import N_
from app.service.operations.awarding import SUBJECT
from app.service.operations.records import not_before_entry, records_by_id
from app.trail.operations import note

SETTLED = N_("Settled by the entry of the team's day.")
WITHDRAWN = N_("Withdrawn by the volunteer.")
_SUBMIT_DRAFTS = "UPDATE service_records SET state = 'submitted' WHERE id IN ?ids"
_REJECT = (
    "UPDATE service_records SET state = 'rejected', approver_id = ?, decided_at = ?, reason = ? "
    "WHERE id IN ?ids"
)


def settle_claims(
    session: Session, claims: Mapping[int, str], *, actor_id: int, now: datetime
) -> None:
    """Reject the claims an entry settles; a draft is submitted first, for no step is skipped."""
    drafts = sorted(claim for claim, state in claims.items() if state == "draft")
    if drafts:
        run(session, _SUBMIT_DRAFTS, drafts)
    if claims:
        reject_rows(session, claims, actor_id=actor_id, now=now, reason=SETTLED)


def reject_rows(
    session: Session,
    record_ids: Collection[int],
    *,
    actor_id: int,
    now: datetime,
    reason: str | None,
) -> None:
    """Move submitted records to rejected; the trail row is the caller's.

    What was handed in ahead of a clock that was set back since is rejected at that instant, and
    has a trail row of its own, for the caller's is of now.
    """
    records = records_by_id(session, record_ids)
    at = not_before_entry(records, now)
    run(session, _REJECT, actor_id, at, reason, sorted(record_ids))
    if at > now:
        note(
            session,
            operation="service_record.reject",
            actor_id=actor_id,
            at=at,
            subject_kind=SUBJECT,
            subject_id=records[0].id,
            organisation_id=records[0].organisation_id,
            before={"state": "submitted"},
            after={"state": "rejected", "records": [record.id for record in records]},
            reason=reason,
        )
