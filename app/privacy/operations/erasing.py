"""Erase a person: the name goes everywhere, hours and points stay under the number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.operations.releasing import release_places
from app.errors import N_, NotFound
from app.ledger.operations import lock_holders
from app.organisations.queries import root_id_of, subtree_ids
from app.people.models import Login, Volunteer
from app.people.operations.pausing import begin_pauses, end_pauses, pauses_not_over
from app.people.queries import get_volunteer
from app.privacy.models import Erasure, ErasureAsk
from app.privacy.operations.clearing import clear_files, clear_notices, clear_person, end_helping
from app.privacy.queries.erasing import GOING, counts_of, erasure_of, holds_of, open_ask
from app.privacy.rules.erasing import (
    ErasedAlready,
    NumberMistyped,
    TooEarly,
    checked_reason,
    ready_at,
)
from app.second_person.rules import Matter, check_no_benefit
from app.teams.operations.leaving import end_all_memberships
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

OPERATION = "erase_person"
SUBJECT = "volunteer"
ERASABLE = ("active", "left")
WHY = N_("Their data was erased.")


class Told(NamedTuple):
    """An erasure as another copy of the books tells it: after a restore it is done again."""

    volunteer_id: int
    number: str | None
    reason: str
    erased_by_id: int
    erased_at: datetime
    figures: str


def erase(
    session: Session,
    volunteer_id: int,
    *,
    number: str,
    reason: str,
    actor: Actor,
    now: datetime,
    today: date,
    key: str,
) -> int:
    """Take everything by which somebody is known out of the books; return the erasure's id.

    `number`: typed again, so that nobody else's data goes. What they asked for themselves waits
    a week and needs no reason; anything else does.
    """
    content = {"operation": OPERATION, "volunteer_id": volunteer_id}
    if before := remembered(session, actor.login_id, key, content):
        return int(before["erasure"])
    person = _held(session, volunteer_id, actor)
    if number.strip().upper() != person.number:
        raise NumberMistyped(number=person.number)
    ask = open_ask(session, volunteer_id)
    if ask is not None and ready_at(ask.asked_at) > now:
        raise TooEarly(on=ready_at(ask.asked_at).date())
    kept = "" if ask is not None and not reason.strip() else checked_reason(reason)
    for held in holds_of(session, volunteer_id, today):
        raise held
    _leave(session, person, actor, now, today)
    erasure_id = _erase_all(session, person, ask, kept, actor, now)
    remember(session, actor.login_id, key, content, {"erasure": erasure_id}, now)
    return erasure_id


def _held(session: Session, volunteer_id: int, actor: Actor) -> Volunteer:
    """Return the person locked, their accounts too: nothing is judged or spent meanwhile."""
    person = get_volunteer(session, volunteer_id)
    if person.organisation_id not in actor.organises or person.state not in ERASABLE:
        raise NotFound
    check_no_benefit(actor, Matter(frozenset(), frozenset({volunteer_id})))
    lock_holders(session, [volunteer_id])
    session.refresh(person, with_for_update={"key_share": True})
    if erasure_of(session, volunteer_id) is not None:
        raise ErasedAlready(number=person.number)
    return person


def _leave(session: Session, person: Volunteer, actor: Actor, now: datetime, today: date) -> None:
    """End what still runs: teams, places, pauses, helpers; whoever is erased has left."""
    if person.state != "left":
        resting = pauses_not_over(session, [person.id], today).get(person.id, [])
        end_pauses(resting, back_on=today, actor_id=actor.login_id, now=now)
        begin_pauses(
            session,
            [person.id],
            kind="left",
            from_on=today,
            until_on=None,
            reason="",
            actor_id=actor.login_id,
            now=now,
        )
    release_places(
        session, [person.id], from_on=today, until_on=None, actor=actor, now=now, reason=WHY
    )
    end_all_memberships(session, person.id, today)
    end_helping(session, person.id, today)
    person.state = "left"
    session.flush()


def _erase_all(
    session: Session,
    person: Volunteer,
    ask: ErasureAsk | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Erase the person and the rows of whoever became this person."""
    if ask is not None:
        ask.state, ask.ended_at, ask.ended_by_id = "done", now, actor.login_id
    said = reason.replace(person.name, "") if len(person.name) > 1 else reason
    erasure_ids = []
    for one in [person, *_who_became(session, person.id)]:
        figures = counts_of(session, one.id, GOING)
        erasure = Erasure(
            volunteer_id=one.id,
            ask_id=ask.id if ask is not None and one is person else None,
            reason=said,
            erased_by_id=actor.login_id,
            erased_at=now,
            figures=json.dumps(figures, sort_keys=True),
        )
        session.add(erasure)
        session.flush()
        erasure_ids.append(erasure.id)
        _clear(session, one)
        _note(session, one, actor, now, figures, erasure.id)
    return erasure_ids[0]


