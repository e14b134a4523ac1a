"""Lock a person, an item and a redemption, always in this order, and read them behind the locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, fetch_together, optional_day
from app.db import is_postgresql
from app.ledger.operations import Held, lock_holders_and_ask
from app.rewards.rules.redeeming import Terms

_ITEM = (
    "SELECT i.organisation_id, i.version, i.available, i.withdrawn_at, v.id, v.name, "
    "v.price_hundredths, v.from_on, v.until_on, v.limit_count, v.limit_period, v.least_stars, "
    "i.low_at, c.colour_id "
    "FROM shelf_items i JOIN item_versions v ON v.item_id = i.id AND v.number = i.version "
    "LEFT JOIN item_colours c ON c.item_version_id = v.id WHERE i.id = ?"
)
_REDEMPTION = (
    "SELECT id, organisation_id, item_id, volunteer_id, quantity, cost_hundredths, state, "
    "collect_by_on, settled_on, entry_id FROM redemptions WHERE id = ?"
)
_MOVE_STOCK = (
    "UPDATE shelf_items SET available = available + ?, reserved = reserved + ? "
    "WHERE id = ? AND available + ? >= 0 AND reserved + ? >= 0 RETURNING id"
)


class Item(NamedTuple):
    """An item as it stands under its lock."""

    id: int
    organisation_id: int
    version_id: int
    name: str
    available: int
    # From so few on its keepers are told.
    low_at: int
    terms: Terms


class HeldRedemption(NamedTuple):
    """A redemption as it stands under its lock."""

    id: int
    organisation_id: int
    item_id: int
    volunteer_id: int
    quantity: int
    cost_hundredths: int
    state: str
    collect_by_on: date
    settled_on: date | None
    entry_id: int


def hold_redemption(session: Session, redemption_id: int) -> tuple[Held, HeldRedemption] | None:
    """Lock whose a redemption is, its item and itself; None when there is none."""
    rows = fetch(session, _REDEMPTION, redemption_id)
    if not rows:
        return None
    # Whose it is, and of what, never changes; the rest is read again behind the locks.
    before = _redeemed_of(rows[0])
    locking = _locking(session, before.item_id)
    row_lock = " FOR UPDATE" if is_postgresql(session) else ""
    held, answers = lock_holders_and_ask(
        session, [before.volunteer_id], *locking, (f"{_REDEMPTION}{row_lock}", redemption_id)
    )
    return held[before.volunteer_id], _redeemed_of(answers[-1][0])


def hold_item(session: Session, item_id: int) -> Item | None:
    """Lock an item; whoever redeems it holds the person first."""
    *_, rows = fetch_together(session, *_locking(session, item_id), (_ITEM, item_id))
    return _item_of(item_id, rows) if rows else None


def move_stock(session: Session, item_id: int, available: int, reserved: int) -> bool:
    """Change an item's stock; False, and nothing done, when it would fall below zero."""
    return bool(fetch(session, *moving_stock(item_id, available, reserved)))


def moving_stock(item_id: int, available: int, reserved: int) -> tuple[Any, ...]:
    """Return the statement of `move_stock`; it answers with a row when it has moved something."""
    return _MOVE_STOCK, available, reserved, item_id, available, reserved


def _locking(session: Session, item_id: int) -> list[tuple[Any, ...]]:
    """Return the query that locks an item; SQLite's writer holds the only lock there is.

    It stands alone: what is joined beside a row that was waited for is older than the row.
    """
    lock = ("SELECT id FROM shelf_items WHERE id = ? FOR UPDATE", item_id)
    return [lock] if is_postgresql(session) else []


def _item_of(item_id: int, rows: Sequence[Any]) -> Item:
    """Return an item from its rows: one for each colour it is for, or one when it is for all."""
    row = rows[0]
    terms = Terms(
        version=row[1],
        price_hundredths=row[6],
        from_on=optional_day(row[7]),
        until_on=optional_day(row[8]),
        limit_count=row[9],
        limit_period=row[10],
        least_stars=row[11],
        colour_ids=frozenset(each[13] for each in rows if each[13] is not None),
        is_withdrawn=row[3] is not None,
    )
    return Item(item_id, row[0], row[4], row[5], row[2], row[12], terms)


def _redeemed_of(row: Any) -> HeldRedemption:
    return HeldRedemption(
        *(row[0], row[1], row[2], row[3], row[4], row[5], row[6]),
        day_of(row[7]),
        optional_day(row[8]),
        row[9],
    )
