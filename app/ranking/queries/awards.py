"""The titles of a final list, as certificates are made from them."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.service.models import EVERY_COLOUR


class AwardRow(NamedTuple):
    """One title with the figures of the list it was given by; of a team, only its minutes."""

    award_id: int
    snapshot_id: int
    position: int
    volunteer_id: int | None
    team_id: int | None
    volunteer_no: str | None
    team_name: str | None
    title: str
    category: str
    colour_id: int | None
    kind: str | None
    rank: int
    is_tied: bool
    minutes: int
    dates: int
    service_days: int
    points_hundredths: int


# A colour's title counts what was served in that colour, every other one the whole year.
_AWARDS = f"""
SELECT a.id, a.snapshot_id, a.position, a.volunteer_id, a.team_id, r.number, t.name, a.title,
  a.category, a.colour_id, a.kind, a.rank, a.is_tied, coalesce(r.minutes, t.minutes),
  coalesce(r.dates, 0), coalesce(r.service_days, 0), coalesce(r.points_hundredths, 0)
FROM ranking_awards a
  LEFT JOIN ranking_rows r ON r.snapshot_id = a.snapshot_id
    AND r.colour_id = coalesce(a.colour_id, {EVERY_COLOUR}) AND r.volunteer_id = a.volunteer_id
  LEFT JOIN ranking_team_rows t ON t.snapshot_id = a.snapshot_id AND t.team_id = a.team_id
"""
_OF_SNAPSHOT = _AWARDS + "WHERE a.snapshot_id = ? ORDER BY a.id"
_FINAL = (
    _AWARDS
    + """
  JOIN ranking_finals f ON f.snapshot_id = a.snapshot_id
WHERE f.organisation_id = ? AND f.year = ? ORDER BY a.id
"""
)


def awards_shown(session: Session, snapshot_id: int) -> list[AwardRow]:
    """Return the titles of a frozen ranking with their figures, in their order."""
    return [AwardRow._make(_row(row)) for row in fetch(session, _OF_SNAPSHOT, snapshot_id)]


def final_awards(session: Session, organisation_id: int, year: int) -> list[AwardRow]:
    """Return the titles of a year's final list; none before it is final."""
    rows = fetch(session, _FINAL, organisation_id, year)
    return [AwardRow._make(_row(row)) for row in rows]


def _row(row: tuple[object, ...]) -> list[object]:
    # SQLite keeps truth as a number.
    return [*row[:12], bool(row[12]), *row[13:]]
