"""Queue, claim, follow and end jobs. Each runs inside transaction(); an ending is fenced.

A job's effect and its end are one commit (I-16): `finish` stands in the transaction of the
effect and raises LeaseLost when another worker has the job, which undoes the effect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.errors import RuleBroken
from app.jobs.models import Job, JobWorker, MadeFile
from app.jobs.queries import JobRow, job_row
from app.jobs.rules import (
    FILE_KEPT_FOR,
    KEPT_FOR,
    LEASE,
    MOST_FILE_BYTES,
    CalledOff,
    LeaseLost,
    MadeFileTooLarge,
    StoppedMidway,
    file_name,
    is_given_up,
)
from app.jobs.telling import tell_asked
from app.trail.operations import note


def enqueue(
    session: Session,
    *,
    kind: str,
    subject_kind: str,
    subject_id: int,
    actor_id: int,
    now: datetime,
    payload: Mapping[str, int | str | bool] | None = None,
) -> int:
    """Add a job that waits; it runs with the actor's rights as they are then."""
    job = Job(
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        payload=json.dumps(dict(payload or {}), sort_keys=True),
        actor_id=actor_id,
        state="queued",
        stage="",
        steps_done=0,
        steps_total=0,
        attempts=0,
        queued_at=now,
    )
    session.add(job)
    session.flush()
    tell_asked(job.id, kind)
    return job.id


def claim(session: Session, *, worker: str, now: datetime) -> JobRow | None:
    """Take up the job that waits longest, or None; no two workers get the same one."""
    waiting = select(Job).where(Job.state == "queued").order_by(Job.id).limit(1)
    if is_postgresql(session):
        waiting = waiting.with_for_update(skip_locked=True)
    # On SQLite the writer's lock, taken at BEGIN IMMEDIATE, lets one worker look at a time.
    job = session.scalar(waiting)
    if job is None:
        return None
    job.state, job.worker, job.heartbeat_at = "running", worker, now
    job.attempts += 1
    job.stage, job.steps_done, job.steps_total = "", 0, 0
    session.flush()
    return job_row(job)


def follow(
    session: Session, job: JobRow, *, now: datetime, stage: str, done: int, total: int
) -> bool:
    """Say that the worker lives and how far it is; False when the job is no longer its own."""
    beat = (
        update(Job)
        .where(*_leased(job))
        .values(heartbeat_at=now, stage=stage, steps_done=done, steps_total=total)
    )
    return _rows(session, beat) == 1


def finish(
    session: Session, job: JobRow, *, now: datetime, result: Mapping[str, Any] | None = None
) -> None:
    """End a job in the transaction of its effect; raises LeaseLost when it is another's now."""
    _end(session, job, state="done", ended_at=now, result=json.dumps(dict(result or {})))


def fail(session: Session, job: JobRow, refusal: RuleBroken, *, now: datetime) -> None:
    """End a job visibly, with the sentence that says why."""
    figures = json.dumps(refusal.figures, default=str, ensure_ascii=False)
    error = {"error_message": refusal.message, "error_figures": figures}
    _end(session, job, state="failed", ended_at=now, **error)


def cancel(session: Session, job: JobRow, *, actor_id: int, now: datetime) -> bool:
    """Call a job off; False when it had ended before.

    The worker that holds it finds its lease gone: whatever it did is rolled back.
    """
    off = {
        "state": "failed",
        "worker": None,
        "heartbeat_at": None,
        "ended_at": now,
        "cancelled_at": now,
        "error_message": CalledOff.message,
    }
    open_still = (Job.id == job.id, Job.state.in_(("queued", "running")))
    if _rows(session, update(Job).where(*open_still).values(**off)) != 1:
        return False
    note(
        session,
        operation="job.cancel",
        actor_id=actor_id,
        at=now,
        subject_kind="job",
        subject_id=job.id,
        before={"state": job.state},
        after={"kind": job.kind, "about": job.subject_kind, "id": job.subject_id},
    )
    return True


def give_back(session: Session, job: JobRow) -> None:
    """Let a job wait again, as if it had not been begun: its worker stops."""
    again = {"state": "queued", "worker": None, "heartbeat_at": None}
    _rows(session, update(Job).where(*_leased(job)).values(**again, attempts=job.attempts - 1))


def sweep(session: Session, *, now: datetime) -> tuple[int, int]:
    """Let jobs whose worker is gone wait again, or fail for good; return how many of each."""
    # A beat yet to come was told by a clock that was set back since: who lives beats again.
    is_silent = or_(Job.heartbeat_at < now - LEASE, Job.heartbeat_at > now + LEASE)
    lapsed = select(Job).where(Job.state == "running", is_silent)
    if is_postgresql(session):
        lapsed = lapsed.with_for_update(skip_locked=True)
    again = ended = 0
    for job in session.scalars(lapsed).all():
        job.worker = job.heartbeat_at = None
        if is_given_up(job.attempts):
            gone = StoppedMidway(times=job.attempts)
            job.state, job.ended_at, job.error_message = "failed", now, gone.message
            job.error_figures = json.dumps(gone.figures)
            ended += 1
        else:
            job.state = "queued"
            again += 1
    session.flush()
    return again, ended


def keep_file(
    session: Session,
    *,
    job_id: int,
    owner_login_id: int,
    name: str,
    kind: str,
    body: bytes,
    now: datetime,
    organisation_id: int | None = None,
) -> int:
    """Keep a file a job made, in the commit that ends it; `kind` is its media type.

    With an organisation, only whoever still organises or audits it may fetch the file.
    """
    if len(body) > MOST_FILE_BYTES:
        raise MadeFileTooLarge(limit_mb=MOST_FILE_BYTES // 1_000_000)
    file = MadeFile(
        job_id=job_id,
        owner_login_id=owner_login_id,
        organisation_id=organisation_id,
        name=file_name(name),
        mime=kind,
        size_bytes=len(body),
        body=body,
        made_at=now,
        kept_until_at=now + FILE_KEPT_FOR,
    )
    session.add(file)
    session.flush()
    return file.id


def prune(session: Session, *, now: datetime) -> int:
    """Forget files whose days are over, jobs that ended long ago, workers not seen since."""
    _rows(session, delete(MadeFile).where(MadeFile.kept_until_at <= now))
    _rows(session, delete(JobWorker).where(JobWorker.seen_at < now - KEPT_FOR))
    return _rows(session, delete(Job).where(Job.ended_at < now - KEPT_FOR))


def see_worker(session: Session, *, worker: str, now: datetime) -> None:
    """Note that a worker is there."""
    seen = update(JobWorker).where(JobWorker.name == worker).values(seen_at=now)
    if _rows(session, seen) == 0:
        session.add(JobWorker(name=worker, seen_at=now))
        session.flush()


def dismiss_worker(session: Session, *, worker: str) -> None:
    """Note that a worker left in good order."""
    _rows(session, delete(JobWorker).where(JobWorker.name == worker))


def _end(session: Session, job: JobRow, **values: Any) -> None:
    ended = update(Job).where(*_leased(job)).values(worker=None, heartbeat_at=None, **values)
    if _rows(session, ended) != 1:
        raise LeaseLost(f"job {job.id} is no longer run by {job.worker}")


def _leased(job: JobRow) -> tuple[Any, ...]:
    return Job.id == job.id, Job.worker == job.worker, Job.attempts == job.attempts


def _rows(session: Session, statement: Any) -> int:
    done = cast(Any, session.execute(statement.execution_options(synchronize_session=False)))
    return int(done.rowcount)
