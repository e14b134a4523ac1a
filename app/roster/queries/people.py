"""The list of people: everybody of a desk's organisations whom all filters let through."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.organisations.models import Organisation
from app.people.models import Consent, Login, Pause, Role, Volunteer
from app.people.queries import matches
from app.people.queries.pauses import is_dormant
from app.people.rules.names import masked_phone
from app.roster.rules.filters import CHILD_AGE, GROWN_AGE, SENIOR_AGE, Filters, years_before
from app.service.models import ServiceRecord, ServiceTotal
from app.teams.models import Colour, Membership, Team
from app.teams.queries import MembershipRow
from app.teams.queries.spans import lasts


class Scope(NamedTuple):
    """Whose people a list may show, and as of when: date, zone and ranking year of the reader."""

    organisation_ids: Collection[int]
    on: date
    zone: str
    # What the filters name, looked up within reach.
    below: Collection[int] | None = None
    team_id: int | None = None


class PersonRow(NamedTuple):
    """One line of the organiser's list of people."""

    id: int
    number: str | None
    name: str
    masked_phone: str
    kind: str
    sex: str | None
    born_on: date | None
    state: str
    organisation_id: int
    organisation_name: str
    has_password: bool
    is_dormant: bool


class Served(NamedTuple):
    """What a line says of somebody's service."""

    minutes_this_year: int
    last_on: date | None


def people_where(filters: Filters, scope: Scope) -> ColumnElement[bool]:
    """Return the condition that somebody is of these organisations and fits every filter."""
    ids = scope.organisation_ids if scope.below is None else scope.below
    here = and_(Volunteer.organisation_id.in_(sorted(ids)), Volunteer.state != "matched")
    asked = [here]
    if filters.q:
        asked.append(matches(filters.q))
    if filters.kind:
        asked.append(Volunteer.kind == filters.kind)
    if filters.consent:
        asked.append(~_exists(Consent.volunteer_id == Volunteer.id))
    if filters.account:
        has_password = _exists(Login.volunteer_id == Volunteer.id, Login.password_hash.is_not(None))
        asked.append(has_password if filters.account == "open" else ~has_password)
    if filters.idle:
        asked.append(~served_since(filters.idle))
    if filters.joined:
        first, after = date(filters.joined, 1, 1), date(filters.joined + 1, 1, 1)
        asked += [joined_before(after, scope.zone), ~joined_before(first, scope.zone)]
    asked += _of_state(filters.state, scope.on)
    asked += _of_age(filters.age, scope.on)
    asked += _of_role(filters.role, scope.on)
    asked += _of_teams(filters, scope)
    return and_(*asked)


