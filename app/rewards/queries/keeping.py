"""The shelf as its keepers see it: every item with its stock, and what it said before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session

from app.organisations.queries import ancestors_of
from app.people.models import Login
from app.rewards.models import ItemColour, ItemVersion, Partner, ShelfItem
from app.teams.models import Colour
from app.trail.models import TrailRow

# Which items a list shows.
SHOWN = ("shelf", "low", "withdrawn", "all")


class ItemRow(NamedTuple):
    """One item as it stands now."""

    id: int
    organisation_id: int
    kind: str
    version: int
    available: int
    reserved: int
    low_at: int
    withdrawn_at: datetime | None
    name: str
    description: str
    measure: str
    category: str
    price_hundredths: int
    partner_id: int | None
    partner_name: str | None
    picture_id: int | None
    from_on: date | None
    until_on: date | None
    limit_count: int | None
    limit_period: str | None
    least_stars: int | None
    collect_at: str

    @property
    def is_low(self) -> bool:
        """Whether it stands on the list of what is running out."""
        return self.withdrawn_at is None and self.available <= self.low_at


class VersionRow(NamedTuple):
    """What an item said from a change to the next."""

    number: int
    made_at: datetime
    by: str
    name: str
    description: str
    measure: str
    category: str
    price_hundredths: int
    partner_name: str | None
    picture_id: int | None
    from_on: date | None
    until_on: date | None
    limit_count: int | None
    limit_period: str | None
    least_stars: int | None
    collect_at: str
    colours: tuple[str, ...] = ()


class Turn(NamedTuple):
    """What happened to an item: off the shelf, back on it, or a change as the trail tells it."""

    at: datetime
    by: str
    operation: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


class PartnerRow(NamedTuple):
    """A partner unit, and how many items it offers now."""

    id: int
    organisation_id: int
    name: str
    contact: str
    ended_at: datetime | None
    items: int


_current = and_(ItemVersion.item_id == ShelfItem.id, ItemVersion.number == ShelfItem.version)
_items: Any = (
    select(
        ShelfItem.id,
        ShelfItem.organisation_id,
        ShelfItem.kind,
        ShelfItem.version,
        ShelfItem.available,
        ShelfItem.reserved,
        ShelfItem.low_at,
        ShelfItem.withdrawn_at,
        ItemVersion.name,
        ItemVersion.description,
        ItemVersion.measure,
        ItemVersion.category,
        ItemVersion.price_hundredths,
        ItemVersion.partner_id,
        Partner.name.label("partner_name"),
        ItemVersion.picture_id,
        ItemVersion.from_on,
        ItemVersion.until_on,
        ItemVersion.limit_count,
        ItemVersion.limit_period,
        ItemVersion.least_stars,
        ItemVersion.collect_at,
    )
    .join(ItemVersion, _current)
    .outerjoin(Partner, Partner.id == ItemVersion.partner_id)
)


def items_where(
    organisation_id: int, *, shown: str = "shelf", category: str | None = None
) -> ColumnElement[bool]:
    """Return the condition of a list of an organisation's items."""
    of_state: dict[str, ColumnElement[bool]] = {
        "shelf": ShelfItem.withdrawn_at.is_(None),
        "low": and_(ShelfItem.withdrawn_at.is_(None), ShelfItem.available <= ShelfItem.low_at),
        "withdrawn": ShelfItem.withdrawn_at.is_not(None),
        "all": true(),
    }
    wanted = and_(ShelfItem.organisation_id == organisation_id, of_state[shown])
    return wanted if category is None else and_(wanted, ItemVersion.category == category)


def count_items(session: Session, where: ColumnElement[bool]) -> int:
    """Return how many items a list has."""
    query = select(func.count()).select_from(ShelfItem).join(ItemVersion, _current).where(where)
    return session.scalar(query) or 0


def items(
    session: Session, where: ColumnElement[bool], *, offset: int = 0, limit: int | None = None
) -> list[ItemRow]:
    """Return items by category and name, those withdrawn last."""
    query = _items.where(where).order_by(
        ShelfItem.withdrawn_at.is_not(None), ItemVersion.category, ItemVersion.name, ShelfItem.id
    )
    return [ItemRow(*row) for row in session.execute(query.offset(offset).limit(limit))]


