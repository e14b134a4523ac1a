"""What a picture of the shelf shows: of which items, whether for everybody, and who redeemed it."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session

from app.rewards.models import ItemColour, ItemVersion, Redemption, ShelfItem


class Pictured(NamedTuple):
    """An item of which some version bears the picture."""

    item_id: int
    organisation_id: int
    # The item bears it now, stands on the shelf and is kept for nobody.
    is_for_everybody: bool


_kept_for_some = exists().where(ItemColour.item_version_id == ItemVersion.id)
_stands = and_(
    ItemVersion.number == ShelfItem.version,
    ShelfItem.withdrawn_at.is_(None),
    ItemVersion.least_stars.is_(None),
    ~_kept_for_some,
)


def pictured(session: Session, picture_id: int) -> list[Pictured]:
    """Return what a picture shows; nothing, if it is none of a shelf."""
    query = (
        select(ItemVersion.item_id, ShelfItem.organisation_id, _stands)
        .join(ShelfItem, ShelfItem.id == ItemVersion.item_id)
        .where(ItemVersion.picture_id == picture_id)
    )
    return [Pictured(row[0], row[1], bool(row[2])) for row in session.execute(query)]


def has_redeemed(session: Session, volunteer_ids: Collection[int], picture_id: int) -> bool:
    """Tell whether one of these people redeemed what bore a picture then."""
    query = (
        select(Redemption.id)
        .join(ItemVersion, ItemVersion.id == Redemption.item_version_id)
        .where(ItemVersion.picture_id == picture_id, Redemption.volunteer_id.in_(volunteer_ids))
    )
    return session.scalar(query.limit(1)) is not None
