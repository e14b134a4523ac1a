"""Which kinds of jobs there are, and what a handler is given."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.clock import now
from app.db import is_retryable, transaction
from app.jobs.operations import finish
from app.jobs.queries import JobRow
from app.jobs.rules import LeaseLost

if TYPE_CHECKING:
    from app.teams.rules import Actor

EXTENSION = "qicai_jobs"
TRIES = 5
T = TypeVar("T")

Handle = Callable[["Run"], None]
FindActor = Callable[[Session, int, datetime], "Actor | None"]


class Handling(NamedTuple):
    """What an app's worker needs: the handlers by kind, and whose rights a job runs with."""

    handlers: Mapping[str, Handle]
    find_actor: FindActor
    # What people read of a kind of job; only these have the page of /files/jobs.
    titles: Mapping[str, str] = MappingProxyType({})


class Run:
    """One job under way: who asked for it, how far it is, and the one commit that ends it."""

    def __init__(self, job: JobRow, actor: Actor) -> None:
        self.job = job
        self.actor = actor
        self.stage, self.done, self.total = "", 0, 0
        # Set by the heartbeat once the job is another's, or was called off.
        self.lost = threading.Event()
        self.has_moved = threading.Event()

    def at(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Say how far the job is; the heartbeat takes it to the row.

        Raises LeaseLost when nobody waits for it any more: the rest would be undone at its end.
        """
        if self.lost.is_set():
            raise LeaseLost(f"job {self.job.id} is no longer run by {self.job.worker}")
        self.stage, self.done, self.total = stage, done, total
        self.has_moved.set()

    def end(self, work: Callable[[Session], T], result: Callable[[T], Mapping[str, Any]]) -> T:
        """Do the work and end the job in one commit; again, whole, after a lost race."""
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                with transaction() as session:
                    found = work(session)
                    finish(session, self.job, now=now(), result=result(found))
                    return found
            except DBAPIError as error:
                if not (tries_left and is_retryable(error)):
                    raise
            time.sleep(random.uniform(0.05, 0.3))
        raise AssertionError("unreachable")


def init_jobs(app: Flask, modules: Iterable[Any], find_actor: FindActor) -> None:
    """Register each module's HANDLERS, and its TITLES where its jobs make files."""
    handlers: dict[str, Handle] = {}
    titles: dict[str, str] = {}
    for module in modules:
        handlers.update(module.HANDLERS)
        titles.update(getattr(module, "TITLES", {}))
    app.extensions[EXTENSION] = Handling(handlers, find_actor, titles)


def handling_of(app: Flask) -> Handling:
    """Return what an app's worker needs."""
    found: Handling = app.extensions[EXTENSION]
    return found