def find_item(session: Session, item_id: int) -> ItemRow | None:
    """Return one item, or None."""
    row = session.execute(_items.where(ShelfItem.id == item_id)).first()
    return ItemRow(*row) if row else None


def categories(session: Session, organisation_id: int) -> list[str]:
    """Return the categories in use on an organisation's shelf."""
    query = (
        select(ItemVersion.category)
        .join(ShelfItem, _current)
        .where(ShelfItem.organisation_id == organisation_id)
        .group_by(ItemVersion.category)
        .order_by(ItemVersion.category)
    )
    return list(session.scalars(query))


def versions(session: Session, item_id: int) -> list[VersionRow]:
    """Return all that an item ever said, the newest first."""
    shown = [name for name in VersionRow._fields if name not in {"by", "partner_name", "colours"}]
    query = (
        select(
            *(getattr(ItemVersion, name) for name in shown),
            ItemVersion.id.label("version_id"),
            Login.display_name.label("by"),
            Partner.name.label("partner_name"),
        )
        .join(Login, Login.id == ItemVersion.made_by_id)
        .outerjoin(Partner, Partner.id == ItemVersion.partner_id)
        .where(ItemVersion.item_id == item_id)
        .order_by(ItemVersion.number.desc())
    )
    # Read before anything else is asked: the name of the item stands beside that of the partner.
    rows = [row._mapping for row in session.execute(query)]
    colours = _colours(session, [row["version_id"] for row in rows])
    return [_version(row, colours.get(row["version_id"], ())) for row in rows]


def turns(session: Session, item_id: int) -> list[Turn]:
    """Return what happened to an item besides its versions, the newest first."""
    query = (
        select(TrailRow.at, Login.display_name, TrailRow.operation, TrailRow.before, TrailRow.after)
        .join(Login, Login.id == TrailRow.actor_id)
        .where(
            TrailRow.subject_kind == "shelf_item",
            TrailRow.subject_id == item_id,
            TrailRow.operation.in_(("shelf.withdraw", "shelf.put_back", "shelf.change")),
        )
        .order_by(TrailRow.id.desc())
    )
    return [
        Turn(at, by, operation, json.loads(before or "{}"), json.loads(after or "{}"))
        for at, by, operation, before, after in session.execute(query)
    ]


def colour_names(session: Session, item_id: int) -> list[str]:
    """Return the colours whose volunteers may redeem an item; none: everybody."""
    query = (
        select(Colour.name)
        .join(ItemColour, ItemColour.colour_id == Colour.id)
        .join(ItemVersion, ItemVersion.id == ItemColour.item_version_id)
        .join(ShelfItem, _current)
        .where(ShelfItem.id == item_id)
        .order_by(Colour.position)
    )
    return list(session.scalars(query))


def partners(session: Session, organisation_id: int, *, above: bool = False) -> list[PartnerRow]:
    """Return the partners of an organisation, or with those above it; the ended ones last."""
    ids = ancestors_of(session, organisation_id) if above else [organisation_id]
    offered = (
        select(ItemVersion.partner_id, func.count().label("offers"))
        .join(ShelfItem, _current)
        .where(ShelfItem.withdrawn_at.is_(None))
        .group_by(ItemVersion.partner_id)
        .subquery()
    )
    query = (
        select(
            Partner.id,
            Partner.organisation_id,
            Partner.name,
            Partner.contact,
            Partner.ended_at,
            func.coalesce(offered.c.offers, 0),
        )
        .outerjoin(offered, offered.c.partner_id == Partner.id)
        .where(Partner.organisation_id.in_(ids))
        .order_by(Partner.ended_at.is_not(None), Partner.name)
    )
    return [PartnerRow(*row) for row in session.execute(query)]


def _colours(session: Session, version_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    rows = session.execute(
        select(ItemColour.item_version_id, Colour.name)
        .join(Colour, Colour.id == ItemColour.colour_id)
        .where(ItemColour.item_version_id.in_(version_ids))
        .order_by(Colour.position)
    )
    found: dict[int, tuple[str, ...]] = {}
    for version_id, name in rows:
        found[version_id] = (*found.get(version_id, ()), name)
    return found


def _version(row: Any, colours: tuple[str, ...]) -> VersionRow:
    values = {name: row[name] for name in VersionRow._fields if name != "colours"}
    return VersionRow(**values, colours=colours)
