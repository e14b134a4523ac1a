"""Take stock in and write it off: each a move with actor and reason, never an edit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.errors import N_, RuleBroken
from app.organisations.queries import ancestors_of
from app.rewards.models import Partner, ShelfItem, StockMove
from app.rewards.operations.keeping import hold_own_item, hold_own_open_shelf, note_kept
from app.rewards.operations.low_stock import tell_if_low
from app.rewards.rules.items import LONGEST_PLACE, TextTooLong
from app.rewards.rules.stock import (
    MOST_QUANTITY,
    Change,
    change_of,
    check_leaves,
)
from app.teams.rules import Actor
from app.trail.operations import remember, remembered


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


class Donated(NamedTuple):
    """Who gave what comes in, and the paper that says so; all of it may be missing."""

    partner_id: int | None = None
    donor: str = ""
    document: str = ""


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
    hold_own_open_shelf(session, item.organisation_id, actor)
    change = change_of("in", quantity)
    if item.available + quantity > MOST_QUANTITY:
        raise TooMuchStock(total=item.available + quantity, most=MOST_QUANTITY)
    _check_donated(session, item, donated)
    move = move_stock_of(session, item, "in", change, actor, now, reason)
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
    was = item.available
    move = move_stock_of(session, item, "damaged", change, actor, now, reason_given(reason))
    move.document = document or None
    tell_if_low(session, item, was=was, left=item.available, now=now)
    after = _said(item, change)
    return _finish(session, item, "stock.write_off", after, content, actor, now, key, reason)


def move_stock_of(
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
    note_kept(session, operation, item, actor=actor, now=now, after=after, reason=reason or None)
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


def reason_given(text: str) -> str:
    if not text.strip():
        raise StockReasonMissing
    return text.strip()
