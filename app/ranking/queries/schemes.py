"""Schemes as they were saved, version by version."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import fetch
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
    row = session.execute(
        select(RankingScheme, Login.display_name)
        .join(Login, Login.id == RankingScheme.made_by_id)
        .where(RankingScheme.id == scheme_id)
    ).one()
    return _kept(session, *row)


def latest_scheme(session: Session, organisation_id: int, year: int) -> KeptScheme | None:
    """Return the newest version of an organisation's scheme for a year, or None."""
    row = session.execute(
        select(RankingScheme, Login.display_name)
        .join(Login, Login.id == RankingScheme.made_by_id)
        .where(RankingScheme.organisation_id == organisation_id, RankingScheme.year == year)
        .order_by(RankingScheme.version.desc())
        .limit(1)
    ).first()
    return None if row is None else _kept(session, *row)


def latest_order(session: Session, organisation_id: int, year: int) -> SchemeOrder | None:
    """Return the newest version's number and weights alone, or None."""
    row = session.scalar(
        select(RankingScheme)
        .where(RankingScheme.organisation_id == organisation_id, RankingScheme.year == year)
        .order_by(RankingScheme.version.desc())
        .limit(1)
    )
    return None if row is None else SchemeOrder(row.id, row.version, _weights(row))


def order_by_id(session: Session, scheme_id: int) -> SchemeOrder:
    """Return a saved version's number and weights alone; it is known to exist."""
    row = session.get_one(RankingScheme, scheme_id)
    return SchemeOrder(row.id, row.version, _weights(row))


def last_years_scheme(session: Session, organisation_id: int, year: int) -> KeptScheme | None:
    """Return the scheme of the latest year before, which a new one begins with."""
    row = session.execute(
        select(RankingScheme, Login.display_name)
        .join(Login, Login.id == RankingScheme.made_by_id)
        .where(RankingScheme.organisation_id == organisation_id, RankingScheme.year < year)
        .order_by(RankingScheme.year.desc(), RankingScheme.version.desc())
        .limit(1)
    ).first()
    return None if row is None else _kept(session, *row)


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


def _kept(session: Session, row: RankingScheme, made_by: str) -> KeptScheme:
    titles, exclusions = _parts(session, row.id)
    return KeptScheme(
        row.id,
        row.organisation_id,
        row.year,
        row.version,
        made_by,
        row.made_at,
        Scheme(
            weights=_weights(row),
            minimum_minutes=row.minimum_minutes,
            member_since=row.member_since,
            titles_per_person=row.titles_per_person,
            titles=titles,
            exclusions=exclusions,
        ),
    )


def _weights(row: RankingScheme) -> Weights | None:
    if not row.is_weighted:
        return None
    return Weights(row.per_hour, row.per_date, row.per_service_day, row.per_point)


# Titles in their order, then who is left out.
_PARTS = """
SELECT 0, t.position, t.category, t.places, t.title FROM ranking_titles t WHERE t.scheme_id = ?
UNION ALL
SELECT 1, x.volunteer_id, '', 0, x.reason FROM ranking_exclusions x WHERE x.scheme_id = ?
ORDER BY 1, 2
"""


def _parts(session: Session, scheme_id: int) -> tuple[tuple[Title, ...], dict[int, str]]:
    rows = fetch(session, _PARTS, scheme_id, scheme_id)
    titles = tuple(Title(*row[2:]) for row in rows if row[0] == 0)
    return titles, {row[1]: row[4] for row in rows if row[0] == 1}