def _who_became(session: Session, volunteer_id: int) -> list[Volunteer]:
    found: list[Volunteer] = []
    ids = [volunteer_id]
    while ids:
        wanted = select(Volunteer).where(Volunteer.matched_to_id.in_(ids)).order_by(Volunteer.id)
        more = list(session.scalars(wanted))
        found += more
        ids = [one.id for one in more]
    return found


def _clear(session: Session, person: Volunteer) -> None:
    """Take out of every table what says who it was; safe to do again."""
    name = person.name
    home = subtree_ids(session, root_id_of(session, person.organisation_id))
    clear_notices(session, person.id, name)
    clear_files(session, home, name, person.number)
    clear_person(session, person.id)
    session.expire_all()


def _note(
    session: Session,
    person: Volunteer,
    actor: Actor,
    now: datetime,
    figures: Mapping[str, int],
    erasure_id: int,
) -> None:
    note(
        session,
        operation=OPERATION,
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=person.id,
        organisation_id=person.organisation_id,
        after={"erasure": erasure_id, "rows": sum(figures.values())},
    )


# ── after a restore ───────────────────────────────────────────────────────────────────────


def erasures_told(session: Session) -> list[Told]:
    """Return every erasure, for the copy of the books that a backup brings back."""
    wanted = select(
        Erasure.volunteer_id,
        Volunteer.number,
        Erasure.reason,
        Erasure.erased_by_id,
        Erasure.erased_at,
        Erasure.figures,
    ).join(Volunteer, Volunteer.id == Erasure.volunteer_id)
    return [Told._make(row) for row in session.execute(wanted.order_by(Erasure.id))]


def replay_erasures(session: Session, told: Sequence[Told] | None = None) -> int:
    """Erase again whoever was erased, in these books or as told of others; return how many.

    For books that a restore brought back from before: whom they do not know, or know by another
    number, is left alone. Done twice it changes nothing more.
    """
    people = dict(_known(session, erasures_told(session)))
    for one, person in _known(session, told or ()):
        if one not in people:
            fields: dict[str, Any] = one._asdict()
            fields.pop("number")
            fields["erased_by_id"] = _login_there(session, one.erased_by_id)
            session.add(Erasure(**fields))
            session.flush()
            people[one] = person
    for one, person in people.items():
        _again(session, person, one)
    return len(people)


def _login_there(session: Session, login_id: int) -> int:
    """Return a login of these books: who erased may have come after them, then their first one."""
    if session.get(Login, login_id) is not None:
        return login_id
    return session.scalars(select(Login.id).order_by(Login.id).limit(1)).one()


def _known(session: Session, told: Iterable[Told]) -> list[tuple[Told, Volunteer]]:
    found = ((one, session.get(Volunteer, one.volunteer_id)) for one in told)
    return [(one, person) for one, person in found if person and person.number == one.number]


def _again(session: Session, person: Volunteer, told: Told) -> None:
    on = told.erased_at.date()
    end_all_memberships(session, person.id, on)
    end_helping(session, person.id, on)
    if person.state in ERASABLE:
        person.state = "left"
    session.flush()
    _clear(session, person)
