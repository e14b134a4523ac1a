"""Who acts for whom, and who agreed to the privacy notice."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app.people.models import Consent, Helper, Login, Volunteer


class ActingRow(NamedTuple):
    """One line of who acts for whom; the person named is the other one."""

    id: int
    volunteer_id: int
    helper_id: int
    name: str
    number: str | None
    kind: str
    from_on: date
    until_on: date | None
    consent: str | None


class ConsentRow(NamedTuple):
    """A consent as pages show it; `recorder` entered it, when it was not a visitor."""

    version: str
    given_at: datetime
    given_by: str
    guardian: str | None
    recorder: str | None


def helpers_of(session: Session, volunteer_id: int, on: date) -> list[ActingRow]:
    """Return who acts for somebody on a date or from a later one."""
    return _rows(session, Helper.helper_id, and_(Helper.volunteer_id == volunteer_id, _lasting(on)))


def wards_of(session: Session, helper_id: int, on: date) -> list[ActingRow]:
    """Return for whom somebody acts on a date or from a later one."""
    return _rows(session, Helper.volunteer_id, and_(Helper.helper_id == helper_id, _lasting(on)))


def _lasting(on: date) -> ColumnElement[bool]:
    return or_(Helper.until_on.is_(None), Helper.until_on >= on)


def _rows(session: Session, other: object, condition: ColumnElement[bool]) -> list[ActingRow]:
    rows = session.execute(
        select(
            Helper.id, Helper.volunteer_id, Helper.helper_id, Volunteer.name, Volunteer.number,
            Helper.kind, Helper.from_on, Helper.until_on, Helper.consent,
        )
        .join(Volunteer, Volunteer.id == other)
        .where(condition)
        .order_by(Helper.kind, Volunteer.name_keys, Helper.id)
    )  # fmt: skip
    return [ActingRow(*row) for row in rows]


def consents_of(session: Session, volunteer_id: int) -> list[ConsentRow]:
    """Return what somebody agreed to, the latest first."""
    guardian = Volunteer.__table__.alias("guardian")
    rows = session.execute(
        select(
            Consent.version, Consent.given_at, Consent.given_by,
            guardian.c.name, Login.display_name,
        )
        .outerjoin(guardian, guardian.c.id == Consent.guardian_id)
        .outerjoin(Login, Login.id == Consent.recorded_by_id)
        .where(Consent.volunteer_id == volunteer_id)
        .order_by(Consent.id.desc())
    )  # fmt: skip
    return [ConsentRow(*row) for row in rows]
