"""What a profile says of somebody's service: the latest records, and how much waits."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.opening.queries import LIVE_MINUTES

MOST_SHOWN = 5
# One row at least, for somebody who has only what a paper book held.
_SERVICE = f"""
SELECT g.waiting, g.last_on, g.this_year, g.ever,
  r.id, r.service_on, r.team, r.colour_key, r.glyph, r.minutes, r.points_hundredths, r.content,
  r.state
FROM (SELECT
    (SELECT count(*) FROM service_records WHERE volunteer_id = ? AND state = 'submitted')
      AS waiting,
    (SELECT max(service_on) FROM service_records WHERE volunteer_id = ? AND state = 'approved')
      AS last_on,
    CAST(coalesce((SELECT sum(minutes) FROM service_totals WHERE volunteer_id = ? AND year = ?), 0)
      AS bigint) AS this_year,
    CAST(coalesce((SELECT sum(minutes) FROM service_totals WHERE volunteer_id = ?), 0)
      + coalesce((SELECT sum(minutes) FROM ({LIVE_MINUTES} AND volunteer_id = ?) AS book), 0)
      AS bigint) AS ever) g
LEFT JOIN (SELECT s.id, s.service_on, t.name AS team, c.key AS colour_key, c.glyph, s.minutes,
    s.points_hundredths, s.content, s.state
  FROM service_records s
  JOIN teams t ON t.id = s.team_id JOIN colours c ON c.id = s.colour_id
  WHERE s.volunteer_id = ? AND s.state IN ('approved', 'submitted')
  ORDER BY s.service_on DESC, s.id DESC LIMIT {MOST_SHOWN}) r ON 1 = 1
ORDER BY r.service_on DESC, r.id DESC
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
    """How much somebody served, the latest records, and how many wait for approval."""

    latest: list[Latest]
    waiting: int
    last_on: date | None
    minutes_this_year: int
    minutes_ever: int


def service_of(session: Session, volunteer_id: int, year: int) -> Service:
    """Return what a profile says of somebody's service; one statement."""
    one = volunteer_id
    rows = fetch(session, _SERVICE, one, one, one, year, one, one, one)
    latest = [
        Latest(row[4], day_of(row[5]), row[6], Drawn(row[7], row[8]), *row[9:13])
        for row in rows
        if row[4] is not None
    ]
    waiting, last_on, this_year, ever = rows[0][:4]
    return Service(latest, waiting, day_of(last_on) if last_on else None, this_year, ever)
