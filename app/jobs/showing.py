"""How far a job is, as its page says it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.jobs.queries import JobRow, worker_is_there

# So long a waiting job is nothing to wonder about.
PATIENCE_SECONDS = 10


class Progress(NamedTuple):
    """The stage and the figures of a job under way; stuck when nobody is there to do it."""

    stage: str
    done: int
    total: int
    is_stuck: bool


def progress_of(
    session: Session, job: JobRow | None, at: datetime, stages: Mapping[str, Any] | None = None
) -> Progress:
    """Return how far a job is; a stage is looked up in `stages`, else it is a msgid itself."""
    waits = job is None or job.state == "queued"
    since = job.queued_at if job else at
    is_late = waits and (at - since).total_seconds() > PATIENCE_SECONDS
    is_stuck = is_late and not worker_is_there(session, at)
    if job is None or job.state != "running" or not job.stage:
        return Progress(_("Waiting its turn"), 0, 0, is_stuck)
    said = str(stages[job.stage]) if stages and job.stage in stages else _(job.stage)
    return Progress(said, job.steps_done, job.steps_total, is_stuck)
