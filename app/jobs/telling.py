"""A job's lines in the log, and its name in the trail: ids and kinds, nothing it works on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.jobs.queries import JobRow
from app.logs import log_of
from app.trail.operations import current_request_id

_log = log_of("jobs")


def tell_asked(job_id: int, kind: str) -> None:
    """Say that a request asked for a job: its line bears the request's id."""
    _log.info("job asked", job=job_id, kind=kind)


@contextmanager
def told(job: JobRow, state: Callable[[], str]) -> Iterator[None]:
    """Say when a job begins and how it stands after; what it changes bears its name."""
    token, began = current_request_id.set(f"job {job.id}"), time.perf_counter()
    _log.info("job begun", job=job.id, kind=job.kind, attempt=job.attempts)
    try:
        yield
        ms = round((time.perf_counter() - began) * 1000)
        _log.info("job left", job=job.id, kind=job.kind, state=state(), ms=ms)
    finally:
        current_request_id.reset(token)
