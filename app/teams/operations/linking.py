"""Say who one is: a sign-in with roles that is nobody's yet becomes a volunteer's."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.people.models import Volunteer
from app.people.operations import link_volunteer
from app.people.queries import volunteer_by_number
from app.people.rules.names import normal_name
from app.teams.queries import standing_of
from app.teams.rules import Actor, NobodyOfThisName, may_link


def find_oneself(
    session: Session, *, number: str, name: str, actor: Actor, today: date
) -> Volunteer:
    """Return the volunteer somebody says they are, or refuse."""
    found = volunteer_by_number(session, number)
    if found is None or found.name != normal_name(name) or found.state != "active":
        raise NobodyOfThisName
    may_link(actor, standing_of(session, found.id, today))
    return found


def link_oneself(
    session: Session, volunteer_id: int, *, actor: Actor, now: datetime, today: date
) -> None:
    """Link the actor's own login with a volunteer: rights only ever go by it."""
    if actor.volunteer_id == volunteer_id:
        return
    may_link(actor, standing_of(session, volunteer_id, today))
    link_volunteer(session, actor.login_id, volunteer_id, actor_id=actor.login_id, now=now)
