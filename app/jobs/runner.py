"""The worker: take up jobs one after another, keep their leases, end each one visibly."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy.exc import OperationalError

from app.clock import is_within, now
from app.db import db, transaction
from app.errors import RuleBroken
from app.jobs import operations
from app.jobs.handling import Run, handling_of
from app.jobs.queries import JobRow, has_queued, state_of
from app.jobs.rules import (
    HEARTBEAT,
    LEASE,
    LeaseLost,
    NoLongerAllowed,
    WentWrong,
    is_given_up,
)
from app.jobs.telling import told
from app.web.policy import right_of
from app.web.rights import is_granted

POLL_SECONDS = 0.25
SHORTEST_BEAT_SECONDS = 0.5
TIDY_EVERY = LEASE
PRUNE_EVERY = timedelta(hours=1)

Tidy = Callable[[], None]
# What else a worker does in an app's context between two jobs; returns how much it did.
Between = Callable[[Flask], int]


class Stopping(BaseException):
    """The worker is asked to stop: what it holds goes back and is begun anew elsewhere."""


class Worker:
    """One process (or a test) that works off the jobs of one or more databases."""

    def __init__(self, find_apps: Callable[[], Sequence[Flask]], tidy: Tidy | None = None) -> None:
        self.find_apps = find_apps
        self.tidy = tidy
        self.between: Between = lambda _app: 0
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self.is_stopping = False
        self.is_busy = False
        self._tidied: dict[str, datetime] = {}
        self._pruned: dict[str, datetime] = {}

    def stop(self) -> None:
        """Stop as soon as that is safe; called by a signal."""
        self.is_stopping = True
        if self.is_busy:
            raise Stopping

    def run(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Work until asked to stop, or until `goes_on` says no."""
        while not self.is_stopping and goes_on():
            try:
                has_worked = sum(self.turn(app) for app in self.find_apps()) > 0
            except OperationalError as error:
                # The database restarts, or somebody holds it: it will be back.
                for app in self.find_apps():
                    app.logger.warning("The worker cannot reach the database: %s", _kind(error))
                has_worked = False
                time.sleep(2)
            if not has_worked and not self.is_stopping:
                time.sleep(POLL_SECONDS)
        for app in self.find_apps():
            with app.app_context(), transaction() as session:
                operations.dismiss_worker(session, worker=self.name)

    def turn(self, app: Flask) -> bool:
        """Do what is due between jobs, and at most one job; tell whether there was any."""
        with app.app_context():
            try:
                self._keep_house(app)
                has_worked = self.between(app) > 0
                job = self._claim()
                if job is None:
                    return has_worked
                with told(job, lambda: state_of(db.session(), job.id)):
                    self._work(app, job)
                return True
            finally:
                db.session.remove()

    def work_off(self, app: Flask) -> int:
        """Do every job that waits; return how many (tests, and commands without a loop)."""
        done = 0
        while self.turn(app):
            done += 1
        return done

    def _keep_house(self, app: Flask) -> None:
        at, place = now(), app.config["DATABASE_URL"]
        if is_within(self._tidied.get(place), at, TIDY_EVERY / 3):
            return
        self._tidied[place] = at
        with transaction() as session:
            operations.see_worker(session, worker=self.name, now=at)
            operations.sweep(session, now=at)
        if not is_within(self._pruned.get(place), at, PRUNE_EVERY):
            self._pruned[place] = at
            # First: it counts what it deletes.
            if self.tidy is not None:
                self.tidy()
            with transaction() as session:
                operations.prune(session, now=at)

    def _claim(self) -> JobRow | None:
        waits = has_queued(db.session())
        db.session.rollback()
        if not waits:
            return None
        with transaction() as session:
            return operations.claim(session, worker=self.name, now=now())

    def _work(self, app: Flask, job: JobRow) -> None:
        """Run a job to its end, whatever that is; nothing of a failed one stays."""
        try:
            self._handle(app, job)
        except LeaseLost:
            app.logger.warning("Job %s is no longer ours; nothing was kept here.", job.id)
        except Stopping:
            with transaction() as session:
                operations.give_back(session, job)
        except RuleBroken as refusal:
            self._fail(app, job, refusal)
        except Exception as error:
            # Where it broke and what kind it was; the message may hold what a cell said.
            trace = "".join(traceback.format_tb(error.__traceback__))
            app.logger.error("Job %s (%s) broke: %s\n%s", job.id, job.kind, _kind(error), trace)
            if isinstance(error, OperationalError) and not is_given_up(job.attempts):
                return  # the lease lapses and it is begun anew
            self._fail(app, job, WentWrong(job=job.id))

    def _handle(self, app: Flask, job: JobRow) -> None:
        handling = handling_of(app)
        handle = handling.handlers.get(job.kind)
        right = right_of(handle)
        session = db.session()
        actor = handling.find_actor(session, job.actor_id, now())
        session.rollback()
        # Rights as they are now, not as they were when somebody asked (I-22).
        if handle is None or right is None or actor is None or not is_granted(right, actor.roles):
            raise NoLongerAllowed
        run = Run(job, actor)
        with _Heartbeat(app, run):
            self.is_busy = True
            try:
                if self.is_stopping:
                    raise Stopping
                handle(run)
            finally:
                self.is_busy = False
                db.session.rollback()

    def _fail(self, app: Flask, job: JobRow, refusal: RuleBroken) -> None:
        try:
            with transaction() as session:
                operations.fail(session, job, refusal, now=now())
        except LeaseLost:
            app.logger.warning("Job %s went to another worker before it failed here.", job.id)


class _Heartbeat:
    """Keeps a job's lease and tells its progress, from a thread with a session of its own."""

    def __init__(self, app: Flask, run: Run) -> None:
        self.app = app
        self.job_run = run
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_error: object) -> None:
        self.is_over.set()
        self.job_run.has_moved.set()
        self.thread.join()

    def _beat(self) -> None:
        while not self.is_over.is_set():
            self.job_run.has_moved.wait(HEARTBEAT.total_seconds())
            self.job_run.has_moved.clear()
            if self.is_over.wait(SHORTEST_BEAT_SECONDS):
                return
            try:
                self._tell()
            except Exception as error:
                # The next beat may succeed; without any, the lease ends the job elsewhere.
                self.app.logger.warning("A heartbeat failed: %s", _kind(error))

    def _tell(self) -> None:
        run = self.job_run
        with self.app.app_context():
            try:
                with transaction() as session:
                    is_ours = operations.follow(
                        session,
                        run.job,
                        now=now(),
                        stage=run.stage,
                        done=run.done,
                        total=run.total,
                    )
                if not is_ours:
                    run.lost.set()
            finally:
                db.session.remove()


def _kind(error: BaseException) -> str:
    return type(error).__name__
