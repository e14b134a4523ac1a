"""Take stock in, write it off and count it: each a move with actor and reason, never an edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import ancestors_of
from app.rewards.models import Partner, ShelfItem, StockMove
from app.rewards.operations.keeping import hold_own_item, hold_own_items, note_item
from app.rewards.rules.items import LONGEST_PLACE, TextTooLong
from app.rewards.rules.stock import (
    MOST_QUANTITY,
    BadQuantity,
    Change,
    change_of,
    check_leaves,
    check_quantity,
    count_change,
)
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

MOST_COUNTED = 1000


class StockReasonMissing(RuleBroken):
    code = "reason_missing"
    message = N_("Fill in the reason.")


class TwoDonors(RuleBroken):
    code = "two_donors"
    message = N_("Choose a partner, or write down who gave it; not both.")


class NoSuchPartner(RuleBroken):
    code = "bad_partner"
    message = N_("Choose a partner from the list.")


class TooMuchStock(RuleBroken):
    code = "bad_quantity"
    message = N_("The shelf would hold %(total)s; at most %(most)s are kept of one item.")


class NothingCounted(RuleBroken):
    code = "nothing_counted"
    message = N_("Fill in what you counted of at least one item.")


class Donated(NamedTuple):
    """Who gave what comes in, and the paper that says so; all of it may be missing."""

    partner_id: int | None = None
    donor: str = ""
    document: str = ""


class Count(NamedTuple):
    """What was counted of an item, and what the books showed when the page was opened."""

    item_id: int
    counted: int
    shown_available: int
    # The last move that had changed what lies on the shelf; 0: none.
    shown_move_id: int


class Counted(NamedTuple):
    """What a stocktaking did: the differences booked, and the items that had moved meanwhile."""

    differences: Mapping[int, int]
    moved: tuple[int, ...]


def take_in(
    session: Session,
    item_id: int,
    quantity: int,
    donated: Donated,
    *,
    actor: Actor,
    now: datetime,
    key: str,
    reason: str = "",
) -> int:
    """Take pieces in and return how many then lie on the shelf."""
    content = {"operation": "stock.take_in", "item": item_id, "quantity": quantity}
    content |= {**donated._asdict(), "reason": reason}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["available"])
    item = hold_own_item(session, item_id, actor)
    change = change_of("in", quantity)
    if item.available + quantity > MOST_QUANTITY:
        raise TooMuchStock(total=item.available + quantity, most=MOST_QUANTITY)
    _check_donated(session, item, donated)
    move = _move(session, item, "in", change, actor, now, reason)
    move.partner_id, move.donor = donated.partner_id, donated.donor or None
    move.document = donated.document or None
    after = {**_said(item, change), "partner_id": donated.partner_id, "document": donated.document}
    return _finish(session, item, "stock.take_in", after, content, actor, now, key, reason)


def write_off(
    session: Session,
    item_id: int,
    quantity: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    key: str,
    document: str = "",
) -> int:
    """Take damaged or spoilt pieces off and return how many then lie on the shelf."""
    content = {"operation": "stock.write_off", "item": item_id, "quantity": quantity}
    content |= {"reason": reason, "document": document}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["available"])
    item = hold_own_item(session, item_id, actor)
    change = change_of("damaged", quantity)
    check_leaves(item.available, quantity)
    _check_words(document)
    move = _move(session, item, "damaged", change, actor, now, _reason(reason))
    move.document = document or None
    after = _said(item, change)
    return _finish(session, item, "stock.write_off", after, content, actor, now, key, reason)


def count_stock(
    session: Session,
    counts: Sequence[Count],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    key: str,
) -> Counted:
    """Book what was counted on the shelf, but of no item that moved since the page was opened.

    What somebody redeemed or brought meanwhile is not in the count, so a difference drawn from
    it would undo that: such items come back to be counted again, the others are booked.
    """
    listed = [list(count) for count in counts]
    content = {"operation": "stock.count", "counts": listed, "reason": reason}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        differences = {int(item_id): by for item_id, by in before["differences"].items()}
        return Counted(differences, tuple(before["moved"]))
    _check_counts(counts)
    items = hold_own_items(session, [count.item_id for count in counts], actor)
    moves = last_moves(session, [item.id for item in items])
    found = _booked(session, counts, items, moves, _reason(reason), actor, now)
    if found.differences:
        booked = [item for item in items if item.id in found.differences]
        _note_count(session, booked, found, reason, actor, now)
    result = {
        "differences": {str(item_id): by for item_id, by in found.differences.items()},
        "moved": list(found.moved),
    }
    remember(session, actor.login_id, key, content, result, now)
    return found


def last_moves(session: Session, item_ids: Sequence[int]) -> dict[int, int]:
    """Return by item the last move that changed what lies on the shelf."""
    rows = session.execute(
        select(StockMove.item_id, func.max(StockMove.id))
        .where(StockMove.item_id.in_(item_ids), StockMove.available_change != 0)
        .group_by(StockMove.item_id)
    )
    return {row[0]: row[1] for row in rows}


def _booked(
    session: Session,
    counts: Sequence[Count],
    items: Sequence[ShelfItem],
    moves: Mapping[int, int],
    reason: str,
    actor: Actor,
    now: datetime,
) -> Counted:
    differences, moved = {}, []
    for count, item in zip(counts, items, strict=True):
        shown = (count.shown_available, count.shown_move_id)
        if shown != (item.available, moves.get(item.id, 0)):
            moved.append(item.id)
            continue
        change = count_change(count.counted, item.available)
        # No difference is written down as well: it says that somebody looked.
        _move(session, item, "counted", change, actor, now, reason, counted=count.counted)
        differences[item.id] = change.available
    session.flush()
    return Counted(differences, tuple(moved))


def _note_count(
    session: Session,
    items: Sequence[ShelfItem],
    found: Counted,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    note(
        session,
        operation="stock.count",
        actor_id=actor.login_id,
        at=now,
        subject_kind="shelf",
        subject_id=items[0].organisation_id,
        organisation_id=items[0].organisation_id,
        after={"counted": {str(item.id): item.available for item in items}},
        before={
            "counted": {str(item.id): item.available - found.differences[item.id] for item in items}
        },
        reason=reason,
    )


def _move(
    session: Session,
    item: ShelfItem,
    kind: str,
    change: Change,
    actor: Actor,
    now: datetime,
    reason: str,
    *,
    counted: int | None = None,
) -> StockMove:
    """Add a move and let the item's stock follow it, under the item's lock."""
    move = StockMove(
        item_id=item.id,
        kind=kind,
        available_change=change.available,
        reserved_change=change.reserved,
        at=now,
        actor_id=actor.login_id,
        counted=counted,
        reason=reason or None,
    )
    session.add(move)
    item.available += change.available
    item.reserved += change.reserved
    return move


def _finish(
    session: Session,
    item: ShelfItem,
    operation: str,
    after: Mapping[str, Any],
    content: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    key: str,
    reason: str,
) -> int:
    session.flush()
    note_item(session, operation, item, actor=actor, now=now, after=after, reason=reason or None)
    remember(session, actor.login_id, key, content, {"available": item.available}, now)
    return item.available


def _said(item: ShelfItem, change: Change) -> dict[str, Any]:
    return {"change": change.available, "available": item.available}


def _check_donated(session: Session, item: ShelfItem, donated: Donated) -> None:
    _check_words(donated.donor, donated.document)
    if donated.partner_id is None:
        return
    if donated.donor:
        raise TwoDonors
    partner = session.get(Partner, donated.partner_id)
    above = ancestors_of(session, item.organisation_id)
    if partner is None or partner.organisation_id not in above or partner.ended_at is not None:
        raise NoSuchPartner


def _check_words(*words: str) -> None:
    for word in words:
        if len(word) > LONGEST_PLACE or not word.isprintable():
            raise TextTooLong(most=LONGEST_PLACE)


def _check_counts(counts: Sequence[Count]) -> None:
    if not counts:
        raise NothingCounted
    if len(counts) > MOST_COUNTED or len({count.item_id for count in counts}) < len(counts):
        raise NotFound
    for count in counts:
        if not 0 <= count.counted <= MOST_QUANTITY:
            raise BadQuantity(least=0, most=MOST_QUANTITY)
        check_quantity(count.shown_available, least=0)


def _reason(text: str) -> str:
    if not text.strip():
        raise StockReasonMissing
    return text.strip()
