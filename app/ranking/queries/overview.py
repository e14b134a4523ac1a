"""Where the years of several organisations stand, and what was decided besides by two people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Subquery, select, true
from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.people.models import Login
from app.ranking.models import NoticeExtension, RankingScheme, RankingSnapshot
from app.ranking.queries.schemes import SchemeOrder, weights_of
from app.ranking.queries.scopes import years_by_organisation
from app.ranking.rules.stages import PREVIEW, stage_of


class YearStanding(NamedTuple):
    """Where one year of one organisation stands."""

    organisation_id: int
    year: int
    stage: str
    until_on: date | None
    # What waits for a second person; empty for nothing.
    asked_for: str
    has_scheme: bool


class Extension(NamedTuple):
    """A notice that was made longer."""

    list_number: int
    until_on: date
    reason: str
    by: str
    at: datetime


# The list that stands of each year, whether it is final, and until when its notice lasts.
STANDING_LISTS = """
SELECT s.organisation_id, s.year,
  CASE WHEN f.snapshot_id IS NULL THEN 0 ELSE 1 END AS is_final, s.notice_until_on AS until_on,
  (SELECT max(e.until_on) FROM notice_extensions e WHERE e.snapshot_id = s.id) AS extended_on
FROM ranking_snapshots s LEFT JOIN ranking_finals f ON f.snapshot_id = s.id
WHERE s.organisation_id IN ?ids
  AND NOT EXISTS (SELECT 1 FROM ranking_snapshots n WHERE n.corrects_id = s.id)
"""
_ASKED = """
SELECT organisation_id, year, asked_for FROM ranking_freezes
WHERE state = 'asked' AND organisation_id IN ?ids
"""
_WITH_SCHEME = """
SELECT DISTINCT organisation_id, year FROM ranking_schemes WHERE organisation_id IN ?ids
"""


def years_standing(session: Session, organisation_ids: Collection[int]) -> list[YearStanding]:
    """Return every year there is anything of in these organisations, the newest first."""
    ids = sorted(organisation_ids)
    frozen = {
        (row[0], row[1]): (bool(row[2]), max(day_of(each) for each in row[3:] if each))
        for row in fetch(session, STANDING_LISTS, ids)
    }
    asked = {(row[0], row[1]): row[2] for row in fetch(session, _ASKED, ids)}
    schemes = {(row[0], row[1]) for row in fetch(session, _WITH_SCHEME, ids)}
    served = set(years_by_organisation(session, ids))
    return [
        YearStanding(
            one[0],
            one[1],
            stage_of(True, frozen[one][0]) if one in frozen else PREVIEW,
            frozen[one][1] if one in frozen else None,
            asked.get(one, ""),
            one in schemes,
        )
        for one in sorted(served | schemes | frozen.keys(), key=lambda one: (-one[1], one[0]))
    ]


def order_and_extensions(
    session: Session, organisation_id: int, year: int
) -> tuple[SchemeOrder | None, list[Extension]]:
    """Return what decides a year's order by its newest scheme, and its notices made longer.

    The newest of these first; without a scheme no list was frozen, and no notice given.
    """
    order, extended = _newest(organisation_id, year), _extended(organisation_id, year)
    rows = session.execute(
        select(order, extended).outerjoin(extended, true()).order_by(extended.c.id.desc())
    ).all()
    if not rows:
        return None, []
    scheme = SchemeOrder(rows[0].id, rows[0].version, weights_of(rows[0]))
    return scheme, [Extension._make(row[-5:]) for row in rows if row.list_number is not None]


def _newest(organisation_id: int, year: int) -> Subquery:
    weights = (
        RankingScheme.is_weighted,
        RankingScheme.per_hour,
        RankingScheme.per_date,
        RankingScheme.per_service_day,
        RankingScheme.per_point,
    )
    return (
        select(RankingScheme.id, RankingScheme.version, *weights)
        .where(RankingScheme.organisation_id == organisation_id, RankingScheme.year == year)
        .order_by(RankingScheme.version.desc())
        .limit(1)
        .subquery()
    )


def _extended(organisation_id: int, year: int) -> Subquery:
    return (
        select(
            NoticeExtension.id,
            RankingSnapshot.number.label("list_number"),
            NoticeExtension.until_on,
            NoticeExtension.reason,
            Login.display_name,
            NoticeExtension.extended_at,
        )
        .join(RankingSnapshot, RankingSnapshot.id == NoticeExtension.snapshot_id)
        .join(Login, Login.id == NoticeExtension.extended_by_id)
        .where(RankingSnapshot.organisation_id == organisation_id, RankingSnapshot.year == year)
        .subquery()
    )
