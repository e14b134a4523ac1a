"""What jobs there are and how far they have come."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.jobs.models import Job, JobWorker
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
    result: dict[str, Any] | None
    error_message: str | None
    error_figures: dict[str, Any]

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.state in {"done", "failed"}


def find_job(session: Session, job_id: int) -> JobRow | None:
    """Return a job by its id."""
    found = session.get(Job, job_id, populate_existing=True)
    return None if found is None else job_row(found)


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
        None if job.result is None else json.loads(job.result),
        job.error_message,
        json.loads(job.error_figures or "{}"),
    )
