"""Who changed a setting, a rule or a calendar, as the trail tells it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.people.models import Login
from app.trail.models import TrailRow

SHOWN = 20
# Settings change a few times a year; whatever lies further back is told on a figure's own page.
LATEST = 500


class Change(NamedTuple):
    """One change: when, by whom (None: nobody signed in), where, and from what to what."""

    at: datetime
    by: str | None
    organisation_id: int
    organisation_name: str
    operation: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def changes(
    session: Session,
    organisation_ids: Collection[int],
    operations: Collection[str],
    *,
    key: str | None = None,
    limit: int = SHOWN,
) -> list[Change]:
    """Return what was done in these organisations, newest first; of one setting by its key."""
    query = _query(organisation_ids, operations)
    if key is not None:
        # A change of one setting is kept as {"key":value}.
        query = query.where(
            or_(
                TrailRow.after.startswith(f'{{"{key}":', autoescape=True),
                TrailRow.before.startswith(f'{{"{key}":', autoescape=True),
            )
        )
    return [_change(row) for row in session.execute(query.limit(limit))]


def last_changes(
    session: Session, organisation_ids: Collection[int], operation: str
) -> dict[tuple[int, str], Change]:
    """Return the last change of each setting by organisation and key."""
    found: dict[tuple[int, str], Change] = {}
    for row in session.execute(_query(organisation_ids, [operation]).limit(LATEST)):
        change = _change(row)
        for key in change.after:
            found.setdefault((change.organisation_id, key), change)
    return found


def _query(organisation_ids: Collection[int], operations: Collection[str]) -> Any:
    return (
        select(
            TrailRow.at, Login.display_name, TrailRow.organisation_id, Organisation.name,
            TrailRow.operation, TrailRow.before, TrailRow.after,
        )
        .join(Organisation, Organisation.id == TrailRow.organisation_id)
        .outerjoin(Login, Login.id == TrailRow.actor_id)
        .where(
            TrailRow.organisation_id.in_(organisation_ids), TrailRow.operation.in_(operations)
        )
        .order_by(TrailRow.id.desc())
    )  # fmt: skip


def _change(row: Any) -> Change:
    at, by, organisation_id, organisation_name, operation, before, after = row
    return Change(
        at, by, organisation_id, organisation_name, operation, _read(before), _read(after)
    )


def _read(text: str | None) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(text) if text else {}
    return found