def among(volunteer_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that somebody is one of these."""
    return Volunteer.id.in_(volunteer_ids)


def count_people(session: Session, where: ColumnElement[bool]) -> int:
    """Return how many people a condition finds."""
    return session.scalar(select(func.count()).select_from(Volunteer).where(where)) or 0


def people_page(
    session: Session,
    where: ColumnElement[bool],
    *,
    on: date,
    sort: str = "",
    offset: int = 0,
    limit: int | None = None,
) -> list[PersonRow]:
    """Return people in the order asked for, those who left last."""
    # The page is cut from ids and keys alone: names and accounts are read of its lines only.
    cut = (
        select(Volunteer.id.label("id"))
        .where(where)
        .order_by(*_order(session, sort, on))
        .offset(offset)
        .limit(limit)
    )
    ids = list(session.scalars(cut))
    rows = _cards(session, ids if limit is not None else None, where, on)
    return [rows[one] for one in ids if one in rows]


def served_of(session: Session, volunteer_ids: Collection[int], year: int) -> dict[int, Served]:
    """Return what people served in a year and the last date on which service counts."""
    if not volunteer_ids:
        return {}
    minutes = dict(
        session.execute(
            select(ServiceTotal.volunteer_id, func.sum(ServiceTotal.minutes))
            .where(ServiceTotal.volunteer_id.in_(volunteer_ids), ServiceTotal.year == year)
            .group_by(ServiceTotal.volunteer_id)
        ).all()
    )
    last = dict(
        session.execute(
            select(ServiceRecord.volunteer_id, func.max(ServiceRecord.service_on))
            .where(ServiceRecord.volunteer_id.in_(volunteer_ids), ServiceRecord.state == "approved")
            .group_by(ServiceRecord.volunteer_id)
        ).all()
    )
    return {one: Served(int(minutes.get(one, 0)), last.get(one)) for one in volunteer_ids}


def memberships_where(
    session: Session, where: ColumnElement[bool], scope: Scope
) -> dict[int, list[MembershipRow]]:
    """Return the teams within reach of everybody a condition finds; one statement."""
    rows: Any = session.execute(
        select(
            Membership.id, Team.id, Team.code, Team.name, Membership.volunteer_id,
            Membership.role, Membership.from_on, Membership.until_on,
        )
        .join(Team, Team.id == Membership.team_id)
        .where(
            Membership.volunteer_id.in_(select(Volunteer.id).where(where)),
            lasts(Membership, scope.on),
            Team.organisation_id.in_(sorted(scope.organisation_ids)),
            or_(Team.retired_on.is_(None), Team.retired_on > scope.on),
        )
        .order_by(Membership.from_on, Membership.id)
    )  # fmt: skip
    found: dict[int, list[MembershipRow]] = {}
    for row in map(MembershipRow._make, rows):
        found.setdefault(row.volunteer_id, []).append(row)
    return found


def _exists(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that a row beside the person fits; whatever the outer query joins."""
    return exists().where(*conditions).correlate(Volunteer)


# ── the filters, one by one ───────────────────────────────────────────────────────────────


def _of_state(state: str, on: date) -> list[ColumnElement[bool]]:
    if not state:
        return []
    if state in ("left", "friend"):
        return [Volunteer.state == ("left" if state == "left" else "proposed")]
    # Asked once of the few who rest, not of each of 100,000 people; so with all below.
    resting = select(Pause.volunteer_id).where(Pause.kind == "dormant", lasts(Pause, on))
    rests = Volunteer.id.in_(resting)
    return [Volunteer.state == "active", rests if state == "dormant" else ~rests]


def _of_age(age: str, on: date) -> list[ColumnElement[bool]]:
    if not age:
        return []
    if age == "senior":
        return [Volunteer.born_on <= years_before(on, SENIOR_AGE)]
    return [Volunteer.born_on > years_before(on, CHILD_AGE if age == "child" else GROWN_AGE)]


def _of_role(role: str, on: date) -> list[ColumnElement[bool]]:
    if not role:
        return []
    if role == "leader":
        leads = Volunteer.id.in_(
            select(Membership.volunteer_id).where(
                Membership.role == "leader", lasts(Membership, on)
            )
        )
        return [leads]
    holders = (
        select(Login.volunteer_id)
        .join(Role, Role.login_id == Login.id)
        .where(Role.role == role, lasts(Role, on), Login.volunteer_id.is_not(None))
    )
    return [Volunteer.id.in_(holders)]


def _of_teams(filters: Filters, scope: Scope) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if scope.team_id is not None:
        asked.append(
            Volunteer.id.in_(
                select(Membership.volunteer_id).where(
                    Membership.team_id == scope.team_id, lasts(Membership, scope.on)
                )
            )
        )
    if filters.colour:
        asked.append(
            Volunteer.id.in_(
                select(Membership.volunteer_id)
                .join(Team, Team.id == Membership.team_id)
                .join(Colour, Colour.id == Team.colour_id)
                .where(Colour.key == filters.colour, lasts(Membership, scope.on))
            )
        )
    return asked


def served_since(since: date) -> ColumnElement[bool]:
    """Return the condition that service of somebody counts since a date."""
    return _exists(
        ServiceRecord.volunteer_id == Volunteer.id,
        ServiceRecord.service_on >= since,
        ServiceRecord.state == "approved",
    )


def joined_before(on: date, zone: str) -> ColumnElement[bool]:
    """Return the condition that somebody was in a team, or written down, before a date."""
    midnight = datetime.combine(on, time(), ZoneInfo(zone))
    members = select(Membership.volunteer_id).where(Membership.from_on < on)
    return or_(Volunteer.created_at < midnight, Volunteer.id.in_(members))


# ── order and lines ───────────────────────────────────────────────────────────────────────


def _order(session: Session, sort: str, on: date) -> list[Any]:
    tail: list[Any] = [Volunteer.name_keys, Volunteer.id]
    gone: ColumnElement[bool] = Volunteer.state == "left"
    if sort == "number":
        number: Any = Volunteer.number
        if is_postgresql(session):
            number = Volunteer.number.collate("C")
        return [gone, Volunteer.number.is_(None), number, Volunteer.id]
    if sort == "hours":
        minutes = (
            select(func.coalesce(func.sum(ServiceTotal.minutes), 0))
            .where(ServiceTotal.volunteer_id == Volunteer.id, ServiceTotal.year == on.year)
            .scalar_subquery()
        )
        return [gone, minutes.desc(), *tail]
    if sort == "last":
        last = (
            select(func.coalesce(func.max(ServiceRecord.service_on), date(1, 1, 1)))
            .where(ServiceRecord.volunteer_id == Volunteer.id, ServiceRecord.state == "approved")
            .scalar_subquery()
        )
        return [gone, last.desc(), *tail]
    return [gone, *tail]


def _cards(
    session: Session, ids: Collection[int] | None, where: ColumnElement[bool], on: date
) -> Mapping[int, PersonRow]:
    """Return the lines of these people, or of everybody a condition finds."""
    rows: Any = session.execute(
        select(
            Volunteer.id, Volunteer.number, Volunteer.name, Volunteer.phone, Volunteer.kind,
            Volunteer.sex, Volunteer.born_on, Volunteer.state, Organisation.id, Organisation.name,
            Login.password_hash.is_not(None), is_dormant(Volunteer.id, on),
        )
        .join(Organisation, Organisation.id == Volunteer.organisation_id)
        .outerjoin(Login, Login.volunteer_id == Volunteer.id)
        .where(where if ids is None else Volunteer.id.in_(ids))
    )  # fmt: skip
    return {
        row[0]: PersonRow._make(
            [*row[:3], masked_phone(row[3]), *row[4:10], bool(row[10]), bool(row[11])]
        )
        for row in rows
    }
