"""Show a full phone, with a reason; its owner can read who looked and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import N_, RuleBroken
from app.people.queries import get_volunteer
from app.trail.operations import note


class ReasonNeeded(RuleBroken):
    code = "reason_needed"
    message = N_("Say why you need the full number; its owner can read it.")


def show_phone(
    session: Session, volunteer_id: int, *, reason: str, actor_id: int, now: datetime
) -> str | None:
    """Return somebody's full phone; who asked and why stands in the trail about them."""
    if not reason.strip():
        raise ReasonNeeded
    volunteer = get_volunteer(session, volunteer_id)
    note(
        session,
        operation="show_phone",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=volunteer.organisation_id,
        reason=reason.strip(),
    )
    return volunteer.phone
