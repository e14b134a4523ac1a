"""Count what lies on the shelf, and book the differences to what the books say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.rewards.models import ShelfItem, StockMove
from app.rewards.operations.keeping import hold_own_items
from app.rewards.operations.low_stock import tell_if_low
from app.rewards.operations.stock import move_stock_of, reason_given
from app.rewards.rules.stock import MOST_QUANTITY, BadQuantity, count_change
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

MOST_COUNTED = 1000


class NothingCounted(RuleBroken):
    code = "nothing_counted"
    message = N_("Fill in what you counted of at least one item.")


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
    found = _booked(session, counts, items, moves, reason_given(reason), actor, now)
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
        was, change = item.available, count_change(count.counted, item.available)
        # No difference is written down as well: it says that somebody looked.
        move_stock_of(session, item, "counted", change, actor, now, reason, counted=count.counted)
        tell_if_low(session, item, was=was, left=item.available, now=now)
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


def _check_counts(counts: Sequence[Count]) -> None:
    # What the books showed may be more than is ever taken in: what is cancelled comes back on top.
    if not counts:
        raise NothingCounted
    if len(counts) > MOST_COUNTED or len({count.item_id for count in counts}) < len(counts):
        raise NotFound
    for count in counts:
        if not 0 <= count.counted <= MOST_QUANTITY:
            raise BadQuantity(least=0, most=MOST_QUANTITY)
