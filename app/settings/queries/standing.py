"""What stands at organisations: teams, people, what is planned and what is still open."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.organisations.models import Organisation
from app.people.models import Login, Role, Volunteer
from app.people.queries import matches
from app.people.queries.spans import lasts
from app.teams.models import Team


class Use(NamedTuple):
    """How many teams in service and people an organisation has, and since when it has none."""

    teams: int = 0
    people: int = 0
    retired_on: date | None = None


class Open(NamedTuple):
    """What goes along with teams (planned to disputes), and what stays with an organisation."""

    people: int
    planned: int
    projects: int
    waiting: int
    disputes: int
    requests: int
    adjustments: int
    shelf: int


_OPEN = """
SELECT
  (SELECT count(*) FROM volunteers WHERE organisation_id = ? AND state <> 'matched') AS people,
  (SELECT count(*) FROM activities WHERE team_id IN ?ids AND service_on >= ?
    AND state NOT IN ('closed', 'cancelled')) AS planned,
  (SELECT count(*) FROM projects WHERE team_id IN ?ids AND ended_at IS NULL) AS projects,
  (SELECT count(*) FROM service_records WHERE team_id IN ?ids AND state = 'submitted' AND part = 1)
    AS waiting,
  (SELECT count(*) FROM disputes d JOIN service_records r ON r.id = d.record_id
    WHERE r.team_id IN ?ids AND d.state IN ('open', 'passed_on')) AS disputes,
  (SELECT count(*) FROM join_requests WHERE organisation_id = ? AND state = 'open') AS requests,
  (SELECT count(*) FROM adjustments WHERE organisation_id = ? AND state = 'asked') AS adjustments,
  (SELECT count(*) FROM shelf_items WHERE organisation_id = ? AND withdrawn_at IS NULL) AS shelf
"""


def uses_of(session: Session, organisation_ids: Collection[int], on: date) -> dict[int, Use]:
    """Return what stands at organisations on a date; one statement each for teams and people."""
    ids = sorted(organisation_ids)
    nodes = select(Organisation.id, Organisation.retired_on).where(Organisation.id.in_(ids))
    teams = (
        select(Team.organisation_id, func.count())
        .where(
            Team.organisation_id.in_(ids),
            or_(Team.retired_on.is_(None), Team.retired_on > on),
        )
        .group_by(Team.organisation_id)
    )
    people = (
        select(Volunteer.organisation_id, func.count())
        .where(Volunteer.organisation_id.in_(ids), Volunteer.state != "matched")
        .group_by(Volunteer.organisation_id)
    )
    of_teams = dict(session.execute(teams).all())
    of_people = dict(session.execute(people).all())
    return {
        each: Use(of_teams.get(each, 0), of_people.get(each, 0), retired_on)
        for each, retired_on in session.execute(nodes)
    }


def open_at(session: Session, organisation_id: int, team_ids: Collection[int], on: date) -> Open:
    """Return what would go along with these teams, and what stays with the organisation."""
    ids, home = sorted(team_ids), organisation_id
    row = fetch(session, _OPEN, home, ids, on, ids, ids, ids, home, home, home)[0]
    return Open(*map(int, row))


def desk_of(session: Session, organisation_id: int, on: date) -> list[str]:
    """Return the names of those who organise or audit by a role of this very organisation."""
    named = (
        select(Login.display_name)
        .join(Role, Role.login_id == Login.id)
        .where(Role.organisation_id == organisation_id, lasts(Role, on))
        .where(Login.is_suspended.is_(False))
        .distinct()
        .order_by(Login.display_name)
    )
    return list(session.scalars(named))


def people_meant(
    organisation_id: int, *, text: str = "", only: Collection[int] | None = None
) -> ColumnElement[bool]:
    """Return the condition of those who belong to an organisation: of a search, or named ones."""
    here = and_(
        Volunteer.organisation_id == organisation_id, Volunteer.state != "matched", matches(text)
    )
    return here if only is None else and_(here, Volunteer.id.in_(sorted(only)))


def count_meant(session: Session, where: ColumnElement[bool]) -> int:
    """Return how many people a condition finds."""
    return session.scalar(select(func.count()).select_from(Volunteer).where(where)) or 0


def people_found(
    session: Session, where: ColumnElement[bool], *, offset: int = 0, limit: int | None = None
) -> list[tuple[int, str | None, str]]:
    """Return id, number and name of people, by pinyin."""
    rows = session.execute(
        select(Volunteer.id, Volunteer.number, Volunteer.name)
        .where(where)
        .order_by(Volunteer.name_keys, Volunteer.id)
        .offset(offset)
        .limit(limit)
    )
    return [(one, number, name) for one, number, name in rows]


def names_below(session: Session, organisation_id: int) -> list[str]:
    """Return the names of the organisations in service right below one."""
    below = select(Organisation.name).where(
        Organisation.parent_id == organisation_id, Organisation.retired_on.is_(None)
    )
    return list(session.scalars(below.order_by(Organisation.code)))
