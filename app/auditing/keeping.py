"""What a worker does between jobs: the night's audit of everything, and each hour what is new."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import datetime, timedelta

from flask import Flask

from app import clock
from app.audit.aside import NoRoom
from app.auditing.running import Kind, run_audit
from app.audits.operations import keep_run
from app.audits.queries import last_run, last_started_at
from app.audits.rules import full_is_due, quick_is_due
from app.db import snapshot, transaction
from app.ledger.queries import last_entry_id
from app.organisations.queries import roots_with_zones

LOOK_EVERY = timedelta(minutes=1)


class _Stopped(Exception):
    """The worker is to stop; the night's audit is begun anew by whoever comes next."""


class Auditor:
    """Audits when it is due, for each app of one worker."""

    def __init__(self, goes_on: Callable[[], bool] = lambda: True) -> None:
        self.goes_on = goes_on
        self._looked: dict[str, datetime] = {}

    def turn(self, app: Flask) -> int:
        """Audit an app whose context is pushed where that is due; return how often it did."""
        at, place = clock.now(), app.config["DATABASE_URL"]
        if clock.is_within(self._looked.get(place), at, LOOK_EVERY):
            return 0
        self._looked[place] = at
        try:
            return self._audit(at)
        except _Stopped:
            return 0
        except NoRoom as error:
            app.logger.error("The audit waits for room on the disk: %s", error)
            return 0
        except Exception as error:
            trace = "".join(traceback.format_tb(error.__traceback__))
            app.logger.error("The audit broke: %s\n%s", type(error).__name__, trace)
            return 0

    def _audit(self, at: datetime) -> int:
        due = due_now(at)
        if due is None:
            return 0
        kind, zone = due
        run = run_audit(kind, self._told)
        with transaction() as session:
            keep_run(session, run, today=clock.today_in(zone, run.ended_at))
        return 1

    def _told(self, _done: int, _total: int) -> None:
        if not self.goes_on():
            raise _Stopped


def due_now(at: datetime) -> tuple[Kind, str] | None:
    """Return which audit is due and in which zone; None where none is, or nobody founded yet."""
    with snapshot() as session:
        roots = roots_with_zones(session)
        if not roots:
            return None
        zone = roots[0][1]
        full, last_at = last_run(session, "full"), last_started_at(session)
        if full_is_due(full.run.started_at if full else None, at, zone):
            return "full", zone
        assert full is not None
        assert last_at is not None
        if quick_is_due(last_at, at) and last_entry_id(session) > full.run.through.entry_id:
            return "quick", zone
    return None
