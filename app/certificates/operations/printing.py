"""Have a year's award certificates printed by a job; a second tap finds the job of the first."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.certificates.rules import CertificateUnknown
from app.jobs.operations import enqueue
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


class Printing(NamedTuple):
    """Which job prints whose year, in which language, with which address before a code."""

    kind: str
    organisation_id: int
    year: int
    language: str
    site: str


def ask_printing(
    session: Session, wanted: Printing, *, actor: Actor, now: datetime, key: str
) -> int:
    """Queue the printing; return the job."""
    content = {"operation": "certificate.print", **wanted._asdict()}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["job"])
    if wanted.organisation_id not in actor.organises:
        raise CertificateUnknown
    job_id = enqueue(
        session,
        kind=wanted.kind,
        subject_kind="organisation",
        subject_id=wanted.organisation_id,
        actor_id=actor.login_id,
        now=now,
        payload={"year": wanted.year, "language": wanted.language, "site": wanted.site},
    )
    remember(session, actor.login_id, key, content, {"job": job_id}, now)
    return job_id
