"""A ledger made by hand: entries of any kind at any instant, in the words of a test."""

from __future__ import annotations

from datetime import datetime

from app.db import transaction
from app.ledger.operations import (
    NewEntry,
    begin_posting,
    lock_holders,
    post,
    reserve,
    reverse,
    system_account,
)
from app.ledger.rules import Leg

_PURPOSES = {
    "service": "points_issued",
    "opening": "opening",
    "adjustment": "adjustments",
    "redemption": "redeemed",
    "refund": "redeemed",
    "expiry": "expired",
    "shortfall": "shortfall",
}


class Book:
    """Entries one after another; instants may only rise."""

    def __init__(self, root_id: int, first_subject: int = 900_000) -> None:
        self.root_id = root_id
        self.subject = first_subject

    def enter(self, kind: str, holder: int, points: int, at: datetime) -> int:
        """Post what one entry gives somebody (or, negative, takes), and return its id."""
        self.subject += 1
        with transaction() as session:
            begin_posting(session)
            account = lock_holders(session, [holder])[holder].points_id
            against = system_account(session, self.root_id, _PURPOSES[kind], "points")
            slots = reserve(session, 1, at)
            legs = (Leg(account, points), Leg(against, -points))
            post(session, [NewEntry(kind, "thing", self.subject, legs)], slots, actor_id=None)
        return slots.first_id

    def move(self, giver: int, taker: int, points: int, at: datetime) -> None:
        """Post what one person gives another."""
        self.subject += 1
        with transaction() as session:
            begin_posting(session)
            held = lock_holders(session, [giver, taker])
            slots = reserve(session, 1, at)
            legs = (Leg(held[giver].points_id, -points), Leg(held[taker].points_id, points))
            entry = NewEntry("transfer", "thing", self.subject, legs)
            post(session, [entry], slots, actor_id=None)

    def undo(self, entry_id: int, at: datetime) -> None:
        """Reverse an entry."""
        with transaction() as session:
            reverse(session, [entry_id], actor_id=None, now=at, root_id=self.root_id)
