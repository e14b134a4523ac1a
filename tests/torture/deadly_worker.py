"""`flask` with places to die at in a worker: `python -m tests.torture.deadly_worker work --once`.

Only tests run this. The places are laid around the app's own functions from outside.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from flask.cli import FlaskGroup
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.jobs import operations as jobs
from app.jobs.runner import Worker
from tests.torture.deadly import die_at, replace_everywhere

_ENDS = "a job ends in this commit"
_claim, _finish = Worker._claim, jobs.finish


def _deadly_claim(self: Worker) -> Any:
    job = _claim(self)
    if job is not None:
        die_at("claimed")
    return job


@wraps(_finish)
def _deadly_finish(session: Session, *given: Any, **more: Any) -> None:
    """What the job does is done here, and neither said to be done nor committed."""
    die_at("mid_effect")
    _finish(session, *given, **more)
    session.info[_ENDS] = True


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    if session.info.get(_ENDS):
        die_at("job_before_commit")


@event.listens_for(Session, "after_commit")
def _after_commit(session: Session) -> None:
    if session.info.pop(_ENDS, False):
        die_at("job_after_commit")


if __name__ == "__main__":
    Worker._claim = _deadly_claim  # type: ignore[method-assign]
    replace_everywhere(jobs.finish, _deadly_finish)
    FlaskGroup().main()
