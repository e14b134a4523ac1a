"""Take a list of patterns out as a sheet: it leaves the house, so the trail knows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.integrity.rules import Span
from app.teams.rules import Actor
from app.trail.operations import note

SUBJECT = "organisation"


def note_export(
    session: Session,
    *,
    actor: Actor,
    organisation_id: int,
    what: str,
    span: Span,
    rows: int,
    now: datetime,
) -> None:
    """Leave the trail row of a sheet that was taken out."""
    note(
        session,
        operation="integrity.export",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=organisation_id,
        organisation_id=organisation_id,
        after={"what": what, "from": span.from_on.isoformat(), "rows": rows},
    )
