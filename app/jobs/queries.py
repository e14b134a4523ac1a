"""What jobs there are and how far they have come."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.jobs.models import Job, JobWorker, MadeFile
from app.jobs.rules import is_alive


class JobRow(NamedTuple):
    """One job as pages and handlers see it."""

    id: int
    kind: str
    subject_kind: str
    subject_id: int
    payload: dict[str, Any]
    actor_id: int
    state: str
    stage: str
    steps_done: int
    steps_total: int
    attempts: int
    worker: str | None
    queued_at: datetime
    ended_at: datetime | None
    cancelled_at: datetime | None
    result: dict[str, Any] | None
    error_message: str | None
    error_figures: dict[str, Any]

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.state in {"done", "failed"}


class FileRow(NamedTuple):
    """One file that a job made, without its bytes."""

    id: int
    job_id: int
    job_kind: str
    owner_login_id: int
    organisation_id: int | None
    name: str
    mime: str
    size_bytes: int
    made_at: datetime
    kept_until_at: datetime


_FILE: tuple[Any, ...] = (
    *(MadeFile.id, MadeFile.job_id, Job.kind, MadeFile.owner_login_id, MadeFile.organisation_id),
    *(MadeFile.name, MadeFile.mime, MadeFile.size_bytes, MadeFile.made_at, MadeFile.kept_until_at),
)


def find_job(session: Session, job_id: int) -> JobRow | None:
    """Return a job by its id."""
    found = session.get(Job, job_id, populate_existing=True)
    return None if found is None else job_row(found)


def state_of(session: Session, job_id: int) -> str:
    """Return how a job stands, "" for one that is no more."""
    return session.scalar(select(Job.state).where(Job.id == job_id)) or ""


def last_job_about(session: Session, subject_kind: str, subject_id: int) -> JobRow | None:
    """Return the newest job about a thing."""
    newest = (
        select(Job)
        .where(Job.subject_kind == subject_kind, Job.subject_id == subject_id)
        .order_by(Job.id.desc())
        .limit(1)
    )
    found = session.scalar(newest)
    return None if found is None else job_row(found)


def jobs_of(session: Session, login_id: int, kinds: Collection[str], limit: int) -> list[JobRow]:
    """Return somebody's newest jobs of some kinds."""
    newest = (
        select(Job)
        .where(Job.actor_id == login_id, Job.kind.in_(sorted(kinds)))
        .order_by(Job.id.desc())
        .limit(limit)
    )
    return [job_row(job) for job in session.scalars(newest)]


def files_of(session: Session, login_id: int, at: datetime) -> list[FileRow]:
    """Return the files kept for somebody, the newest first."""
    return _files(session, MadeFile.owner_login_id == login_id, MadeFile.kept_until_at > at)


def files_of_job(session: Session, job_id: int, at: datetime) -> list[FileRow]:
    """Return the files a job made that are still kept."""
    return _files(session, MadeFile.job_id == job_id, MadeFile.kept_until_at > at)


def find_file(session: Session, file_id: int, at: datetime) -> FileRow | None:
    """Return a file by its id while it is kept."""
    return next(iter(_files(session, MadeFile.id == file_id, MadeFile.kept_until_at > at)), None)


def body_of(session: Session, file_id: int) -> bytes:
    """Return the bytes of a file that is there."""
    return session.execute(select(MadeFile.body).where(MadeFile.id == file_id)).scalar_one()


def _files(session: Session, *which: Any) -> list[FileRow]:
    found = select(*_FILE).join(Job, Job.id == MadeFile.job_id).where(*which)
    return [FileRow(*row) for row in session.execute(found.order_by(MadeFile.id.desc()))]


def has_queued(session: Session) -> bool:
    """Tell whether a job waits: asked before claiming, which would need the writer's lock."""
    waiting = select(Job.id).where(Job.state == "queued").limit(1)
    return session.scalar(waiting) is not None


def worker_is_there(session: Session, now: datetime) -> bool:
    """Tell whether any worker was seen lately."""
    return is_alive(session.scalar(select(func.max(JobWorker.seen_at))), now)


def job_row(job: Job) -> JobRow:
    """Return a job's row with its JSON read."""
    return JobRow(
        job.id,
        job.kind,
        job.subject_kind,
        job.subject_id,
        json.loads(job.payload),
        job.actor_id,
        job.state,
        job.stage,
        job.steps_done,
        job.steps_total,
        job.attempts,
        job.worker,
        job.queued_at,
        job.ended_at,
        job.cancelled_at,
        None if job.result is None else json.loads(job.result),
        job.error_message,
        json.loads(job.error_figures or "{}"),
    )
