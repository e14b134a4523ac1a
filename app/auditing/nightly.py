"""A worker's duty to audit: looked for between two jobs, done by a process of its own."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta

from flask import Flask

from app.auditing.keeping import due_now
from app.clock import is_within
from app.jobs.beside import Beside, Start, begin_flask

LOOK_EVERY = timedelta(minutes=1)
# What could not be done, or somebody else does just now; what was killed is done at the next look.
TRY_AGAIN_AFTER = timedelta(minutes=10)
COMMAND = ("audit-due",)


def start_audit() -> subprocess.Popen[bytes]:
    """Begin whatever audit is due beside us."""
    return begin_flask(*COMMAND)


class Auditor:
    """Looks each minute whether an audit of an app is due, and begins one process for all."""

    def __init__(self, start: Start = start_audit) -> None:
        self._beside = Beside(start)
        self._looked: dict[str, datetime] = {}
        self._tried: dict[str, datetime] = {}

    def turn(self, app: Flask, now: datetime) -> bool:
        """Begin the audit of an app whose context is pushed if one is due; tell whether it was."""
        place = app.config["DATABASE_URL"]
        self._hear_of_end(app)
        if self._beside.is_running or is_within(self._looked.get(place), now, LOOK_EVERY):
            return False
        self._looked[place] = now
        if is_within(self._tried.get(place), now, TRY_AGAIN_AFTER) or not _is_wanted(app, now):
            return False
        self._tried[place] = now
        self._beside.begin()
        return True

    def stop(self) -> None:
        """End an audit under way: nothing is kept of it; the next worker begins it anew."""
        self._beside.stop()

    def _hear_of_end(self, app: Flask) -> None:
        code = self._beside.take_end()
        if code:
            app.logger.error("The audit ended with %s; it is tried again.", code)
        if code is not None and code < 0:
            self._tried.clear()


def _is_wanted(app: Flask, now: datetime) -> bool:
    try:
        return due_now(now) is not None
    except Exception as error:
        # What cannot be asked must not end a worker, whose jobs go on.
        app.logger.error("Whether an audit is due cannot be told: %s", type(error).__name__)
        return False
