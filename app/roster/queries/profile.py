"""What a profile says of somebody's service: the latest records, and how much waits."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch

MOST_SHOWN = 5
_LATEST = """
SELECT r.id, r.service_on, t.name, c.key, c.glyph, r.minutes, r.points_hundredths, r.content,
  r.state, (SELECT count(*) FROM service_records w
    WHERE w.volunteer_id = ? AND w.state = 'submitted')
FROM service_records r
JOIN teams t ON t.id = r.team_id JOIN colours c ON c.id = r.colour_id
WHERE r.volunteer_id = ? AND r.state IN ('approved', 'submitted')
ORDER BY r.service_on DESC, r.id DESC LIMIT ?
"""


class Drawn(NamedTuple):
    """A colour as a page draws it."""

    key: str
    glyph: str


class Latest(NamedTuple):
    """One of somebody's latest records."""

    id: int
    service_on: date
    team_name: str
    colour: Drawn
    minutes: int
    points_hundredths: int
    content: str
    state: str


class Service(NamedTuple):
    """The latest records, and how many wait for approval."""

    latest: list[Latest]
    waiting: int


def service_of(session: Session, volunteer_id: int) -> Service:
    """Return somebody's latest records and how many wait; one statement."""
    rows = fetch(session, _LATEST, volunteer_id, volunteer_id, MOST_SHOWN)
    latest = [
        Latest(row[0], day_of(row[1]), row[2], Drawn(row[3], row[4]), *row[5:9]) for row in rows
    ]
    return Service(latest, rows[0][9] if rows else 0)
