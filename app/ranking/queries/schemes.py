"""Schemes as they were saved, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.people.models import Login
from app.ranking.models import RankingScheme
from app.ranking.rules.schemes import Scheme, Title, Weights


class KeptScheme(NamedTuple):
    """One saved version of a scheme, and who saved it when."""

    id: int
    organisation_id: int
    year: int
    version: int
    made_by: str
    made_at: datetime
    scheme: Scheme


class SchemeOrder(NamedTuple):
    """Which version it is, and what decides the order."""

    id: int
    version: int
    weights: Weights | None


class SchemeVersion(NamedTuple):
    """One line of a scheme's history."""

    id: int
    year: int
    version: int
    made_by: str
    made_at: datetime


def scheme_by_id(session: Session, scheme_id: int) -> KeptScheme:
    """Return a saved scheme; it is known to exist."""
    kept = _kept(session, "s.id = ?", scheme_id)
    assert kept is not None
    return kept


def latest_scheme(session: Session, organisation_id: int, year: int) -> KeptScheme | None:
    """Return the newest version of an organisation's scheme for a year, or None."""
    return _kept(session, "s.organisation_id = ? AND s.year = ?", organisation_id, year)


def scheme_until(session: Session, organisation_id: int, year: int) -> KeptScheme | None:
    """Return the newest version for a year, else of the latest year before it that has one."""
    return _kept(session, "s.organisation_id = ? AND s.year <= ?", organisation_id, year)


def scheme_version(
    session: Session, organisation_id: int, year: int, version: int
) -> KeptScheme | None:
    """Return one version of an organisation's scheme for a year, or None."""
    which = "s.organisation_id = ? AND s.year = ? AND s.version = ?"
    return _kept(session, which, organisation_id, year, version)


def versions_of(session: Session, organisation_id: int, year: int) -> list[SchemeVersion]:
    """Return every saved version of a year's scheme, newest first."""
    rows = session.execute(
        select(
            RankingScheme.id,
            RankingScheme.year,
            RankingScheme.version,
            Login.display_name,
            RankingScheme.made_at,
        )
        .join(Login, Login.id == RankingScheme.made_by_id)
        .where(RankingScheme.organisation_id == organisation_id, RankingScheme.year == year)
        .order_by(RankingScheme.version.desc())
    )
    return [SchemeVersion._make(row) for row in rows]


def weights_of(row: Any) -> Weights | None:
    """Return what a saved version weighs by, or None for the default order."""
    if not row.is_weighted:
        return None
    return Weights(row.per_hour, row.per_date, row.per_service_day, row.per_point)


# One scheme and who made it, beside each of its titles in their order, then who is left out.
_KEPT = """
WITH kept AS (
  SELECT s.*, l.display_name FROM ranking_schemes s JOIN logins l ON l.id = s.made_by_id
  WHERE {which} ORDER BY s.year DESC, s.version DESC LIMIT 1
)
SELECT k.*, p.part, p.place, p.category, p.places, p.said
FROM kept k LEFT JOIN (
  SELECT 0 AS part, t.position AS place, t.category, t.places, t.title AS said
  FROM ranking_titles t WHERE t.scheme_id = (SELECT id FROM kept)
  UNION ALL
  SELECT 1, x.volunteer_id, '', 0, x.reason
  FROM ranking_exclusions x WHERE x.scheme_id = (SELECT id FROM kept)
) p ON 1 = 1
ORDER BY p.part, p.place
"""


def _kept(session: Session, which: str, *values: int) -> KeptScheme | None:
    """Return the newest scheme that a condition leaves, with all that belongs to it."""
    rows = fetch(session, _KEPT.format(which=which), *values)
    if not rows:
        return None
    row = rows[0]
    return KeptScheme(
        row.id,
        row.organisation_id,
        row.year,
        row.version,
        row.display_name,
        instant_of(row.made_at),
        Scheme(
            weights=weights_of(row),
            minimum_minutes=row.minimum_minutes,
            member_since=None if row.member_since is None else day_of(row.member_since),
            titles_per_person=row.titles_per_person,
            titles=tuple(Title(*each[-3:]) for each in rows if each.part == 0),
            exclusions={each.place: each.said for each in rows if each.part == 1},
        ),
    )
