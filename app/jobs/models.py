"""Jobs that wait, run and end, the workers that were seen, and the files that jobs make."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.db import Id, Instant, Model
from app.jobs.rules import STATES


class Job(Model):
    """One piece of work. The row is the queue: no other place knows of it."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'running') = (worker IS NOT NULL)", name="leased"),
        CheckConstraint("steps_done >= 0 AND steps_total >= 0", name="steps"),
        Index("ix_jobs_state_id", "state", "id"),
        Index("ix_jobs_subject_kind_subject_id", "subject_kind", "subject_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    # What it is about, and ids beside it as JSON: never names, phones or cells (I-24).
    subject_kind: Mapped[str]
    subject_id: Mapped[int]
    payload: Mapped[str]
    # Whose rights it runs with; they are read anew when it runs.
    actor_id: Mapped[int] = mapped_column(ForeignKey("logins.id"), index=True)
    state: Mapped[str]
    stage: Mapped[str]
    steps_done: Mapped[int]
    steps_total: Mapped[int]
    # How often a worker took it up; part of the lease, so that a late one cannot end it twice.
    attempts: Mapped[int]
    worker: Mapped[str | None]
    heartbeat_at: Mapped[datetime | None] = mapped_column(Instant)
    queued_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    # A job that was called off counts as failed: nothing of it is kept, now or later.
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    # Ids as JSON; and of a failure a msgid with its figures, never a traceback.
    result: Mapped[str | None]
    error_message: Mapped[str | None]
    error_figures: Mapped[str | None]


class JobWorker(Model):
    """A process that works jobs off, and when it was seen last."""

    __tablename__ = "job_workers"

    name: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Instant)


class MadeFile(Model):
    """A file that a job made, for whoever asked for it; deleted after some days.

    Its bytes stand here and not on a disk: another host may serve it than the one that made it.
    """

    __tablename__ = "made_files"
    __table_args__ = (
        CheckConstraint("size_bytes >= 0", name="size"),
        CheckConstraint("kept_until_at > made_at", name="kept"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("jobs.id"), index=True)
    owner_login_id: Mapped[int] = mapped_column(ForeignKey("logins.id"), index=True)
    # Whose people stand in it: its owner loses the file with their role there. None: own data.
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str]
    mime: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    made_at: Mapped[datetime] = mapped_column(Instant)
    kept_until_at: Mapped[datetime] = mapped_column(Instant, index=True)
