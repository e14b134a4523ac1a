"""Ask for an export: judged, written into the trail with its reason, and left to a job."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.archive.queries.groups import Span, how_many, people_in_full
from app.archive.rules.exports import Wanted, check_export, dates_of
from app.errors import NotFound
from app.jobs.operations import enqueue
from app.organisations.queries import subtree_ids
from app.people.queries import get_volunteer
from app.second_person.queries import today_of
from app.service.operations.refusals import ReasonNeeded
from app.teams.rules import Actor
from app.trail.operations import note, note_each, remember, remembered

EXPORT = "archive.export"
SUBJECT = "organisation"


def ask_export(
    session: Session,
    wanted: Wanted,
    *,
    reason: str,
    language: str,
    actor: Actor,
    now: datetime,
    key: str,
) -> int:
    """Queue the export of an organisation with all below it; return the job.

    Where numbers are handed out in full, each person they belong to reads that, and why.
    """
    content = {"operation": EXPORT, **wanted._asdict(), "reason": reason}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["job"])
    if wanted.organisation_id not in actor.organises:
        raise NotFound
    if not reason.strip():
        raise ReasonNeeded
    ids = subtree_ids(session, wanted.organisation_id)
    people, records = how_many(session, ids, span_of(wanted.year))
    check_export(wanted, people, records, today_of(session, [wanted.organisation_id], now))
    job_id = enqueue(
        session,
        kind=EXPORT,
        subject_kind=SUBJECT,
        subject_id=wanted.organisation_id,
        actor_id=actor.login_id,
        now=now,
        payload={"year": wanted.year, "is_full": wanted.is_full, "language": language},
    )
    note(
        session,
        operation=EXPORT,
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=wanted.organisation_id,
        organisation_id=wanted.organisation_id,
        after={**wanted._asdict(), "people": people, "records": records, "job_id": job_id},
        reason=reason.strip(),
    )
    if wanted.is_full:
        note_each(
            session,
            people_in_full(session, ids),
            operation="archive.export_full",
            actor_id=actor.login_id,
            at=now,
            subject_kind="volunteer",
            reason=reason.strip(),
        )
    remember(session, actor.login_id, key, content, {"job": job_id}, now)
    return job_id


def note_download(
    session: Session, volunteer_id: int, kind: str, *, actor_id: int, now: datetime
) -> None:
    """Leave the trail row of one archive taken out as a file; its numbers are masked in it."""
    note(
        session,
        operation="archive.download",
        actor_id=actor_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=get_volunteer(session, volunteer_id).organisation_id,
        after={"kind": kind},
    )


def span_of(year: int) -> Span:
    """Return the dates of a year, or all there are."""
    dates = dates_of(year)
    return Span(*dates) if dates else Span()
