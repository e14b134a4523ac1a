"""A person's details, and what was entered about them: what stands and what was withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.archive.models import (
    CommendationGiven,
    ComplaintReceived,
    PersonDetails,
    TrainingTaken,
)
from app.archive.rules.entries import MOST_LISTED
from app.organisations.models import Organisation
from app.people.models import Login, Volunteer
from app.people.queries.merged import selves


class DetailsRow(NamedTuple):
    """What the national rule asks of a person beside the roster."""

    residence_area: str = ""
    skills: str = ""
    service_category: str = ""
    id_document_kind: str | None = None
    id_document_encrypted: str | None = None


class TrainingRow(NamedTuple):
    """A course somebody took."""

    id: int
    state: str
    entered_by: str
    entered_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    reason: str
    course: str
    minutes: int
    held_on: date
    organiser: str


class CommendationRow(NamedTuple):
    """An honour somebody was given."""

    id: int
    state: str
    entered_by: str
    entered_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    reason: str
    title: str
    given_by: str
    given_on: date
    is_elsewhere: bool
    note: str


class ComplaintRow(NamedTuple):
    """What was said against somebody's service, and what came of it."""

    id: int
    state: str
    entered_by: str
    entered_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    reason: str
    received_on: date
    content: str
    outcome: str
    answered_on: date | None
    answered_by: str | None


class Entries(NamedTuple):
    """All that was entered about somebody, the latest first; withdrawn entries among it."""

    trainings: list[TrainingRow]
    commendations: list[CommendationRow]
    complaints: list[ComplaintRow]


Entered = type[TrainingTaken] | type[CommendationGiven] | type[ComplaintReceived]
_Enterer, _Withdrawer, _Answerer = aliased(Login), aliased(Login), aliased(Login)


def details_of(session: Session, volunteer_id: int) -> DetailsRow:
    """Return somebody's details; empty where nothing was filled in yet."""
    wanted = select(*(getattr(PersonDetails, name) for name in DetailsRow._fields))
    row = session.execute(wanted.where(PersonDetails.volunteer_id == volunteer_id)).first()
    return DetailsRow() if row is None else DetailsRow(*row)


def entries_of(session: Session, volunteer_id: int) -> Entries:
    """Return what was entered about somebody; a statement for each group."""
    taken = TrainingTaken
    trainings = _rows(
        session,
        taken,
        volunteer_id,
        taken.held_on,
        (taken.course, taken.minutes, taken.held_on, taken.organiser),
    )
    given = CommendationGiven
    commendations = _rows(
        session,
        given,
        volunteer_id,
        given.given_on,
        (given.title, given.given_by, given.given_on, given.is_elsewhere, given.note),
    )
    said = ComplaintReceived
    complaints = _rows(
        session,
        said,
        volunteer_id,
        said.received_on,
        (said.received_on, said.content, said.outcome, said.answered_on, _Answerer.display_name),
    )
    return Entries(
        [TrainingRow(*row) for row in trainings],
        [CommendationRow(*row) for row in commendations],
        [ComplaintRow(*row) for row in complaints],
    )


def _rows(
    session: Session, table: Entered, volunteer_id: int, on: Any, own: tuple[Any, ...]
) -> list[Any]:
    query = (
        select(
            table.id,
            table.state,
            _Enterer.display_name,
            table.entered_at,
            _Withdrawer.display_name,
            table.withdrawn_at,
            table.reason,
            *own,
        )
        .join(_Enterer, _Enterer.id == table.entered_by_id)
        .outerjoin(_Withdrawer, _Withdrawer.id == table.withdrawn_by_id)
        # Under whichever of their numbers it was entered.
        .where(table.volunteer_id.in_(selves(volunteer_id)))
        .order_by(on.desc(), table.id.desc())
        .limit(MOST_LISTED)
    )
    if table is ComplaintReceived:
        query = query.outerjoin(_Answerer, _Answerer.id == ComplaintReceived.answered_by_id)
    return list(session.execute(query))


class Letterhead(NamedTuple):
    """Whose archive it is, and where."""

    name: str
    number: str
    organisation: str


def letterhead_of(session: Session, volunteer_id: int) -> Letterhead:
    """Return what stands above somebody's printed archive; they are known to exist."""
    row = session.execute(
        select(Volunteer.name, func.coalesce(Volunteer.number, ""), Organisation.name)
        .join(Organisation, Organisation.id == Volunteer.organisation_id)
        .where(Volunteer.id == volunteer_id)
    ).one()
    return Letterhead._make(row)
