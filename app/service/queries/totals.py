"""Served minutes and their sums, from the totals kept beside the records.

A lifetime is the one door to what somebody ever served: the totals, and what their paper book
held before Qicai. Years and rankings know nothing of the latter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.opening.queries import LIVE_MINUTES
from app.service.models import ServiceTotal
from app.teams.models import Colour, Team


class Part(NamedTuple):
    """What one person served with one team in one colour in one year."""

    year: int
    team_id: int
    team_name: str
    colour_key: str
    colour_glyph: str
    minutes: int


class Lifetime(NamedTuple):
    """All that one person served; `before_minutes` of it stood in a paper book before Qicai."""

    parts: list[Part]
    before_minutes: int

    @property
    def minutes(self) -> int:
        return self.before_minutes + sum(part.minutes for part in self.parts)


class TotalRow(NamedTuple):
    """What one person served with one team in one year."""

    year: int
    team_id: int
    team_name: str
    colour_key: str
    records: int
    minutes: int
    points_hundredths: int
    dates: int
    service_days: int


class Sums(NamedTuple):
    """What some organisations served together."""

    minutes: int
    records: int
    people: int


# A row without a team is what the paper book held.
_LIFETIME = f"""
SELECT s.year, s.team_id, t.name, c.key, c.glyph, s.minutes
FROM service_totals s JOIN teams t ON t.id = s.team_id JOIN colours c ON c.id = s.colour_id
WHERE s.volunteer_id = ? AND s.records > 0
UNION ALL
SELECT 0, NULL, '', '', '', minutes FROM ({LIVE_MINUTES} AND volunteer_id = ?) AS book
ORDER BY 1 DESC
"""
_LIFETIMES = f"""
SELECT volunteer_id, CAST(sum(minutes) AS bigint) FROM (
  SELECT volunteer_id, minutes FROM service_totals WHERE volunteer_id IN ?ids
  UNION ALL {LIVE_MINUTES} AND volunteer_id IN ?ids
) AS part GROUP BY volunteer_id
"""


def lifetime_of(session: Session, volunteer_id: int) -> Lifetime:
    """Return what somebody ever served, the newest year first; one statement."""
    parts: list[Part] = []
    before = 0
    for row in fetch(session, *asking_lifetime(volunteer_id)):
        if row[1] is None:
            before += row[5]
        else:
            parts.append(Part(*row))
    return Lifetime(parts, before)


def asking_lifetime(volunteer_id: int) -> tuple[Any, ...]:
    """Return the query of `lifetime_of`, as `asked_ahead` takes it."""
    return _LIFETIME, volunteer_id, volunteer_id


def served_minutes_of(session: Session, volunteer_id: int) -> int:
    """Return a person's served minutes: approved and unreversed, whatever was spent since."""
    return served_minutes_of_many(session, [volunteer_id]).get(volunteer_id, 0)


def served_minutes_of_many(session: Session, volunteer_ids: Iterable[int]) -> dict[int, int]:
    """Return the served minutes of several people (a page of them), paper books included."""
    people = sorted(set(volunteer_ids))
    return {row[0]: row[1] for row in fetch(session, _LIFETIMES, people, people)}


def totals_of_volunteer(session: Session, volunteer_id: int) -> list[TotalRow]:
    """Return a person's totals per year and team, the newest year first."""
    query = (
        select(
            ServiceTotal.year,
            ServiceTotal.team_id,
            Team.name,
            Colour.key,
            ServiceTotal.records,
            ServiceTotal.minutes,
            ServiceTotal.points_hundredths,
            ServiceTotal.dates,
            ServiceTotal.service_days,
        )
        .join(Team, Team.id == ServiceTotal.team_id)
        .join(Colour, Colour.id == ServiceTotal.colour_id)
        .where(ServiceTotal.volunteer_id == volunteer_id)
        .order_by(ServiceTotal.year.desc(), ServiceTotal.minutes.desc(), ServiceTotal.id)
    )
    return [TotalRow._make(row) for row in session.execute(query)]


def sums_of(
    session: Session,
    organisation_ids: Collection[int],
    *,
    year: int | None = None,
    team_id: int | None = None,
) -> Sums:
    """Return what these organisations served, in a year or ever, from the kept totals."""
    query = select(
        _whole(func.coalesce(func.sum(ServiceTotal.minutes), 0)),
        _whole(func.coalesce(func.sum(ServiceTotal.records), 0)),
        func.count(ServiceTotal.volunteer_id.distinct()),
    ).where(ServiceTotal.organisation_id.in_(organisation_ids))
    if year is not None:
        query = query.where(ServiceTotal.year == year)
    if team_id is not None:
        query = query.where(ServiceTotal.team_id == team_id)
    return Sums._make(session.execute(query).one())


def _whole(total: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of bigints is a numeric on PostgreSQL; it is a whole number here."""
    return cast(total, BigInteger)
