"""What the lines of a report are called, and what may be chosen to narrow it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch


class Named(NamedTuple):
    """A team, colour, person or activity as a line names it."""

    id: int
    name: str
    # A code or number; of an activity its team.
    about: str = ""
    colour_key: str = ""
    glyph: str = ""
    on: date | None = None
    organisation_id: int | None = None


_TEAMS = """
SELECT t.id, t.name, t.code, c.key, c.glyph, NULL, t.organisation_id
FROM teams t JOIN colours c ON c.id = t.colour_id WHERE t.id IN ?ids
"""
# Those that moved away or were retired have served here, too.
_TEAMS_EVER = """
SELECT t.id, t.name, t.code, c.key, c.glyph FROM teams t JOIN colours c ON c.id = t.colour_id
WHERE t.id IN (SELECT p.team_id FROM team_placements p WHERE p.organisation_id IN ?ids)
ORDER BY c.position, t.code, t.id
"""
_COLOURS_EVER = """
SELECT c.id, c.name, '', c.key, c.glyph FROM colours c
WHERE c.id IN (SELECT p.colour_id FROM team_placements p WHERE p.organisation_id IN ?ids)
ORDER BY c.position, c.id
"""
_PEOPLE = """
SELECT v.id, v.name, coalesce(v.number, ''), '', '', NULL, v.organisation_id
FROM volunteers v WHERE v.id IN ?ids
"""
_ACTIVITIES = """
SELECT a.id, a.title, t.name, c.key, c.glyph, a.service_on
FROM activities a JOIN teams t ON t.id = a.team_id JOIN colours c ON c.id = t.colour_id
WHERE a.id IN ?ids
"""
_BY_ROWS = {"team": _TEAMS, "person": _PEOPLE, "activity": _ACTIVITIES}
# So many ids go into one statement.
_AT_ONCE = 5_000


def names_of(session: Session, rows: str, keys: Collection[int | None]) -> dict[int, Named]:
    """Return what the lines are called, by id."""
    ids = sorted({key for key in keys if key is not None})
    found: dict[int, Named] = {}
    for at in range(0, len(ids), _AT_ONCE):
        for row in fetch(session, _BY_ROWS[rows], ids[at : at + _AT_ONCE]):
            named = Named(*row)
            on = None if named.on is None else day_of(named.on)
            found[named.id] = named._replace(on=on)
    return found


def teams_ever_in(session: Session, organisation_ids: Sequence[int]) -> list[Named]:
    """Return every team that has ever stood in one of these organisations."""
    return [Named(*row) for row in fetch(session, _TEAMS_EVER, list(organisation_ids))]


def colours_ever_in(session: Session, organisation_ids: Sequence[int]) -> list[Named]:
    """Return the colours that teams have borne here, in their order."""
    return [Named(*row) for row in fetch(session, _COLOURS_EVER, list(organisation_ids))]
