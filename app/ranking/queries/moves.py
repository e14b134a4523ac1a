"""Who rises and who falls when another scheme decides the order."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.ranking.queries.comparing import Lister, order_sql
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
SELECT s.volunteer_id, s.number, rank() OVER (ORDER BY {saved[merit]} {saved[way]}) AS old,
  rank() OVER (ORDER BY {other[merit]} {other[way]}) AS new
FROM standings s WHERE s.organisation_id = ? AND s.year = ? AND s.colour_id = ?
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
    both = _BOTH.format(saved=order_sql(lister.weights), other=order_sql(other))
    one = lister.organisation_id, lister.year, EVERY_COLOUR
    rows = fetch(session, _MOVES.format(both=both), *one, limit, offset)
    if not rows and offset:
        return moves_between(session, lister, other, limit=limit, offset=0)
    rising, falling = rows[0][4:] if rows else (0, 0)
    return Moves(rising, falling, [Move._make(row[:4]) for row in rows])
