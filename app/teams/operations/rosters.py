"""Write many memberships at once; the roster that asks for it leaves the trail row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, fetch, for_sqlite, many
from app.db import is_postgresql
from app.people.operations import widen_account

_INTO = "memberships (team_id, volunteer_id, role, from_on, until_on)"
_INSERT = Statement(
    f"INSERT INTO {_INTO} VALUES (?, ?, ?, ?, ?)",
    f"INSERT INTO {_INTO} SELECT * FROM {{rows}}",
    ("bigint", "bigint", "text", "date", "date"),
    copy_into=_INTO,
)
_UPDATE = Statement(
    "UPDATE memberships SET role = ?2, from_on = ?3, until_on = ?4 WHERE id = ?1",
    "UPDATE memberships m SET role = r.b, from_on = r.c, until_on = r.d "
    "FROM {rows} WHERE m.id = r.a",
    ("bigint", "text", "date", "date"),
)
_LOGINS = "SELECT id FROM logins WHERE volunteer_id IN ?ids"


class Joining(NamedTuple):
    """A membership to be added."""

    team_id: int
    volunteer_id: int
    role: str
    from_on: date
    until_on: date | None


class Correction(NamedTuple):
    """A membership as it shall be."""

    id: int
    role: str
    from_on: date
    until_on: date | None


def write_memberships(
    session: Session,
    joinings: Sequence[Joining],
    corrections: Sequence[Correction],
    *,
    now: datetime,
    new_leaders: Sequence[int] = (),
) -> None:
    """Add and correct memberships that have been judged, by one statement each.

    `new_leaders`: people who led nothing before; their open sessions end.
    """
    many(session, _UPDATE, _rows(session, corrections))
    many(session, _INSERT, _rows(session, joinings))
    if new_leaders:
        for (login_id,) in fetch(session, _LOGINS, sorted(new_leaders)):
            widen_account(session, login_id, now=now)


def _rows(session: Session, rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    if is_postgresql(session):
        return list(rows)
    return [tuple(for_sqlite(value) for value in row) for row in rows]
