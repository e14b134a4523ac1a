"""Who looked at whose data, when and why: read from the trail."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.organisations.queries import ancestors_of
from app.people.models import Login, Volunteer
from app.people.queries import get_volunteer
from app.privacy.rules.looking import ABOUT_ONE, LISTS, LOOKS
from app.teams.models import JoinRequest
from app.trail.models import TrailRow
from app.trail.queries import TrailLine, told, with_personal

MOST_SHOWN = 200
PAGE = 50


class Look(NamedTuple):
    """One look at somebody's data; `organisation` stands where it was a list of everybody's."""

    at: datetime
    operation: str
    by: str | None
    reason: str | None
    organisation: str | None


class DeskLook(NamedTuple):
    """The same as organisers and auditors see it, with whose data it was."""

    id: int
    at: datetime
    operation: str
    actor_id: int | None
    by: str | None
    volunteer_id: int | None
    whom: str | None
    number: str | None
    organisation: str | None
    reason: str | None


class Narrowed(NamedTuple):
    """What the desk asks for: one person's data, what one login did, between two instants."""

    volunteer_id: int | None = None
    actor_id: int | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


def looks_at(session: Session, volunteer_id: int, limit: int | None = None) -> list[Look]:
    """Return each look at somebody's data, the last first, lists they stood in included."""
    person = get_volunteer(session, volunteer_id)
    requests = select(JoinRequest.id).where(JoinRequest.volunteer_id == volunteer_id)
    above = ancestors_of(session, person.organisation_id)
    about = or_(
        _about(volunteer_id),
        and_(
            TrailRow.operation == "show_phone",
            TrailRow.subject_kind == "join_request",
            TrailRow.subject_id.in_(requests),
        ),
        and_(
            TrailRow.operation.in_(LISTS),
            TrailRow.organisation_id.in_(above),
            TrailRow.at >= person.created_at,
        ),
    )
    lines = _lines(session, about, limit)
    names, places = _names(session, lines), _places(session, lines)
    return [
        Look(
            line.at,
            line.operation,
            names.get(line.actor_id or 0),
            line.reason,
            places.get(line.organisation_id or 0) if line.operation in LISTS else None,
        )
        for line in lines
    ]


def looks_below(
    session: Session,
    scope: Collection[int],
    asked: Narrowed,
    *,
    before_id: int | None = None,
    limit: int = PAGE,
) -> list[DeskLook]:
    """Return the looks at data of people below some organisations, the last first."""
    where: list[ColumnElement[bool]] = [
        TrailRow.operation.in_(LOOKS),
        TrailRow.organisation_id.in_(scope),
    ]
    if asked.volunteer_id is not None:
        where.append(_about(asked.volunteer_id))
    if asked.actor_id is not None:
        where.append(TrailRow.actor_id == asked.actor_id)
    if asked.from_at is not None:
        where.append(TrailRow.at >= asked.from_at)
    if asked.until_at is not None:
        where.append(TrailRow.at < asked.until_at)
    if before_id is not None:
        where.append(TrailRow.id < before_id)
    lines = _lines(session, and_(*where), limit)
    return _shown(session, lines)


def _shown(session: Session, lines: list[TrailLine]) -> list[DeskLook]:
    names, places = _names(session, lines), _places(session, lines)
    ids = {line.subject_id for line in lines if line.subject_kind == "volunteer"}
    query = select(Volunteer.id, Volunteer.name, Volunteer.number).where(Volunteer.id.in_(ids))
    people = {row[0]: row for row in session.execute(query)} if ids else {}
    found = []
    for line in lines:
        whom = people.get(line.subject_id or 0) if line.subject_kind == "volunteer" else None
        found.append(
            DeskLook(
                line.id,
                line.at,
                line.operation,
                line.actor_id,
                names.get(line.actor_id or 0),
                whom[0] if whom else None,
                whom[1] if whom else None,
                whom[2] if whom else None,
                places.get(line.organisation_id or 0),
                line.reason,
            )
        )
    return found


def _about(volunteer_id: int) -> ColumnElement[bool]:
    return and_(
        TrailRow.subject_kind == "volunteer",
        TrailRow.subject_id == volunteer_id,
        TrailRow.operation.in_(ABOUT_ONE),
    )


def _lines(session: Session, where: ColumnElement[bool], limit: int | None) -> list[TrailLine]:
    query: Any = with_personal().where(where).order_by(TrailRow.id.desc())
    return [told(row) for row in session.execute(query.limit(limit))]


def _names(session: Session, lines: list[TrailLine]) -> Mapping[int, str]:
    ids = {line.actor_id for line in lines if line.actor_id}
    if not ids:
        return {}
    query = select(Login.id, Login.display_name).where(Login.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query)}


def _places(session: Session, lines: list[TrailLine]) -> Mapping[int, str]:
    ids = {line.organisation_id for line in lines if line.organisation_id}
    if not ids:
        return {}
    query = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(query)}
