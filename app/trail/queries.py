"""Read the trail: what happened to a subject, and below which organisations.

What is personal of a row stands beside it and goes with the person: whoever reads rows joins it
(`with_personal`, `told`).
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app.trail.models import TrailPersonal, TrailRow
from app.trail.rules import joined

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
_beside = (
    TrailPersonal.before.label("own_before"),
    TrailPersonal.after.label("own_after"),
    TrailPersonal.reason.label("own_reason"),
)


def with_personal() -> Select[Any]:
    """Return the query of all rows with what stands beside them, for `told`; add conditions."""
    beside = TrailPersonal.trail_id == TrailRow.id
    return select(*_columns, *_beside).outerjoin(TrailPersonal, beside)


def told(row: Any, *, shows_personal: bool = True) -> TrailLine:
    """Return a row of `with_personal` as one line, with what tells who somebody is or without."""
    stays = TrailLine(*row[: len(TrailLine._fields)])
    if not shows_personal:
        return stays._replace(before=_read(row.before), after=_read(row.after))
    return stays._replace(
        before=joined(_read(row.before), _read(row.own_before)),
        after=joined(_read(row.after), _read(row.own_after)),
        reason=row.own_reason if row.reason is None else row.reason,
    )


def trail_about(
    session: Session, subject_kind: str, subject_id: int, *, limit: int = PAGE
) -> list[TrailLine]:
    """Return what happened to one subject, newest first."""
    about = (TrailRow.subject_kind == subject_kind) & (TrailRow.subject_id == subject_id)
    return _lines(session, about, limit)


def _lines(session: Session, scope: ColumnElement[bool], limit: int) -> list[TrailLine]:
    wanted = with_personal().where(scope).order_by(TrailRow.id.desc()).limit(limit)
    return [told(row) for row in session.execute(wanted)]


def _read(text: str | None) -> dict[str, Any] | None:
    return None if text is None else json.loads(text)


def after_last_act(session: Session, login_id: int, now: datetime) -> datetime:
    """Return now, or the instant after an account's last act where the clock was set back since.

    What is said of an account from now on is not said of what it did before.
    """
    ahead = TrailRow.actor_id == login_id, TrailRow.at > now
    last = session.scalar(select(func.max(TrailRow.at)).where(*ahead))
    return now if last is None else last + timedelta(microseconds=1)
