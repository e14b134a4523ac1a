"""Move submitted records to rejected, claims that an entry settles among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app.bulk import (
    run,
)
from app.errors import N_

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
    session: Session, record_ids: Iterable[int], *, actor_id: int, now: datetime, reason: str | None
) -> None:
    """Move submitted records to rejected."""
    run(session, _REJECT, actor_id, now, reason, sorted(record_ids))
