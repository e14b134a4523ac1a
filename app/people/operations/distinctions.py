"""Say that two people who look like one are two."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.people.models import Distinction
from app.people.queries import get_volunteer
from app.trail.operations import note


def tell_apart(
    session: Session, one_id: int, other_id: int, *, actor_id: int, now: datetime
) -> None:
    """Keep that two people are two; asked again, nothing happens."""
    first, second = sorted((one_id, other_id))
    if first == second:
        raise NotFound
    one = get_volunteer(session, first)
    # Held, so that two who say it at once do not say it twice.
    session.refresh(one, with_for_update={"key_share": True})
    get_volunteer(session, second)
    if session.get(Distinction, (first, second)) is not None:
        return
    session.add(Distinction(one_id=first, other_id=second, decided_by_id=actor_id, decided_at=now))
    session.flush()
    note(
        session,
        operation="tell_apart",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=first,
        organisation_id=one.organisation_id,
        after={"other_id": second},
    )
