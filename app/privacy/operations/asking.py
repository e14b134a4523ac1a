"""Ask to be erased, take it back, or refuse it with a reason."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.notices.operations import tell_logins
from app.people.queries import get_volunteer
from app.privacy.models import ErasureAsk
from app.privacy.operations.taking_along import check_taking
from app.privacy.queries.erasing import open_ask
from app.privacy.rules.erasing import AskedAlready, NothingAsked, checked_reason, ready_at
from app.second_person.rules import Matter, check_no_benefit
from app.teams.queries import organisers_above
from app.teams.rules import Actor
from app.trail.operations import note

SUBJECT = "volunteer"
ASKED = "erasure.asked"


def ask_erasure(
    session: Session, volunteer_id: int, *, actor: Actor, now: datetime, today: date
) -> int:
    """Ask that somebody's data goes: the person, or their guardian."""
    check_taking(session, actor, volunteer_id, today)
    person = get_volunteer(session, volunteer_id)
    # Held, so that two taps ask once.
    session.refresh(person, with_for_update={"key_share": True})
    if person.state not in {"active", "left"}:
        raise NotFound
    if open_ask(session, volunteer_id) is not None:
        raise AskedAlready
    made = ErasureAsk(volunteer_id=volunteer_id, asked_by_id=actor.login_id, asked_at=now)
    session.add(made)
    session.flush()
    _note(session, "ask", made, actor, now)
    tell_logins(
        session,
        ASKED,
        organisers_above(session, person.organisation_id, today),
        # No name: what was told outlives the person's data.
        figures={"number": person.number or "—", "ready_at": ready_at(now)},
        path=f"/admin/people/{volunteer_id}/erase",
        at=now,
        subject_kind=SUBJECT,
        subject_id=volunteer_id,
        once=str(made.id),
    )
    return made.id


def withdraw_erasure(
    session: Session, volunteer_id: int, *, actor: Actor, now: datetime, today: date
) -> None:
    """Take back what was asked: the person, or their guardian."""
    check_taking(session, actor, volunteer_id, today)
    _end(session, volunteer_id, "withdrawn", actor, now)


def refuse_erasure(
    session: Session, volunteer_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Say why it cannot be done; the person reads it and may ask again."""
    person = get_volunteer(session, volunteer_id)
    if person.organisation_id not in actor.organises:
        raise NotFound
    check_no_benefit(actor, Matter(frozenset(), frozenset({volunteer_id})))
    _end(session, volunteer_id, "refused", actor, now, checked_reason(reason))


def _end(
    session: Session, volunteer_id: int, state: str, actor: Actor, now: datetime, answer: str = ""
) -> None:
    person = get_volunteer(session, volunteer_id)
    session.refresh(person, with_for_update={"key_share": True})
    ask = open_ask(session, volunteer_id)
    if ask is None:
        raise NothingAsked
    ask.state, ask.answer, ask.ended_at, ask.ended_by_id = state, answer, now, actor.login_id
    session.flush()
    _note(session, state, ask, actor, now, answer or None)


def _note(
    session: Session,
    verb: str,
    ask: ErasureAsk,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> None:
    is_ward = actor.volunteer_id != ask.volunteer_id and verb != "refused"
    note(
        session,
        operation=f"erasure.{verb}",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=ask.volunteer_id,
        organisation_id=get_volunteer(session, ask.volunteer_id).organisation_id,
        on_behalf_of_id=ask.volunteer_id if is_ward else None,
        before=None if verb == "ask" else {"state": "waiting"},
        after={"ask": ask.id, "state": ask.state},
        reason=reason,
    )
