"""What the next run deletes, what the last ones did, and who served last long ago."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from app.db import Instant
from app.people.models import Volunteer
from app.privacy.keeping import RULES
from app.privacy.models import DeletionRun, Erasure
from app.service.models import ServiceRecord

SHOWN = 50


class LongGone(NamedTuple):
    """Somebody who has left and served last long ago, if at all."""

    id: int
    name: str
    number: str | None
    organisation_id: int
    last_on: date | None


def due_counts(session: Session, now: datetime) -> dict[str, int]:
    """Return by rule how many rows the next run would take: one statement."""
    parts = " UNION ALL ".join(
        f"SELECT '{rule.key}' AS rule, count(*) AS due FROM {rule.table} "
        f"WHERE {rule.due.replace(':before', f':before_{rule.key}')}"
        for rule in RULES
    )
    statement = text(parts).bindparams(
        *(bindparam(f"before_{rule.key}", now - rule.kept, Instant()) for rule in RULES)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def last_runs(session: Session) -> list[DeletionRun]:
    """Return what was deleted lately, the last first."""
    wanted = select(DeletionRun).order_by(DeletionRun.id.desc()).limit(SHOWN)
    return list(session.scalars(wanted))


def long_gone(session: Session, organisation_ids: Collection[int], before: date) -> list[LongGone]:
    """Return who has left, is not erased and served last before a date, the longest gone first."""
    last = (
        select(func.max(ServiceRecord.service_on))
        .where(ServiceRecord.volunteer_id == Volunteer.id)
        .correlate(Volunteer)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Volunteer.id, Volunteer.name, Volunteer.number, Volunteer.organisation_id, last)
        .where(
            Volunteer.organisation_id.in_(organisation_ids),
            Volunteer.state == "left",
            ~select(Erasure.id).where(Erasure.volunteer_id == Volunteer.id).exists(),
            func.coalesce(last, date(1900, 1, 1)) < before,
        )
        .order_by(last, Volunteer.id)
        .limit(SHOWN)
    )
    return [LongGone._make(row) for row in rows]
