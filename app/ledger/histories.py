"""Whole histories of points, for many people at a time: what expires is reckoned from them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, instant_of


class PointsMove(NamedTuple):
    """One entry as it moved somebody's points; `recorded_at` as the driver gives it."""

    holder_id: int
    entry_id: int
    kind: str
    recorded_at: Any
    subject_kind: str
    subject_id: int
    reverses_id: int | None
    amount: int


_MOVES = """
SELECT a.holder_id, e.id, e.kind, e.recorded_at, e.subject_kind, e.subject_id, e.reverses_id,
  p.amount
FROM accounts a JOIN postings p ON p.account_id = a.id JOIN entries e ON e.id = p.entry_id
WHERE a.holder_id IN ?ids AND a.unit = 'points'
ORDER BY a.holder_id, e.id
"""
_WITH_POINTS = """
SELECT holder_id FROM accounts
WHERE holder_id > ? AND unit = 'points' AND balance > 0 AND root_id = ?
ORDER BY holder_id LIMIT ?
"""
_AMONG_WITH_POINTS = """
SELECT holder_id FROM accounts
WHERE holder_id IN ?ids AND unit = 'points' AND balance > 0 ORDER BY holder_id
"""
# Ids and instants rise together: the walk back ends at the first entry before the instant.
_LAST_BEFORE = "SELECT id FROM entries WHERE recorded_at < ? ORDER BY id DESC LIMIT 1"
# The award of service is the one kind that comes in thousands; its dates are its record's.
_CREDITED = """
SELECT DISTINCT a.holder_id
FROM entries e JOIN postings p ON p.entry_id = e.id JOIN accounts a ON a.id = p.account_id
WHERE e.id > ? AND e.kind <> 'service' AND p.amount > 0
  AND a.holder_id IS NOT NULL AND a.unit = 'points' AND a.root_id = ?
ORDER BY a.holder_id
"""


def points_moves(session: Session, holder_ids: Collection[int]) -> list[PointsMove]:
    """Return all that ever moved the points of some people, person by person, oldest first."""
    return [PointsMove._make(row) for row in fetch(session, _MOVES, sorted(holder_ids))]


def instant_of_move(move: PointsMove) -> datetime:
    """Return when an entry was recorded."""
    return instant_of(move.recorded_at)


def holders_with_points(session: Session, root_id: int, after_id: int, limit: int) -> list[int]:
    """Return people of a root who have points, by id, from an id on."""
    rows = fetch(session, _WITH_POINTS, after_id, root_id, limit)
    return [row[0] for row in rows]


def with_points_among(session: Session, holder_ids: Collection[int]) -> list[int]:
    """Return those of some people who have points, by id."""
    rows: Sequence[Any] = fetch(session, _AMONG_WITH_POINTS, sorted(holder_ids))
    return [row[0] for row in rows]


def last_entry_before(session: Session, at: datetime) -> int:
    """Return the last entry recorded before an instant; 0 where there is none."""
    rows = fetch(session, _LAST_BEFORE, at)
    return rows[0][0] if rows else 0


def credited_after(session: Session, root_id: int, entry_id: int) -> list[int]:
    """Return who got points after an entry by anything but the award of service."""
    return [row[0] for row in fetch(session, _CREDITED, entry_id, root_id)]
