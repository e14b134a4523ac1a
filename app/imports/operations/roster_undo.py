"""Keep what a roster changed of each person, and put it back as long as nothing was built on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.errors import N_, NotFound, RuleBroken
from app.imports.models import RosterChange
from app.imports.operations.roster_homes import Moved, note_moves
from app.imports.queries import memberships_of, people_by_id
from app.imports.rules.reach import Known
from app.imports.rules.roster_people import Kept
from app.people.operations.rosters import Card, update_cards
from app.second_person.rules import OwnMatter
from app.service.models import Batch
from app.service.operations.refusals import ReasonNeeded
from app.service.operations.undoing import UndoneAlready
from app.teams.models import Membership
from app.teams.operations.rosters import Correction, write_memberships
from app.teams.rules import Actor
from app.trail.operations import note

_BUILT_ON = (
    "SELECT volunteer_id FROM service_records WHERE volunteer_id IN ?ids "
    "UNION SELECT volunteer_id FROM opening_records WHERE volunteer_id IN ?ids "
    "UNION SELECT volunteer_id FROM adjustments WHERE volunteer_id IN ?ids "
    "UNION SELECT volunteer_id FROM redemptions WHERE volunteer_id IN ?ids "
    "UNION SELECT volunteer_id FROM logins WHERE volunteer_id IN ?ids"
)


class RosterForgotten(RuleBroken):
    code = "roster_forgotten"
    message = N_("What this roster changed is no longer known. Correct the people one by one.")


class RosterBuiltOn(RuleBroken):
    code = "roster_built_on"
    message = N_(
        "Nothing was taken back: since then these people have served, signed in or been"
        " changed: %(names)s."
    )


class _State(NamedTuple):
    """A person's card and memberships, as kept at one instant."""

    card: list[Any]
    memberships: list[list[Any]]


def states_of(session: Session, volunteer_ids: Iterable[int]) -> dict[int, str]:
    """Return each person's card and memberships as one text."""
    ids = sorted(set(volunteer_ids))
    held = memberships_of(session, ids)
    return {known.id: _text(known, held.get(known.id, ())) for known in people_by_id(session, ids)}


def keep_changes(
    session: Session, batch_id: int, before: dict[int, str], touched: Iterable[int]
) -> None:
    """Keep what a batch found of the people it touched, and how it left them."""
    rows = [
        {
            "batch_id": batch_id,
            "volunteer_id": volunteer_id,
            "before": before.get(volunteer_id),
            "after": after,
        }
        for volunteer_id, after in states_of(session, touched).items()
    ]
    if rows:
        session.execute(insert(RosterChange), rows)


def undo_roster(
    session: Session, batch_id: int, *, actor: Actor, now: datetime, reason: str | None
) -> None:
    """Put everybody back as they were, all or nothing; who was added leaves the list."""
    batch = session.get(Batch, batch_id, populate_existing=True, with_for_update=True)
    if batch is None or batch.organisation_id not in actor.organises:
        raise NotFound
    if batch.undone_at is not None:
        raise UndoneAlready
    if not (reason and reason.strip()):
        raise ReasonNeeded
    wanted = select(RosterChange).where(RosterChange.batch_id == batch_id)
    changes = session.scalars(wanted.order_by(RosterChange.volunteer_id)).all()
    if not changes:
        raise RosterForgotten
    _refuse_own(actor, changes)
    _refuse_built_on(session, changes)
    note_moves(session, _moves(changes), actor_id=actor.login_id, now=now, reason=reason)
    _put_back(session, changes, now)
    session.execute(update(Batch).where(Batch.id == batch_id).values(undone_at=now))
    session.execute(delete(RosterChange).where(RosterChange.batch_id == batch_id))
    note(
        session,
        operation="import.undo_roster",
        actor_id=actor.login_id,
        at=now,
        subject_kind="batch",
        subject_id=batch_id,
        batch_id=batch_id,
        organisation_id=batch.organisation_id,
        after={"people": len(changes)},
        reason=reason,
    )


def _refuse_own(actor: Actor, changes: Sequence[RosterChange]) -> None:
    """Nobody gets their own leadership or organisation back by taking back what ended it."""
    for change in changes:
        if change.before is None or not actor.benefits(change.volunteer_id):
            continue
        before, after = _read(change.before), _read(change.after)
        if before.card[0] != after.card[0] or _led_by(before) - _led_by(after):
            raise OwnMatter


def _led_by(state: _State) -> set[int]:
    return {kept[1] for kept in state.memberships if kept[2] == "leader" and kept[4] is None}


def _moves(changes: Sequence[RosterChange]) -> list[Moved]:
    """Return who goes back to which organisation."""
    return [
        Moved(change.volunteer_id, _read(change.after).card[0], _read(change.before).card[0])
        for change in changes
        if change.before is not None
    ]


def _refuse_built_on(session: Session, changes: Sequence[RosterChange]) -> None:
    ids = [change.volunteer_id for change in changes]
    added = [change.volunteer_id for change in changes if change.before is None]
    present = states_of(session, ids)
    concerned = {row[0] for row in fetch(session, _BUILT_ON, *[added] * 5)}
    concerned |= {each.volunteer_id for each in changes if present[each.volunteer_id] != each.after}
    if concerned:
        names = sorted(known.name for known in people_by_id(session, concerned))
        raise RosterBuiltOn(names=names)


def _put_back(session: Session, changes: Sequence[RosterChange], now: datetime) -> None:
    cards: list[Card] = []
    corrections: list[Correction] = []
    surplus: list[int] = []
    for change in changes:
        after = _read(change.after)
        before = _read(change.before) if change.before else None
        card = before.card if before else [*after.card[:-1], "left"]
        born_on = None if card[6] is None else day_of(card[6])
        cards.append(Card._make([change.volunteer_id, *card[:6], born_on, card[7]]))
        old = {each[0]: each for each in before.memberships} if before else {}
        surplus += [each[0] for each in after.memberships if each[0] not in old]
        corrections += [
            Correction(
                kept[0], kept[2], day_of(kept[3]), None if kept[4] is None else day_of(kept[4])
            )
            for kept in old.values()
        ]
    update_cards(session, cards)
    session.execute(delete(Membership).where(Membership.id.in_(surplus)))
    write_memberships(session, [], corrections, now=now)


def _text(known: Known, memberships: Iterable[Kept]) -> str:
    state = {"card": known[1:], "memberships": sorted(memberships)}
    return json.dumps(state, default=_day, ensure_ascii=False)


def _day(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _read(text: str) -> _State:
    return _State(**json.loads(text))
