"""Who somebody is today whose number was joined with another's."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, column, literal, select, table
from sqlalchemy.orm import Session

from app.bulk import fetch

# An old number may have been joined with one that was joined in turn; deeper is a mistake.
_STANDING = """
WITH RECURSIVE line (first_id, id, next_id) AS (
  SELECT id, id, matched_to_id FROM volunteers WHERE id IN ?ids
  UNION
  SELECT l.first_id, v.id, v.matched_to_id FROM line l JOIN volunteers v ON v.id = l.next_id
)
SELECT first_id, id FROM line WHERE next_id IS NULL
"""
# For a query of another package: the ids of a person and of everybody joined into them.
SELVES = """(
  WITH RECURSIVE line (id) AS (
    SELECT CAST(? AS bigint)
    UNION
    SELECT m.gone_id FROM line l JOIN merges m ON m.kept_id = l.id
  )
  SELECT id FROM line
)"""
_BECAME = f"SELECT id, number, name FROM volunteers WHERE id IN {SELVES} ORDER BY id"


def selves(volunteer_id: int) -> Select[Any]:
    """Return the same as a query, for `column.in_(…)`."""
    merges = table("merges", column("kept_id"), column("gone_id"))
    line = select(literal(volunteer_id, BigInteger).label("id")).cte("line", recursive=True)
    line = line.union(select(merges.c.gone_id).where(merges.c.kept_id == line.c.id))
    return select(line.c.id)


class Former(NamedTuple):
    """A number somebody bore besides their own."""

    id: int
    number: str | None
    name: str


def standing_for(session: Session, volunteer_id: int) -> int:
    """Return who somebody is today: themselves, or the person they were joined with."""
    return standing_for_many(session, [volunteer_id]).get(volunteer_id, volunteer_id)


def standing_for_many(session: Session, volunteer_ids: Collection[int]) -> dict[int, int]:
    """Return by id who each of these people is today; an id that nobody has is left out."""
    if not volunteer_ids:
        return {}
    return {row[0]: row[1] for row in fetch(session, _STANDING, sorted(set(volunteer_ids)))}


def formers_of(session: Session, volunteer_id: int) -> list[Former]:
    """Return the people in the books who are this person now, without themselves."""
    found = [Former(*row) for row in fetch(session, _BECAME, volunteer_id)]
    return [one for one in found if one.id != volunteer_id]


def selves_of(session: Session, volunteer_id: int) -> list[int]:
    """Return a person's id and those of everybody who became them."""
    return [row[0] for row in fetch(session, _BECAME, volunteer_id)]
