"""Years of which a list is under notice, or somebody asked for one."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch

_UNDER_WAY = """
SELECT o.name, found.year FROM (
  SELECT organisation_id, year FROM ranking_freezes WHERE state = 'asked'
  UNION
  SELECT s.organisation_id, s.year FROM ranking_snapshots s WHERE NOT EXISTS (
    SELECT 1 FROM ranking_finals f
    WHERE f.organisation_id = s.organisation_id AND f.year = s.year
  )
) found JOIN organisations o ON o.id = found.organisation_id
WHERE o.id IN ?ids ORDER BY found.year, o.code
"""


class UnderWay(NamedTuple):
    """A year of an organisation that is not final yet."""

    organisation_name: str
    year: int


def years_under_way(session: Session, organisation_ids: Collection[int]) -> list[UnderWay]:
    """Return the years of these organisations between being asked for and being final."""
    rows = fetch(session, _UNDER_WAY, sorted(organisation_ids))
    return [UnderWay(name, int(year)) for name, year in rows]
