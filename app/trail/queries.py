"""Read the trail: what happened to a subject, and below which organisations."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.trail.models import TrailRow

PAGE = 50


class TrailLine(NamedTuple):
    """One operation as the trail tells it."""

    id: int
    at: datetime
    operation: str
    actor_id: int | None
    on_behalf_of_id: int | None
    organisation_id: int | None
    subject_kind: str
    subject_id: int | None
    batch_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    request_id: str


_columns = [getattr(TrailRow, name) for name in TrailLine._fields]


def trail_about(
    session: Session, subject_kind: str, subject_id: int, *, limit: int = PAGE
) -> list[TrailLine]:
    """Return what happened to one subject, newest first."""
    about = (TrailRow.subject_kind == subject_kind) & (TrailRow.subject_id == subject_id)
    return _lines(session, about, limit)


def trail_of(
    session: Session,
    organisation_ids: Collection[int],
    *,
    before_id: int | None = None,
    limit: int = PAGE,
) -> list[TrailLine]:
    """Return what happened below these organisations, newest first, a page at a time."""
    scope: ColumnElement[bool] = TrailRow.organisation_id.in_(organisation_ids)
    if before_id is not None:
        scope = scope & (TrailRow.id < before_id)
    return _lines(session, scope, limit)


def _lines(session: Session, scope: ColumnElement[bool], limit: int) -> list[TrailLine]:
    rows = session.execute(select(*_columns).where(scope).order_by(TrailRow.id.desc()).limit(limit))
    return [
        TrailLine(*row)._replace(before=_read(row.before), after=_read(row.after)) for row in rows
    ]


def _read(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)
