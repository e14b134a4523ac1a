"""A new friend who turns out to be somebody known: nobody is added, the hours go to them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.people.models import Volunteer
from app.people.operations.volunteers import NotWaiting
from app.people.queries import get_volunteer
from app.trail.operations import note


def match_friend(
    session: Session, volunteer_id: int, to_id: int, *, actor_id: int, now: datetime
) -> Volunteer:
    """Say that a person proposed by a leader is somebody known; they stand in no list any more."""
    friend = get_volunteer(session, volunteer_id)
    session.refresh(friend, with_for_update={"key_share": True})
    known = get_volunteer(session, to_id)
    if friend.state != "proposed" or known.state != "active":
        raise NotWaiting(name=friend.name)
    friend.state, friend.matched_to_id, friend.phone = "matched", to_id, None
    session.flush()
    note(
        session,
        operation="match_friend",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=to_id,
        organisation_id=known.organisation_id,
        after={"new_friend_id": volunteer_id, "name": friend.name},
    )
    return known
