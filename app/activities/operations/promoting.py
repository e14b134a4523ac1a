"""Let those who wait move up when places come free."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import SignUp
from app.activities.operations.holding import Held
from app.activities.operations.telling import tell_promoted
from app.activities.rules import OPEN


def promote(session: Session, held: Held, *, now: datetime) -> list[int]:
    """Give free places to those who have waited longest; return whom, until the plan ends.

    The caller holds the activity.
    """
    activity = held.activity
    if activity.state not in OPEN or now >= held.ends_at:
        return []
    free = None if activity.places is None else activity.places - activity.taken
    if free is not None and free <= 0:
        return []
    waiting = (
        select(SignUp)
        .where(SignUp.activity_id == activity.id, SignUp.state == "waiting")
        .order_by(SignUp.id)
        .limit(free)
    )
    moved = list(session.scalars(waiting))
    for sign_up in moved:
        sign_up.state, sign_up.placed_at = "placed", now
    activity.taken += len(moved)
    session.flush()
    volunteer_ids = [sign_up.volunteer_id for sign_up in moved]
    if volunteer_ids:
        tell_promoted(session, activity, volunteer_ids, now=now)
    return volunteer_ids
