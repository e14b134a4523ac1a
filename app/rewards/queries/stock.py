"""The moves of the stock: of one item, of a whole shelf, and what each donor gave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.people.models import Login
from app.rewards.models import ItemVersion, Partner, ShelfItem, StockMove


class MoveRow(NamedTuple):
    """One move, who made it and why."""

    id: int
    item_id: int
    item_name: str
    measure: str
    kind: str
    available_change: int
    reserved_change: int
    at: datetime
    by: str | None
    redemption_id: int | None
    partner_name: str | None
    donor: str | None
    document: str | None
    counted: int | None
    reason: str | None


class KindSum(NamedTuple):
    """What the moves of one kind add up to."""

    kind: str
    moves: int
    available: int
    reserved: int


class CountLine(NamedTuple):
    """One item of a stocktaking: what the books say, up to which move."""

    item_id: int
    name: str
    measure: str
    category: str
    available: int
    reserved: int
    move_id: int


class Gift(NamedTuple):
    """What came in at once from a donor."""

    at: datetime
    partner_id: int | None
    donor: str
    item_id: int
    item_name: str
    measure: str
    quantity: int
    document: str
    by: str


_current = and_(ItemVersion.item_id == ShelfItem.id, ItemVersion.number == ShelfItem.version)
_moves: Any = (
    select(
        StockMove.id,
        StockMove.item_id,
        ItemVersion.name,
        ItemVersion.measure,
        StockMove.kind,
        StockMove.available_change,
        StockMove.reserved_change,
        StockMove.at,
        Login.display_name,
        StockMove.redemption_id,
        Partner.name,
        StockMove.donor,
        StockMove.document,
        StockMove.counted,
        StockMove.reason,
    )
    .join(ShelfItem, ShelfItem.id == StockMove.item_id)
    .join(ItemVersion, _current)
    .outerjoin(Login, Login.id == StockMove.actor_id)
    .outerjoin(Partner, Partner.id == StockMove.partner_id)
)


def moves_where(
    *, item_id: int | None = None, organisation_id: int | None = None, kind: str | None = None
) -> ColumnElement[bool]:
    """Return the condition of a list of moves: of one item, or of a shelf; of one kind."""
    if item_id is not None:
        wanted = StockMove.item_id == item_id
    else:
        wanted = ShelfItem.organisation_id == organisation_id
    return wanted if kind is None else and_(wanted, StockMove.kind == kind)


def count_moves(session: Session, where: ColumnElement[bool]) -> int:
    """Return how many moves a list has."""
    query = select(func.count()).select_from(StockMove)
    joined = query.join(ShelfItem, ShelfItem.id == StockMove.item_id)
    return session.scalar(joined.where(where)) or 0


def moves(
    session: Session, where: ColumnElement[bool], *, offset: int = 0, limit: int | None = None
) -> list[MoveRow]:
    """Return moves, the newest first."""
    query = _moves.where(where).order_by(StockMove.id.desc()).offset(offset).limit(limit)
    return [MoveRow(*row) for row in session.execute(query)]


def sums_of(session: Session, item_id: int) -> list[KindSum]:
    """Return by kind what the moves of an item add up to: together, its stock."""
    query = (
        select(
            StockMove.kind,
            func.count(),
            func.sum(StockMove.available_change),
            func.sum(StockMove.reserved_change),
        )
        .where(StockMove.item_id == item_id)
        .group_by(StockMove.kind)
        .order_by(func.min(StockMove.id))
    )
    rows = session.execute(query)
    return [KindSum(kind, count, int(here), int(aside)) for kind, count, here, aside in rows]


def count_lines(
    session: Session, organisation_id: int, *, item_ids: Sequence[int] | None = None
) -> list[CountLine]:
    """Return what is counted at a stocktaking, by category; what is withdrawn and gone is not."""
    last = (
        select(StockMove.item_id, func.max(StockMove.id).label("move_id"))
        .join(ShelfItem, ShelfItem.id == StockMove.item_id)
        .where(ShelfItem.organisation_id == organisation_id, StockMove.available_change != 0)
        .group_by(StockMove.item_id)
        .subquery()
    )
    query = (
        select(
            ShelfItem.id,
            ItemVersion.name,
            ItemVersion.measure,
            ItemVersion.category,
            ShelfItem.available,
            ShelfItem.reserved,
            func.coalesce(last.c.move_id, 0),
        )
        .join(ItemVersion, _current)
        .outerjoin(last, last.c.item_id == ShelfItem.id)
        .where(ShelfItem.organisation_id == organisation_id, ShelfItem.kind == "goods")
        .where((ShelfItem.withdrawn_at.is_(None)) | (ShelfItem.available > 0))
        .order_by(ItemVersion.category, ItemVersion.name, ShelfItem.id)
    )
    if item_ids is not None:
        query = query.where(ShelfItem.id.in_(item_ids))
    return [CountLine(*row) for row in session.execute(query)]


def gifts(
    session: Session,
    organisation_id: int,
    *,
    since: datetime,
    before: datetime,
    partner_id: int | None = None,
) -> list[Gift]:
    """Return what came in within a time, by donor; what nobody gave was bought or was there."""
    query = (
        select(
            StockMove.at,
            StockMove.partner_id,
            func.coalesce(Partner.name, StockMove.donor, ""),
            StockMove.item_id,
            ItemVersion.name,
            ItemVersion.measure,
            StockMove.available_change,
            func.coalesce(StockMove.document, ""),
            func.coalesce(Login.display_name, ""),
        )
        .join(ShelfItem, ShelfItem.id == StockMove.item_id)
        .join(ItemVersion, _current)
        .outerjoin(Login, Login.id == StockMove.actor_id)
        .outerjoin(Partner, Partner.id == StockMove.partner_id)
        .where(
            ShelfItem.organisation_id == organisation_id,
            StockMove.kind == "in",
            StockMove.at >= since,
            StockMove.at < before,
        )
        .order_by(StockMove.id.desc())
    )
    if partner_id is not None:
        query = query.where(StockMove.partner_id == partner_id)
    return [Gift(*row) for row in session.execute(query)]
