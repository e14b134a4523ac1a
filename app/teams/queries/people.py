"""The organiser's list of people, which shows and filters by team."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.people.models import Login, Volunteer
from app.people.queries import matches
from app.people.rules.names import masked_phone
from app.teams.queries.members import members_of_teams


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
    organisation_name: str
    has_password: bool


def people_where(
    organisation_ids: Collection[int], *, text: str = "", team_id: int | None = None, on: date
) -> ColumnElement[bool]:
    """Return the condition of the organiser's list: organisations, a search, a team."""
    here = and_(Volunteer.organisation_id.in_(organisation_ids), Volunteer.state != "matched")
    wanted = and_(here, matches(text))
    if team_id is not None:
        wanted = and_(wanted, Volunteer.id.in_(members_of_teams([team_id], on)))
    return wanted


def count_people(session: Session, where: ColumnElement[bool]) -> int:
    """Return how many people a condition finds."""
    return session.scalar(select(func.count()).select_from(Volunteer).where(where)) or 0


def people_page(
    session: Session, where: ColumnElement[bool], *, offset: int = 0, limit: int | None = None
) -> list[PersonRow]:
    """Return people by pinyin, those who left last."""
    rows: Any = session.execute(
        select(
            Volunteer.id, Volunteer.number, Volunteer.name, Volunteer.phone, Volunteer.kind,
            Volunteer.sex, Volunteer.born_on, Volunteer.state, Organisation.name,
            Login.password_hash.is_not(None),
        )
        .join(Organisation, Organisation.id == Volunteer.organisation_id)
        .outerjoin(Login, Login.volunteer_id == Volunteer.id)
        .where(where)
        .order_by(Volunteer.state == "left", Volunteer.name_keys, Volunteer.id)
        .offset(offset)
        .limit(limit)
    ).all()  # fmt: skip
    return [
        PersonRow._make([*row[:3], masked_phone(row[3]), *row[4:9], bool(row[9])]) for row in rows
    ]
