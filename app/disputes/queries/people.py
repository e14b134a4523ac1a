"""Who is told of a dispute first: the leaders of a team."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.bulk import fetch

_LEADERS = """
SELECT DISTINCT volunteer_id FROM memberships WHERE team_id = ? AND role = 'leader'
  AND from_on <= ? AND (until_on IS NULL OR until_on >= ?)
"""


def leaders_of(session: Session, team_id: int, on: date) -> set[int]:
    """Return the volunteers who lead a team on a date."""
    return {row[0] for row in fetch(session, _LEADERS, team_id, on, on)}
