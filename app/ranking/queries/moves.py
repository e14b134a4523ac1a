"""Who rises and who falls when another scheme decides the order."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.ranking.queries.comparing import Lister
from app.ranking.queries.lists import places_sql
from app.ranking.rules.schemes import Weights
from app.service.models import EVERY_COLOUR


class Move(NamedTuple):
    """Somebody's rank by one scheme's order and by another's."""

    volunteer_id: int
    number: str
    old: int
    new: int


class Moves(NamedTuple):
    """How many rise and fall, and a page of those who move."""

    rising: int
    falling: int
    rows: list[Move]


_BOTH = """
SELECT a.volunteer_id, a.number, a.place AS old, b.place AS new
FROM ({saved} AND s.colour_id = ?) a
JOIN ({other} AND s.colour_id = ?) b ON b.volunteer_id = a.volunteer_id
"""
_MOVES = """
SELECT m.volunteer_id, m.number, m.old, m.new,
  count(CASE WHEN m.new < m.old THEN 1 END) OVER (),
  count(CASE WHEN m.new > m.old THEN 1 END) OVER ()
FROM ({both}) m WHERE m.new <> m.old ORDER BY m.new, m.number LIMIT ? OFFSET ?
"""


def moves_between(
    session: Session, lister: Lister, other: Weights | None, *, limit: int, offset: int
) -> Moves:
    """Return who rises and falls when another scheme's weights decide, best new place first."""
    both = _BOTH.format(saved=places_sql(lister.weights), other=places_sql(other))
    one = lister.organisation_id, lister.year, EVERY_COLOUR
    rows = fetch(session, _MOVES.format(both=both), *one, *one, limit, offset)
    if not rows and offset:
        return moves_between(session, lister, other, limit=limit, offset=0)
    rising, falling = rows[0][4:] if rows else (0, 0)
    return Moves(rising, falling, [Move._make(row[:4]) for row in rows])
