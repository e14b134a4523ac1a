"""Give back the places of somebody who is away: every sign-up within a span of dates."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import Activity, SignUp
from app.activities.operations.holding import hold
from app.activities.operations.signing_up import end_sign_up, live_sign_up
from app.activities.rules import OPEN
from app.teams.rules import Actor


class Released(NamedTuple):
    """A place somebody gave back."""

    volunteer_id: int
    title: str
    service_on: date


def release_places(
    session: Session,
    volunteer_ids: Collection[int],
    *,
    from_on: date,
    until_on: date | None,
    actor: Actor,
    now: datetime,
    reason: str,
) -> list[Released]:
    """End what people are signed up for within a span, unless it has begun; return what ended.

    Whoever waited moves up. The right to do it is the caller's matter.
    """
    found: list[Released] = []
    for activity_id, volunteer_id in _sign_ups(session, volunteer_ids, from_on, until_on):
        held = hold(session, activity_id)
        made = live_sign_up(session, activity_id, volunteer_id)
        if made is None or held.activity.state not in OPEN or now >= held.begins_at:
            continue
        is_own = actor.benefits(volunteer_id)
        state = "withdrawn" if is_own else "removed"
        end_sign_up(session, held, made, state, actor=actor, now=now, reason=reason)
        found.append(Released(volunteer_id, held.activity.title, held.activity.service_on))
    return found


def _sign_ups(
    session: Session, volunteer_ids: Collection[int], from_on: date, until_on: date | None
) -> list[tuple[int, int]]:
    # In the order of the activities: each is locked, and two who leave must not cross.
    query = (
        select(SignUp.activity_id, SignUp.volunteer_id)
        .join(Activity, Activity.id == SignUp.activity_id)
        .where(
            SignUp.volunteer_id.in_(volunteer_ids),
            SignUp.state.in_(("placed", "waiting")),
            Activity.state.in_(sorted(OPEN)),
            Activity.service_on >= from_on,
        )
        .order_by(SignUp.activity_id, SignUp.volunteer_id)
    )
    if until_on is not None:
        query = query.where(Activity.service_on <= until_on)
    return [(row[0], row[1]) for row in session.execute(query)]
