"""Where somebody lives, what they can do, which document they showed; its number sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.archive.models import PersonDetails
from app.archive.operations.holding import held_person, locked_person
from app.archive.rules.documents import normal_number
from app.archive.rules.entries import Details
from app.archive.rules.sealing import SealKey, opened, sealed
from app.errors import NotFound
from app.people.models import Volunteer
from app.people.operations.phones import ReasonNeeded
from app.teams.rules import Actor
from app.trail.operations import note

_FIELDS = Details._fields


def change_details(
    session: Session, volunteer_id: int, details: Details, *, actor: Actor, now: datetime
) -> None:
    """Keep somebody's area, skills and service category: the organiser, or they themselves."""
    person = _reached(session, volunteer_id, actor)
    kept = _kept(session, person.id, actor, now)
    before = {name: getattr(kept, name) for name in _FIELDS}
    after = {name: value.strip() for name, value in details._asdict().items()}
    if before == after:
        return
    for name, value in after.items():
        setattr(kept, name, value)
    _changed(session, person, kept, actor, now, "archive.change_details", before, after)


def change_document(
    session: Session,
    volunteer_id: int,
    kind: str | None,
    number: str,
    *,
    actor: Actor,
    now: datetime,
    key: SealKey,
) -> None:
    """Keep an ID document's kind and number, the number sealed; without a kind, forget both."""
    person = held_person(session, volunteer_id, actor)
    kept = _kept(session, person.id, actor, now)
    before = {"id_document_kind": kept.id_document_kind}
    if kind:
        number = normal_number(kind, number)
        kept.id_document_encrypted = sealed(number, volunteer_id=person.id, key=key)
    else:
        kept.id_document_encrypted = None
    kept.id_document_kind = kind or None
    after = {"id_document_kind": kept.id_document_kind}
    _changed(session, person, kept, actor, now, "archive.change_document", before, after)


def show_document(
    session: Session, volunteer_id: int, *, reason: str, actor: Actor, now: datetime, key: SealKey
) -> str | None:
    """Return somebody's full ID number; who looked and why stands in the trail about them."""
    if not reason.strip():
        raise ReasonNeeded
    person = locked_person(session, volunteer_id)
    if person.organisation_id not in actor.organises:
        raise NotFound
    kept = session.get(PersonDetails, person.id)
    note(
        session,
        operation="archive.show_document",
        actor_id=actor.login_id,
        at=now,
        subject_kind="volunteer",
        subject_id=person.id,
        organisation_id=person.organisation_id,
        reason=reason.strip(),
    )
    if kept is None or kept.id_document_encrypted is None:
        return None
    return opened(kept.id_document_encrypted, volunteer_id=person.id, key=key)


def _reached(session: Session, volunteer_id: int, actor: Actor) -> Volunteer:
    person = locked_person(session, volunteer_id)
    if not (actor.benefits(person.id) or person.organisation_id in actor.organises):
        raise NotFound
    return person


def _kept(session: Session, volunteer_id: int, actor: Actor, now: datetime) -> PersonDetails:
    """Return somebody's details, made empty where there are none yet."""
    kept = session.get(PersonDetails, volunteer_id)
    if kept is None:
        empty = dict.fromkeys(_FIELDS, "")
        kept = PersonDetails(
            volunteer_id=volunteer_id, changed_at=now, changed_by_id=actor.login_id, **empty
        )
        session.add(kept)
    return kept


def _changed(
    session: Session,
    person: Volunteer,
    kept: PersonDetails,
    actor: Actor,
    now: datetime,
    operation: str,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    kept.changed_at, kept.changed_by_id = now, actor.login_id
    session.flush()
    is_own = actor.own_id == person.id
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind="volunteer",
        subject_id=person.id,
        organisation_id=person.organisation_id,
        on_behalf_of_id=actor.on_behalf_of_id if is_own else None,
        before=before,
        after=after,
    )
