"""The secret address of one's own calendar: made, made anew, given up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.activities.models import CalendarFeed
from app.errors import NotFound
from app.people.queries import get_volunteer
from app.people.rules.passwords import digest, new_token
from app.teams.rules import Actor
from app.trail.operations import note


def make_feed(session: Session, volunteer_id: int, *, actor: Actor, now: datetime) -> str:
    """Return the token of a new address; an address made before stops at once.

    Only its digest is kept: whoever loses the address makes another.
    """
    organisation_id = _own(session, volunteer_id, actor)
    token = new_token()
    feed = session.get(CalendarFeed, volunteer_id)
    is_first = feed is None
    if feed is None:
        feed = CalendarFeed(volunteer_id=volunteer_id)
        session.add(feed)
    feed.token_sha256, feed.made_at, feed.made_by_id = digest(token), now, actor.login_id
    session.flush()
    operation = "make_calendar_feed" if is_first else "renew_calendar_feed"
    _note(session, operation, volunteer_id, organisation_id, actor=actor, now=now)
    return token


def end_feed(session: Session, volunteer_id: int, *, actor: Actor, now: datetime) -> None:
    """Let the address stop; where there is none, nothing is left to do."""
    organisation_id = _own(session, volunteer_id, actor)
    feed = session.get(CalendarFeed, volunteer_id)
    if feed is None:
        return
    session.delete(feed)
    session.flush()
    _note(session, "end_calendar_feed", volunteer_id, organisation_id, actor=actor, now=now)


def _own(session: Session, volunteer_id: int, actor: Actor) -> int:
    """Hold a person who is the actor or whom they act for; return where they belong."""
    if not actor.benefits(volunteer_id):
        raise NotFound
    person = get_volunteer(session, volunteer_id)
    # Locked first: two taps may arrive at once, and a person has one address.
    session.refresh(person, with_for_update={"key_share": True})
    return person.organisation_id


def _note(
    session: Session,
    operation: str,
    volunteer_id: int,
    organisation_id: int,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=organisation_id,
        on_behalf_of_id=actor.on_behalf_of_id,
    )
