"""By which names people stand on public pages, as consent is at this moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.errors import NotFound
from app.people.models import Helper, Login, NamingConsent, Volunteer
from app.people.queries.spans import lasts
from app.people.queries.volunteers import chunks
from app.people.rules.naming import Nameable
from app.people.rules.naming import public_name as name_in_public


class NamingRow(NamedTuple):
    """One word on being named, as pages show it; `recorder` entered it."""

    is_named: bool
    given_by: str
    signed_by: str
    guardian: str | None
    recorder: str | None
    given_at: datetime


def public_names(session: Session, volunteer_ids: Collection[int], on: date) -> dict[int, str]:
    """Return, by id, the names public pages show on a civil date: one statement.

    Asked at each request and never kept: a consent taken back acts at once.
    """
    people = nameables(session, volunteer_ids, on)
    return {volunteer_id: name_in_public(one, on) for volunteer_id, one in people.items()}


def public_name(session: Session, volunteer_id: int, on: date) -> str:
    """Return the name public pages show of one person, or raise NotFound."""
    return name_in_public(nameable(session, volunteer_id, on), on)


def nameables(session: Session, volunteer_ids: Collection[int], on: date) -> dict[int, Nameable]:
    """Return, by id, what decides by which name people stand on public pages."""
    return {
        row[0]: Nameable(*row[1:])
        for chunk in chunks(sorted(set(volunteer_ids)))
        for row in session.execute(
            select(
                Volunteer.id,
                Volunteer.name,
                Volunteer.born_on,
                Volunteer.is_named,
                _guardian_agreed(),
                has_guardian(on),
            ).where(Volunteer.id.in_(chunk))
        )
    }


def nameable(session: Session, volunteer_id: int, on: date) -> Nameable:
    """Return what decides by which name one person stands in public, or raise NotFound."""
    found = nameables(session, [volunteer_id], on)
    if volunteer_id not in found:
        raise NotFound
    return found[volunteer_id]


def naming_of(session: Session, volunteer_id: int) -> list[NamingRow]:
    """Return each word on somebody's being named, the last first."""
    guardian = aliased(Volunteer)
    rows = session.execute(
        select(
            NamingConsent.is_named, NamingConsent.given_by, NamingConsent.signed_by,
            guardian.name, Login.display_name, NamingConsent.given_at,
        )
        .outerjoin(guardian, guardian.id == NamingConsent.guardian_id)
        .outerjoin(Login, Login.id == NamingConsent.recorded_by_id)
        .where(NamingConsent.volunteer_id == volunteer_id)
        .order_by(NamingConsent.id.desc())
    )  # fmt: skip
    return [NamingRow(*row) for row in rows]


def _guardian_agreed() -> ColumnElement[bool]:
    """Return whether the last word on being named was a guardian's."""
    last = select(func.max(NamingConsent.id)).where(NamingConsent.volunteer_id == Volunteer.id)
    return exists().where(
        NamingConsent.id == last.correlate(Volunteer).scalar_subquery(),
        NamingConsent.signed_by == "guardian",
    )


def has_guardian(on: date) -> ColumnElement[bool]:
    """Return the condition that somebody is the volunteer's guardian on a date."""
    return exists().where(
        Helper.volunteer_id == Volunteer.id, Helper.kind == "guardian", lasts(Helper, on)
    )
