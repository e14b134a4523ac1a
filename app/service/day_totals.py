"""What was served on each day: per organisation, team and colour, kept with every posting (I-25).

The dashboard sums a year of a county from these rows, never from the records. Teams share no
row, so that one team's posting never waits for another's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, for_sqlite, many
from app.db import is_postgresql

_KEY = "organisation_id, service_on, team_id, colour_id"
_ADD = f"""
ON CONFLICT ({_KEY}) DO UPDATE SET
  records = day_totals.records + excluded.records,
  minutes = day_totals.minutes + excluded.minutes
"""
_GROW = Statement(
    f"INSERT INTO day_totals ({_KEY}, records, minutes) VALUES (?, ?, ?, ?, ?, ?) {_ADD}",
    f"INSERT INTO day_totals ({_KEY}, records, minutes) SELECT * FROM {{rows}} {_ADD}",
    ("bigint", "date", "bigint", "bigint", "integer", "bigint"),
)
_SHRINK = Statement(
    "UPDATE day_totals SET records = records + ?, minutes = minutes + ? "
    "WHERE organisation_id = ? AND service_on = ? AND team_id = ? AND colour_id = ?",
    "UPDATE day_totals t SET records = t.records + r.a, minutes = t.minutes + r.b FROM {rows} "
    "WHERE t.organisation_id = r.c AND t.service_on = r.d AND t.team_id = r.e "
    "AND t.colour_id = r.f",
    ("integer", "bigint", "bigint", "date", "bigint", "bigint"),
)
_DROP_EMPTY = Statement(
    "DELETE FROM day_totals WHERE organisation_id = ? AND service_on = ? AND team_id = ? "
    "AND colour_id = ? AND records = 0",
    "DELETE FROM day_totals t USING {rows} WHERE t.organisation_id = r.a "
    "AND t.service_on = r.b AND t.team_id = r.c AND t.colour_id = r.d AND t.records = 0",
    ("bigint", "date", "bigint", "bigint"),
)


class DayTotalKey(NamedTuple):
    """What one row is about, in the order of the table's key."""

    organisation_id: int
    service_on: date
    team_id: int
    colour_id: int


def keep_day_totals(session: Session, moves: Mapping[DayTotalKey, Sequence[int]]) -> None:
    """Move the days by (records, minutes); always in the order of the key, as rows are locked."""
    is_sqlite = not is_postgresql(session)
    rows: list[tuple[tuple[Any, ...], tuple[int, ...]]] = [
        ((key[0], for_sqlite(key[1]) if is_sqlite else key[1], *key[2:]), tuple(move))
        for key, move in sorted(moves.items())
        if any(move)
    ]
    many(session, _GROW, [(*key, *move) for key, move in rows if min(move) >= 0])
    shrinking = [(key, move) for key, move in rows if min(move) < 0]
    many(session, _SHRINK, [(*move, *key) for key, move in shrinking])
    many(session, _DROP_EMPTY, [key for key, _move in shrinking])
