"""Ask for the file of one's own data: written into the trail and left to a job."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.jobs.operations import enqueue
from app.people.queries import get_volunteer, helpers_of
from app.privacy.rules.exporting import OnlyGuardians
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

EXPORT = "privacy.own_data"
SUBJECT = "volunteer"


def ask_own_data(
    session: Session, volunteer_id: int, *, language: str, actor: Actor, now: datetime, key: str,
    today: date,
) -> int:  # fmt: skip
    """Queue the file of somebody's own data, asked for by them or their guardian."""
    content = {"operation": EXPORT, "volunteer_id": volunteer_id}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["job"])
    check_taking(session, actor, volunteer_id, today)
    job_id = enqueue(
        session,
        kind=EXPORT,
        subject_kind=SUBJECT,
        subject_id=volunteer_id,
        actor_id=actor.login_id,
        now=now,
        payload={"language": language},
    )
    is_ward = actor.volunteer_id != volunteer_id
    note(
        session,
        operation="export_own_data",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=volunteer_id,
        organisation_id=get_volunteer(session, volunteer_id).organisation_id,
        on_behalf_of_id=volunteer_id if is_ward else None,
        after={"job_id": job_id},
    )
    remember(session, actor.login_id, key, content, {"job": job_id}, now)
    return job_id


def check_taking(session: Session, actor: Actor, volunteer_id: int, today: date) -> None:
    """Refuse everybody but the person and a guardian of theirs."""
    if actor.volunteer_id == volunteer_id:
        return
    kinds = {
        one.kind
        for one in helpers_of(session, volunteer_id, today)
        if one.helper_id == actor.volunteer_id and one.from_on <= today
    }
    if not kinds:
        raise NotFound
    if "guardian" not in kinds:
        raise OnlyGuardians
