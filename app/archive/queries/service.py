"""What somebody served, as figures by year and colour, and the last records of it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch

LAST_RECORDS = 10


class YearColour(NamedTuple):
    """What somebody served in one colour in one year."""

    year: int
    colour_key: str
    colour_glyph: str
    colour_name: str
    records: int
    minutes: int


class Recent(NamedTuple):
    """One approved record, as a line that leads to it."""

    id: int
    service_on: date
    minutes: int
    content: str
    team_name: str
    colour_key: str
    colour_glyph: str


_YEARS = """
SELECT s.year, c.key, c.glyph, c.name,
  CAST(sum(s.records) AS bigint), CAST(sum(s.minutes) AS bigint)
FROM service_totals s JOIN colours c ON c.id = s.colour_id
WHERE s.volunteer_id = ? AND s.records > 0
GROUP BY s.year, c.id, c.key, c.glyph, c.name, c.position
ORDER BY s.year DESC, c.position, c.id
"""
_LAST = """
SELECT r.id, r.service_on, r.minutes, r.content, t.name, c.key, c.glyph
FROM service_records r JOIN teams t ON t.id = r.team_id JOIN colours c ON c.id = r.colour_id
WHERE r.volunteer_id = ? AND r.state = 'approved'
ORDER BY r.service_on DESC, r.id DESC LIMIT ?
"""


def years_by_colour(session: Session, volunteer_id: int) -> list[YearColour]:
    """Return what somebody served by year and colour, the newest year first."""
    return [YearColour(*row) for row in fetch(session, _YEARS, volunteer_id)]


def last_records(session: Session, volunteer_id: int, *, limit: int = LAST_RECORDS) -> list[Recent]:
    """Return the last approved records of somebody."""
    rows = fetch(session, _LAST, volunteer_id, limit)
    return [Recent(row[0], day_of(row[1]), *row[2:]) for row in rows]
