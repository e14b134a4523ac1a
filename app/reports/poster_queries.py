"""What each team served in a month, without anybody's name."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch

# The teams that ever stood there are asked first: their records lie along an index.
_HERE = """
FROM service_records
WHERE team_id IN (SELECT team_id FROM team_placements WHERE organisation_id IN ?ids)
  AND organisation_id IN ?ids AND service_on BETWEEN ? AND ? AND state = 'approved'
"""
_TEAMS = f"""
SELECT t.name, c.key, c.glyph, s.minutes, s.people
FROM teams t JOIN colours c ON c.id = t.colour_id JOIN (
  SELECT team_id, CAST(sum(minutes) AS bigint) AS minutes, count(DISTINCT volunteer_id) AS people
  {_HERE} GROUP BY team_id
) s ON s.team_id = t.id
ORDER BY s.minutes DESC, c.position, t.code
"""
_WHOLE = f"""
SELECT CAST(coalesce(sum(minutes), 0) AS bigint), count(DISTINCT volunteer_id),
  CAST(coalesce(sum(CASE WHEN is_service_day THEN minutes ELSE 0 END), 0) AS bigint)
{_HERE}
"""


class TeamMonth(NamedTuple):
    """One team's month."""

    name: str
    key: str
    glyph: str
    minutes: int
    people: int


class Month(NamedTuple):
    """A month of an organisation and those below it."""

    minutes: int
    people: int
    # Of the minutes, those of the service day.
    service_day_minutes: int
    teams: list[TeamMonth]


def month_of(session: Session, organisation_ids: Collection[int], first: date, last: date) -> Month:
    """Return what was served from one day to another, teams with the most hours first."""
    ids = sorted(organisation_ids)
    teams = [TeamMonth(*row) for row in fetch(session, _TEAMS, ids, ids, first, last)]
    minutes, people, on_day = fetch(session, _WHOLE, ids, ids, first, last)[0]
    return Month(minutes, people, on_day, teams)
