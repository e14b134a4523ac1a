"""Whose archive it is: held for a change, judged on what the database says now."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.archive.rules.entries import WITH_ARCHIVE, NoArchive, OwnArchive
from app.errors import NotFound
from app.people.models import Volunteer
from app.second_person.queries import today_of
from app.teams.rules import Actor


def held_person(session: Session, volunteer_id: int, actor: Actor) -> Volunteer:
    """Return somebody whose archive this organiser keeps, locked; never their own."""
    person = locked_person(session, volunteer_id)
    if person.organisation_id not in actor.organises:
        raise NotFound
    if actor.benefits(person.id):
        raise OwnArchive
    return person


def locked_person(session: Session, volunteer_id: int) -> Volunteer:
    """Return a confirmed volunteer, locked until the commit."""
    person = session.scalar(select(Volunteer).where(Volunteer.id == volunteer_id).with_for_update())
    if person is None:
        raise NotFound
    if person.state not in WITH_ARCHIVE:
        raise NoArchive
    return person


def today_for(session: Session, person: Volunteer, now: datetime) -> date:
    """Return the civil date where somebody belongs."""
    return today_of(session, [person.organisation_id], now)
