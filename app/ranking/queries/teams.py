"""The teams of a year among themselves."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.organisations.queries import setting
from app.ranking.queries.scopes import Scope, narrowed_to
from app.ranking.rules import TeamRow, ranked_teams

# Summed by team before the names are looked up, of which there are few.
_TEAMS = """
SELECT t.code, t.name, y.minutes, y.people, c.key, c.glyph
FROM (
  SELECT s.team_id, CAST(sum(s.minutes) AS bigint) AS minutes,
    count(DISTINCT s.volunteer_id) AS people
  FROM service_totals s
  WHERE s.year = ? AND s.organisation_id IN ?ids AND s.records > 0 {narrowed}
  GROUP BY s.team_id
) y JOIN teams t ON t.id = y.team_id JOIN colours c ON c.id = t.colour_id
"""


class PlacedTeam(NamedTuple):
    """A team in the order of teams; too small a one has no rank."""

    rank: int | None
    row: TeamRow
    colour_key: str
    colour_glyph: str


def teams_preview(session: Session, scope: Scope) -> list[PlacedTeam]:
    """Return the teams of the scope among themselves, by minutes per active person."""
    narrowed, values = narrowed_to(scope)
    below = list(scope.organisation_ids)
    rows = fetch(session, _TEAMS.format(narrowed=narrowed), scope.year, below, *values)
    colours = {row[0]: (row[4], row[5]) for row in rows}
    least = setting(session, scope.organisation_id, "ranking_least_people")
    assert isinstance(least, int)
    return [
        PlacedTeam(rank, row, *colours[row.team_code])
        for rank, row in ranked_teams((TeamRow(*row[:4]) for row in rows), least)
    ]
