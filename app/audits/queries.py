"""The audits that ran, and what they found that stands open."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from app.audits.models import AuditRun
from app.audits.rules import Kept, Run, Through

# The state needs the quick audits since the last full one; there is one an hour at most.
MOST_SINCE = 400
# JSON holds no line's end of its own.
_APART = "\n"


class RunRow(NamedTuple):
    """A kept audit with its number."""

    id: int
    run: Run
    is_clean: bool


def last_run(session: Session, kind: str) -> RunRow | None:
    """Return the newest audit of a kind."""
    found = session.scalar(_newest().where(AuditRun.kind == kind).limit(1))
    return None if found is None else _row(found)


def last_runs(session: Session, limit: int, *, before_id: int | None = None) -> list[RunRow]:
    """Return the newest audits, the newest first; further ones before an id."""
    newest = _newest().limit(limit)
    if before_id is not None:
        newest = newest.where(AuditRun.id < before_id)
    return [_row(found) for found in session.scalars(newest)]


def last_started_at(session: Session) -> datetime | None:
    """Return when any audit began last."""
    return session.scalar(select(AuditRun.started_at).order_by(AuditRun.id.desc()).limit(1))


def open_faults(session: Session) -> dict[str, int]:
    """Return what the last audit of everything found, and quick ones since: count by check."""
    return faults_in(session.scalar(select(open_results())))


def open_results() -> ScalarSelect[str | None]:
    """Return what `faults_in` reads, as a column beside others."""
    full_id = select(func.max(AuditRun.id)).where(AuditRun.kind == "full").scalar_subquery()
    since = (
        select(AuditRun.results)
        .where(AuditRun.id >= func.coalesce(full_id, 0), AuditRun.is_clean.is_(False))
        .order_by(AuditRun.id.desc())
        .limit(MOST_SINCE)
        .subquery()
    )
    return select(func.aggregate_strings(since.c.results, _APART)).scalar_subquery()


def faults_in(results: str | None) -> dict[str, int]:
    """Return how much each check found in the audits that stand open."""
    found: dict[str, int] = {}
    for one in results.split(_APART) if results else ():
        for each in _kept(one):
            if each.violations:
                found[each.id] = max(each.violations, found.get(each.id, 0))
    return found


def _newest() -> Any:
    return select(AuditRun).order_by(AuditRun.id.desc())


def _row(found: AuditRun) -> RunRow:
    through = Through(
        found.through_entry_id,
        found.through_record_id,
        found.through_trail_id,
        found.through_move_id,
    )
    run = Run(
        found.kind, found.started_at, found.ended_at, found.digest, through, _kept(found.results)
    )
    return RunRow(found.id, run, found.is_clean)


def _kept(results: str) -> tuple[Kept, ...]:
    return tuple(
        Kept(each["id"], each["looked_at"], each["violations"], tuple(each.get("samples", ())))
        for each in json.loads(results)
    )
