"""The activity's own side of its closing: who had a place and came, and its state."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.activities.models import Activity, SignUp
from app.activities.operations.holding import Held, hold, note_change
from app.activities.rules import check_move, check_open
from app.errors import N_, RuleBroken
from app.teams.rules import Actor


class NotBegunYet(RuleBroken):
    code = "not_begun_yet"
    message = N_("This activity has not begun yet; it is closed after it has taken place.")


def check_may_close(held: Held, now: datetime) -> None:
    """Refuse the closing of what is not open, or has not begun."""
    check_open(held.activity.state)
    if now < held.begins_at:
        raise NotBegunYet


def close_held(
    session: Session,
    held: Held,
    *,
    present: Collection[int],
    no_shows: Collection[int],
    batch_id: int | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down who of those with a place came, and close the activity under lock.

    Whoever was neither there nor named a no-show counts as excused.
    """
    activity = held.activity
    check_move(activity.state, "closed")
    was = activity.state
    counts = _keep_attendance(session, activity.id, present, no_shows)
    activity.state, activity.closed_at, activity.closed_by_id = "closed", now, actor.login_id
    activity.batch_id = batch_id
    activity.version += 1
    session.flush()
    note_change(
        session,
        "close",
        activity,
        held.team,
        actor=actor,
        now=now,
        before={"state": was},
        after={"state": "closed", "batch": batch_id, "present": len(present), **counts},
    )


def _keep_attendance(
    session: Session, activity_id: int, present: Collection[int], no_shows: Collection[int]
) -> Mapping[str, int]:
    """Write everybody's attendance with one statement a kind, however many they are."""
    placed = set(
        session.scalars(
            select(SignUp.volunteer_id).where(
                SignUp.activity_id == activity_id, SignUp.state == "placed"
            )
        )
    )
    came = placed & set(present)
    missed = (placed & set(no_shows)) - came
    kinds = {"present": came, "no_show": missed, "absent": placed - came - missed}
    for attendance, people in kinds.items():
        if people:
            session.execute(
                update(SignUp)
                .where(
                    SignUp.activity_id == activity_id,
                    SignUp.state == "placed",
                    SignUp.volunteer_id.in_(people),
                )
                .values(attendance=attendance)
            )
    return {"no_shows": len(missed), "absent": len(kinds["absent"])}


def reopen_of_batch(session: Session, batch_id: int, *, actor: Actor, now: datetime) -> None:
    """Let the activity go on whose closing posted a batch that is taken back."""
    activity_id = session.scalar(select(Activity.id).where(Activity.batch_id == batch_id))
    if activity_id is None:
        return
    activity, team, _settings = hold(session, activity_id)
    check_move(activity.state, "under_way")
    activity.state, activity.closed_at, activity.closed_by_id = "under_way", None, None
    activity.batch_id = None
    activity.version += 1
    session.execute(update(SignUp).where(SignUp.activity_id == activity.id).values(attendance=None))
    session.flush()
    note_change(
        session,
        "reopen",
        activity,
        team,
        actor=actor,
        now=now,
        before={"state": "closed", "batch": batch_id},
        after={"state": "under_way"},
    )
