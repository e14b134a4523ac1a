"""Take a whole import back: by reversals, and a roster where nothing was built on it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.imports.operations.roster_undo import undo_roster
from app.opening.operations import take_back
from app.service.models import Batch
from app.service.operations import undo_batch
from app.service.operations.refusals import ReasonNeeded
from app.service.operations.undoing import UndoneAlready
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered


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
    if kind == "opening":
        _undo_opening(session, batch_id, actor=actor, now=now, reason=reason, key=key)
        return
    undo_batch(session, batch_id, actor=actor, now=now, reason=reason, key=key)


def _undo_opening(
    session: Session, batch_id: int, *, actor: Actor, now: datetime, reason: str, key: str | None
) -> None:
    """Take a batch of openings back: all of them, or none where somebody has spent theirs."""
    content = {"operation": "undo_opening", "batch_id": batch_id, "reason": reason}
    wanted = select(Batch).where(Batch.id == batch_id).with_for_update()
    batch = session.scalars(wanted.execution_options(populate_existing=True)).one()
    if key and remembered(session, actor.login_id, key, content) is not None:
        return
    if batch.organisation_id not in actor.organises:
        raise NotFound
    if batch.undone_at is not None:
        raise UndoneAlready
    ids = take_back(session, batch_id, actor=actor, now=now, reason=reason, key=key)
    session.execute(update(Batch).where(Batch.id == batch_id).values(undone_at=now))
    note(
        session,
        operation="import.undo_opening",
        actor_id=actor.login_id,
        at=now,
        subject_kind="batch",
        subject_id=batch_id,
        batch_id=batch_id,
        organisation_id=batch.organisation_id,
        after={"reversed": len(ids)},
        reason=reason,
    )
    if key:
        remember(session, actor.login_id, key, content, {"reversed": len(ids)}, now)
