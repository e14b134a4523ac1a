"""Tell people what concerns their sign-ups, in the commit that changes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import Activity, SignUp
from app.notices.operations import tell
from app.people.models import Login
from app.teams.rules import Actor

_ACTIVITY = "activity"


def tell_signed_up(
    session: Session, activity: Activity, made: SignUp, *, by_other: bool, now: datetime
) -> None:
    """Confirm a sign-up, and say who made it if that was another person."""
    if not by_other:
        kind = "activity.confirmed" if made.state == "placed" else "activity.in_line"
        _tell(session, kind, activity, [made.volunteer_id], str(made.id), now=now)
        return
    by = session.scalar(select(Login.display_name).where(Login.id == made.made_by_id)) or ""
    kind = "activity.signed_up" if made.state == "placed" else "activity.waiting"
    _tell(session, kind, activity, [made.volunteer_id], str(made.id), now=now, by=by)


def tell_signed_up_by_leader(
    session: Session,
    activity: Activity,
    placed: Iterable[int],
    waiting: Iterable[int],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Tell many at once that the leader signed them up; the leader hears of the own place alone."""
    by = session.scalar(select(Login.display_name).where(Login.id == actor.login_id)) or ""
    once = now.isoformat()
    kinds = (("signed_up", "confirmed", placed), ("waiting", "in_line", waiting))
    for by_other, by_oneself, people in kinds:
        others = [one for one in people if one != actor.volunteer_id]
        own = [one for one in people if one == actor.volunteer_id]
        _tell(session, f"activity.{by_other}", activity, others, once, now=now, by=by)
        _tell(session, f"activity.{by_oneself}", activity, own, once, now=now)


def tell_promoted(
    session: Session, activity: Activity, volunteer_ids: Iterable[int], *, now: datetime
) -> None:
    """Tell those who waited that they have a place."""
    once = now.isoformat()
    _tell(session, "activity.promoted", activity, volunteer_ids, once, now=now)


def tell_removed(
    session: Session, activity: Activity, volunteer_id: int, *, reason: str, now: datetime
) -> None:
    """Tell somebody that the leader took them off the list."""
    once = now.isoformat()
    _tell(session, "activity.removed", activity, [volunteer_id], once, now=now, reason=reason)


def tell_changed(session: Session, activity: Activity, *, now: datetime) -> None:
    """Tell everybody on the list what the plan says now."""
    people = _listed(session, activity.id)
    _tell(session, "activity.changed", activity, people, f"v{activity.version}", now=now)


def tell_cancelled(session: Session, activity: Activity, *, now: datetime) -> None:
    """Tell everybody on the list that it does not take place."""
    people = _listed(session, activity.id)
    reason = activity.cancel_reason or ""
    _tell(session, "activity.cancelled", activity, people, "", now=now, reason=reason)


def _listed(session: Session, activity_id: int) -> list[int]:
    return list(
        session.scalars(
            select(SignUp.volunteer_id).where(
                SignUp.activity_id == activity_id, SignUp.state.in_(("placed", "waiting"))
            )
        )
    )


def _tell(
    session: Session,
    kind: str,
    activity: Activity,
    volunteer_ids: Iterable[int],
    once: str,
    *,
    now: datetime,
    **more: str,
) -> None:
    figures: dict[str, str | int | date | datetime] = {
        "title": activity.title,
        "service_on": activity.service_on,
        "starts_minute": activity.starts_minute,
        "place": activity.place,
        **more,
    }
    tell(
        session,
        kind,
        volunteer_ids,
        figures=figures,
        path=f"/activities/{activity.id}",
        at=now,
        subject_kind=_ACTIVITY,
        subject_id=activity.id,
        once=once,
    )
