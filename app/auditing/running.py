"""One audit in one snapshot of the app's own database, read-only; nothing is kept here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from flask import current_app

from app.audit.aside import open_aside
from app.audit.checks import Result
from app.audit.quick import quick_audit, quick_count
from app.audit.reading import Reading
from app.audit.report import Report, audit, check_count
from app.audit.scopes import Mark, last_mark, mark_at
from app.audits.rules import Kept, Run, Through
from app.clock import now

Kind = Literal["full", "quick"]
# Told after each check: how many are done, of how many.
Told = Callable[[int, int], None]


def run_audit(kind: Kind, told: Told = lambda done, total: None) -> Run:
    """Audit everything, or what is new; what nobody ever audited is audited whole.

    No writer waits for it. Raises CannotRead, NoRoom.
    """
    config = current_app.config
    with open_aside(config["DATABASE_URL"], config["DATABASE_ROLE"]) as reading:
        # The snapshot begins with the first thing read.
        mark, started_at = last_mark(reading), now()
        through = Through(*mark_at(reading, started_at))
        kind = "full" if mark is None else kind
        report = _audited(reading, kind, mark or Mark(), told)
    results = tuple(
        Kept(each.id, each.looked_at, each.violations, tuple(each.samples))
        for each in report.results
    )
    return Run(kind, started_at, max(started_at, now()), report.digest, through, results)


def _audited(reading: Reading, kind: Kind, mark: Mark, told: Told) -> Report:
    total = check_count() if kind == "full" else quick_count()
    done: list[str] = []

    def count(result: Result) -> None:
        done.append(result.id)
        told(len(done), total)

    told(0, total)
    return audit(reading, count) if kind == "full" else quick_audit(reading, mark, count)
