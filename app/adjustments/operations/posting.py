"""Post what two people agreed on, in the transaction of the second one's answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.adjustments.models import Adjustment
from app.adjustments.queries import group_of
from app.adjustments.rules import SUBJECT, Amounts, TooLittleLeft, TooLittleTimeLeft
from app.ledger.operations import (
    Cover,
    Held,
    NewEntry,
    lock_holders,
    open_accounts,
    post,
    reserve,
    system_account,
)
from app.ledger.rules import Leg, missing_of
from app.organisations.queries import root_id_of
from app.people.queries import get_volunteer
from app.points.rules import format_hundredths
from app.service.operations import approve, reverse_record, undo_batch
from app.teams.rules import Actor


def carry_out(session: Session, asked: Adjustment, *, asker: Actor, now: datetime) -> int | None:
    """Do what was asked for, in the name of whoever asked; return the entry of an amount."""
    if asked.kind == "amount":
        return _post_amount(session, asked, now)
    undo(session, asked.kind, _subject(asked), asker, asked.reason, now, Cover(SUBJECT, asked.id))
    return None


def undo(
    session: Session,
    kind: str,
    subject_id: int,
    asker: Actor,
    reason: str,
    now: datetime,
    cover: Cover | None,
) -> None:
    """Take back a record or a batch, or approve a correction, with what is missing covered."""
    if kind == "record":
        reverse_record(session, subject_id, actor=asker, now=now, reason=reason, cover=cover)
    elif kind == "batch":
        undo_batch(session, subject_id, actor=asker, now=now, reason=reason, cover=cover)
    else:
        halves = group_of(session, subject_id)
        approve(session, halves, actor=asker, now=now, reason=reason, cover=cover)


def _subject(asked: Adjustment) -> int:
    return int(asked.batch_id or asked.record_id or 0)


def _post_amount(session: Session, asked: Adjustment, now: datetime) -> int:
    person = get_volunteer(session, asked.volunteer_id or 0)
    root_id = root_id_of(session, person.organisation_id)
    open_accounts(session, root_id=root_id, holder_ids=[person.id])
    held = lock_holders(session, [person.id])[person.id]
    check_enough(person.name, held, asked)
    legs = _legs(session, root_id, held, Amounts(asked.minutes, asked.points_hundredths))
    slots = reserve(session, 1, now)
    entry = NewEntry("adjustment", SUBJECT, asked.id, legs, reason=asked.reason)
    # Without a key: the second person's is kept beside, with its result.
    post(session, [entry], slots, actor_id=asked.asker_id)
    return slots.first_id


def check_enough(name: str, held: Held, asked: Adjustment) -> None:
    """Refuse to take more than there is, with the figures; the accounts are locked."""
    missing = missing_of(held.points_balance, asked.points_hundredths)
    if missing:
        raise TooLittleLeft(
            name=name,
            balance=format_hundredths(held.points_balance),
            needed=format_hundredths(-asked.points_hundredths),
            missing=format_hundredths(missing),
        )
    missing = missing_of(held.minutes_balance, asked.minutes)
    if missing:
        raise TooLittleTimeLeft(
            name=name, balance=held.minutes_balance, needed=-asked.minutes, missing=missing
        )


def _legs(session: Session, root_id: int, held: Held, amounts: Amounts) -> tuple[Leg, ...]:
    """Return the postings: each unit against the system's account of adjustments."""
    legs: list[Leg] = []
    if minutes := amounts.minutes:
        against = system_account(session, root_id, "adjustments", "minutes")
        legs += [Leg(held.minutes_id, minutes), Leg(against, -minutes)]
    if points := amounts.points_hundredths:
        against = system_account(session, root_id, "adjustments", "points")
        legs += [Leg(held.points_id, points), Leg(against, -points)]
    return tuple(legs)
