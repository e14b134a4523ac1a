"""Let people whom a roster moves belong elsewhere by the same rules as on the page for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.expiry.queries import other_terms
from app.organisations.operations import check_in_service
from app.people.operations.homes import note_homes


class Moved(NamedTuple):
    """Somebody who belongs to another organisation than before."""

    volunteer_id: int
    from_id: int
    into_id: int


def note_moves(
    session: Session, moves: Iterable[Moved], *, actor_id: int, now: datetime, reason: str
) -> None:
    """Tell each move in the trail, as points may end otherwise there; refuse a retired target."""
    ways: dict[tuple[int, int], list[int]] = {}
    for one in moves:
        if one.from_id != one.into_id:
            ways.setdefault((one.from_id, one.into_id), []).append(one.volunteer_id)
    for into_id in sorted({into for _, into in ways}):
        check_in_service(session, into_id)
    for way, people in sorted(ways.items()):
        terms = other_terms(session, *way)
        note_homes(session, people, way, actor_id=actor_id, now=now, reason=reason, terms=terms)
