"""Take a whole import back: service by reversals, a roster where nothing was built on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.imports.operations.roster_undo import undo_roster
from app.service.models import Batch
from app.service.operations import undo_batch
from app.service.operations.refusals import ReasonNeeded
from app.teams.rules import Actor


def undo_import(
    session: Session,
    batch_id: int,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None,
    key: str | None = None,
) -> None:
    """Undo an import, all or nothing, with a reason."""
    kind = session.scalar(select(Batch.kind).where(Batch.id == batch_id))
    if kind is None:
        raise NotFound
    if kind == "roster":
        undo_roster(session, batch_id, actor=actor, now=now, reason=reason)
        return
    if not (reason and reason.strip()):
        raise ReasonNeeded
    undo_batch(session, batch_id, actor=actor, now=now, reason=reason, key=key)
