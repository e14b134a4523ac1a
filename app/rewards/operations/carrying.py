"""Tickets still to be collected go along when somebody turns out to be somebody else.

A redemption keeps whose it is, so it is given back to the one and made anew for the other, with
its code, its price and its last day: whoever has the code collects as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, next_ids, run
from app.ledger.operations import Held, NewEntry, post, reserve, system_account
from app.ledger.rules import Leg
from app.rewards.operations.holding import move_stock
from app.rewards.operations.judging import REDEEMED
from app.rewards.operations.redeeming import add_move
from app.rewards.rules.codes import new_token
from app.rewards.rules.stock import change_of
from app.trail.operations import note

_WAITING = """
SELECT id, organisation_id, item_id, item_version_id, quantity, cost_hundredths, code, asked_by,
  consent, redeemed_at, redeemed_on, collect_by_on, made_by_id
FROM redemptions WHERE volunteer_id = ? AND state = 'to_collect' ORDER BY item_id, id
"""
_GIVE_BACK = (
    "UPDATE redemptions SET state = 'cancelled', refund_entry_id = ?, settled_at = ?, "
    "settled_on = ?, settled_by_id = ?, reason = ? WHERE id = ? AND state = 'to_collect'"
)
_MAKE = (
    "INSERT INTO redemptions (id, organisation_id, item_id, item_version_id, volunteer_id, "
    "quantity, cost_hundredths, state, code, token, asked_by, consent, redeemed_at, redeemed_on, "
    "collect_by_on, made_by_id, entry_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, 'to_collect', ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


class Ticket(NamedTuple):
    """A redemption that waits to be collected."""

    id: int
    organisation_id: int
    item_id: int
    item_version_id: int
    quantity: int
    cost_hundredths: int
    code: str
    asked_by: str
    consent: str | None
    redeemed_at: Any
    redeemed_on: Any
    collect_by_on: Any
    made_by_id: int


class Hand(NamedTuple):
    """Who does it, when and why."""

    actor_id: int
    now: datetime
    today: date
    root_id: int
    reason: str
    key: str | None


def tickets_of(session: Session, volunteer_id: int) -> list[Ticket]:
    """Return what somebody has still to collect; the caller holds the person's lock."""
    return [Ticket(*row) for row in fetch(session, _WAITING, volunteer_id)]


def give_back(session: Session, tickets: Sequence[Ticket], held: Held, hand: Hand) -> None:
    """Return points and stock of these tickets, so that they can be made anew."""
    if not tickets:
        return
    redeemed = system_account(session, hand.root_id, *REDEEMED)
    slots = reserve(session, len(tickets), hand.now)
    legs = [
        (Leg(held.points_id, one.cost_hundredths), Leg(redeemed, -one.cost_hundredths))
        for one in tickets
    ]
    entries = [
        NewEntry("refund", "redemption", one.id, leg, reason=hand.reason)
        for one, leg in zip(tickets, legs, strict=True)
    ]
    post(session, entries, slots, actor_id=hand.actor_id, key=hand.key)
    for place, one in enumerate(tickets):
        settled = (slots.first_id + place, hand.now, hand.today, hand.actor_id, hand.reason)
        run(session, _GIVE_BACK, *settled, one.id)
        _move(session, "returned", one.item_id, one.quantity, one.id, hand)
        _note(session, "redemption.cancel", one, one.id, hand)


def make_anew(
    session: Session, tickets: Sequence[Ticket], volunteer_id: int, held: Held, hand: Hand
) -> None:
    """Redeem the same for somebody else, at the same price, under the same code."""
    if not tickets:
        return
    redeemed = system_account(session, hand.root_id, *REDEEMED)
    ids = next_ids(session, "redemptions", len(tickets))
    slots = reserve(session, len(tickets), hand.now)
    entries = [
        NewEntry(
            "redemption",
            "redemption",
            new_id,
            (Leg(held.points_id, -one.cost_hundredths), Leg(redeemed, one.cost_hundredths)),
        )
        for new_id, one in zip(ids, tickets, strict=True)
    ]
    post(session, entries, slots, actor_id=hand.actor_id, key=hand.key)
    for place, (new_id, one) in enumerate(zip(ids, tickets, strict=True)):
        first = (new_id, one.organisation_id, one.item_id, one.item_version_id, volunteer_id)
        said = (one.quantity, one.cost_hundredths, one.code, new_token(), one.asked_by, one.consent)
        when = (one.redeemed_at, one.redeemed_on, one.collect_by_on, one.made_by_id)
        run(session, _MAKE, *first, *said, *when, slots.first_id + place)
        _move(session, "reserved", one.item_id, one.quantity, new_id, hand)
        _note(session, "redemption.make", one, new_id, hand)


def _move(
    session: Session, kind: str, item_id: int, quantity: int, redemption_id: int, hand: Hand
) -> None:
    change = change_of(kind, quantity)
    if not move_stock(session, item_id, change.available, change.reserved):
        raise RuntimeError("What was set aside is missing.")
    add_move(session, kind, item_id, quantity, redemption_id, hand.actor_id, hand.now, hand.reason)


def _note(session: Session, operation: str, one: Ticket, redemption_id: int, hand: Hand) -> None:
    note(
        session,
        operation=operation,
        actor_id=hand.actor_id,
        at=hand.now,
        subject_kind="redemption",
        subject_id=redemption_id,
        organisation_id=one.organisation_id,
        after={"quantity": one.quantity, "cost_hundredths": one.cost_hundredths, "joined": True},
        reason=hand.reason,
    )
