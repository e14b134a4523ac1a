"""The audits that nobody asked for: each night of everything, and each hour of what is new."""

from __future__ import annotations

import traceback
from datetime import datetime

from flask import Flask

from app import clock
from app.audit.aside import NoRoom
from app.auditing.alone import alone_on
from app.auditing.running import Kind, run_audit
from app.audits.operations import keep_run
from app.audits.queries import last_run, last_started_at
from app.audits.rules import full_is_due, quick_is_due
from app.db import db, snapshot, transaction
from app.ledger.queries import last_entry_id
from app.organisations.queries import roots_with_zones


def audit_if_due() -> bool:
    """Audit what is due and keep what was found; tell whether there was anything to do.

    Nobody else audits meanwhile; whoever waited until then asks anew.
    """
    with alone_on(db.engine) as still:
        due = due_now(clock.now()) if still else None
        if still is None or due is None:
            return False
        kind, zone = due
        run = run_audit(kind, lambda _done, _total: still())
        with transaction() as session:
            keep_run(session, run, today=clock.today_in(zone, run.ended_at))
        return True


def try_audit(app: Flask) -> bool:
    """Audit an app whose context is pushed if it is due; log what went wrong, and tell it."""
    try:
        audit_if_due()
    except NoRoom as error:
        app.logger.error("The audit waits for room on the disk: %s", error)
        return False
    except Exception as error:
        # The message may hold what a cell said.
        trace = "".join(traceback.format_tb(error.__traceback__))
        app.logger.error("The audit broke: %s\n%s", type(error).__name__, trace)
        return False
    return True


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
