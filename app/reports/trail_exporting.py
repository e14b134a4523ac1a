"""Rows of the trail that leave the house: the trail knows that, too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.teams.rules import Actor
from app.trail.operations import note


def note_trail_export(
    session: Session,
    *,
    organisation_id: int | None,
    asked: dict[str, str],
    rows: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Leave the trail row of a sheet that was taken out, with what it was narrowed to."""
    narrowed = {key: value for key, value in asked.items() if value and key != "person"}
    note(
        session,
        operation="trail.export",
        actor_id=actor.login_id,
        at=now,
        subject_kind="organisation",
        subject_id=organisation_id,
        organisation_id=organisation_id,
        after={**narrowed, "of_one_person": bool(asked.get("person")), "count": rows},
    )
