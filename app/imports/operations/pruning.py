"""Delete what uploaded files said once its time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.imports.models import RosterChange, Upload
from app.imports.rules.uploads import OPEN_STATES
from app.organisations.rules import Settings
from app.service.models import Batch
from app.trail.operations import note


def prune_uploads(session: Session, *, now: datetime) -> int:
    """Empty uploads that have expired and put open ones aside; return how many there were."""
    expired = select(Upload.id).where(
        Upload.expires_at <= now,
        (Upload.content.is_not(None))
        | (Upload.mend.is_not(None))
        | (Upload.preview.is_not(None))
        | (Upload.state.in_(OPEN_STATES)),
    )
    ids = list(session.scalars(expired))
    _forget_rosters(session, now)
    if not ids:
        return 0
    nothing = {"content": None, "preview": None, "mend": None, "fixes": "[]"}
    session.execute(update(Upload).where(Upload.id.in_(ids)).values(**nothing))
    session.execute(
        update(Upload)
        .where(Upload.id.in_(ids), Upload.state.in_(OPEN_STATES))
        .values(state="dropped")
    )
    session.expire_all()
    note(
        session,
        operation="import.prune",
        actor_id=None,
        at=now,
        subject_kind="upload",
        after={"count": len(ids)},
    )
    return len(ids)


def _forget_rosters(session: Session, now: datetime) -> None:
    """What a roster changed is kept as long as a file is: until then it can be undone."""
    long_ago = now - timedelta(days=Settings().import_kept_days)
    old = select(Batch.id).where(Batch.kind == "roster", Batch.made_at < long_ago)
    session.execute(delete(RosterChange).where(RosterChange.batch_id.in_(old)))
