"""What a final list says of those it gives titles to: names, colours, what was served in each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.certificates.rules import Share
from app.ranking.queries.awards import AwardRow
from app.service.models import EVERY_COLOUR

_NAMES = "SELECT id, name, number FROM volunteers WHERE id IN ?ids"
_TEAMS = "SELECT id, code FROM teams WHERE id IN ?ids"
_COLOURS = "SELECT id, key, glyph, name FROM colours WHERE id IN ?ids"
_SHARES = f"""
SELECT r.volunteer_id, c.key, c.glyph, c.name, r.minutes
FROM ranking_rows r JOIN colours c ON c.id = r.colour_id
WHERE r.snapshot_id = ? AND r.colour_id <> {EVERY_COLOUR} AND r.volunteer_id IN ?ids
ORDER BY r.volunteer_id, r.minutes DESC, c.key
"""


class Awarded(NamedTuple):
    """What the certificates of a final list need besides its rows."""

    # Of volunteers name and number, of teams their code, of colours their name.
    people: dict[int, tuple[str, str | None]]
    team_codes: dict[int, str]
    colour_names: dict[int, str]
    shares: dict[int, tuple[Share, ...]]


def awarded(session: Session, rows: Sequence[AwardRow]) -> Awarded:
    """Return names and shares of everybody in a final list, in four statements."""
    people = {row.volunteer_id for row in rows if row.volunteer_id is not None}
    teams = {row.team_id for row in rows if row.team_id is not None}
    colours = {row.colour_id for row in rows if row.colour_id is not None}
    return Awarded(
        {row[0]: (row[1], row[2]) for row in fetch(session, _NAMES, sorted(people))},
        {row[0]: row[1] for row in fetch(session, _TEAMS, sorted(teams))},
        {row[0]: row[3] for row in fetch(session, _COLOURS, sorted(colours))},
        _shares(session, rows, people),
    )


def _shares(
    session: Session, rows: Sequence[AwardRow], people: Collection[int]
) -> dict[int, tuple[Share, ...]]:
    if not rows:
        return {}
    found: dict[int, tuple[Share, ...]] = {}
    for row in fetch(session, _SHARES, rows[0].snapshot_id, sorted(people)):
        found[row[0]] = (*found.get(row[0], ()), Share(*row[1:]))
    return found
