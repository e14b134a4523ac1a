"""Served minutes and their sums, from the totals kept beside the records."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, cast, func, select
from sqlalchemy.orm import Session

from app.service.models import ServiceTotal
from app.teams.models import Colour, Team


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


def served_minutes_of(session: Session, volunteer_id: int) -> int:
    """Return a person's served minutes: approved and unreversed, whatever was spent since."""
    query = select(_whole(func.sum(ServiceTotal.minutes))).where(
        ServiceTotal.volunteer_id == volunteer_id
    )
    return session.scalar(query) or 0


def served_minutes_of_many(session: Session, volunteer_ids: Iterable[int]) -> dict[int, int]:
    """Return the served minutes of several people (a page of them)."""
    query = (
        select(ServiceTotal.volunteer_id, _whole(func.sum(ServiceTotal.minutes)))
        .where(ServiceTotal.volunteer_id.in_(sorted(set(volunteer_ids))))
        .group_by(ServiceTotal.volunteer_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


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
