"""Judge behind the locks whether somebody may redeem an item now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.errors import NotFound
from app.ledger.operations import Held, Ready, lock_holders_and_reserve
from app.ledger.rules import Unit
from app.organisations.rules import Settings
from app.rewards.models import ShelfItem
from app.rewards.operations.holding import Item, hold_item
from app.rewards.queries.grounds import (
    COLOURS_ON,
    COUNTED_THIS_YEAR,
    LINE_AND_STATE,
    Counted,
    counted_from,
    redeemed_of_item,
    spent_hundredths,
)
from app.rewards.rules.redeeming import House, ItemChanged, NotRedeemable, Person, refusal_of
from app.service.queries.stars import asking_standing, standing_told

# The system's account opposite.
REDEEMED: tuple[str, Unit] = ("points_redeemed", "points")
_NAME_THEN = "SELECT name FROM item_versions WHERE item_id = ? AND number = ?"


class Ground(NamedTuple):
    """By what a redemption is judged: the house's settings and rules, its root, when."""

    settings: Settings
    house: House
    root_id: int
    now: datetime
    today: date


class Judged(NamedTuple):
    """Person and item under their locks, and why there is no redemption, if there is none."""

    held: Held
    item: Item
    ready: Ready
    refusal: NotRedeemable | None


class _Judging(NamedTuple):
    """What of a person counts for any item: their shelves, service, colours, redemptions."""

    reach: Sequence[int]
    served_minutes: int
    stars: int
    colour_ids: frozenset[int]
    this_year: list[Counted]

    def person_for(self, item: Item, held: Held, today: date) -> Person:
        """Return what counts for one item."""
        return Person(
            points_hundredths=held.points_balance,
            served_minutes=self.served_minutes,
            stars=self.stars,
            colour_ids=self.colour_ids,
            redeemed_of_item=redeemed_of_item(self.this_year, item.id, item.terms, today),
            spent_this_year_hundredths=spent_hundredths(self.this_year),
        )


def judged(
    session: Session,
    item_id: int,
    quantity: int,
    shown_price_hundredths: int,
    shown_version: int | None,
    volunteer_id: int,
    ground: Ground,
) -> Judged:
    """Lock the person, then the item; return both, and why it cannot be redeemed.

    The item comes last: everybody who wants it waits for it, and holds it as briefly as may be.
    What needs no item is asked and reserved before.
    """
    held, ready, judging = _held_person(session, volunteer_id, ground)
    item = hold_item(session, item_id)
    if item is None or item.organisation_id not in judging.reach:
        raise NotFound
    refusal = refusal_of(
        name=item.name,
        terms=item.terms,
        shown_price_hundredths=shown_price_hundredths,
        available=item.available,
        quantity=quantity,
        person=judging.person_for(item, held, ground.today),
        house=ground.house,
        today=ground.today,
    )
    return Judged(held, item, ready, refusal or _of_change(session, item, shown_version))


def _of_change(session: Session, item: Item, shown_version: int | None) -> NotRedeemable | None:
    """Return why an item is no longer what was shown; other words about it are no reason."""
    if shown_version is None or shown_version == item.terms.version:
        return None
    shown = fetch(session, _NAME_THEN, item.id, shown_version)
    if not shown:
        raise NotFound
    return ItemChanged(shown=shown[0][0], name=item.name) if shown[0][0] != item.name else None


def home_of(session: Session, item_id: int) -> int:
    """Return on whose shelf an item stands."""
    home = session.scalar(select(ShelfItem.organisation_id).where(ShelfItem.id == item_id))
    if home is None:
        raise NotFound
    return home


def _held_person(
    session: Session, volunteer_id: int, ground: Ground
) -> tuple[Held, Ready, _Judging]:
    today = ground.today
    held, ready, answers = lock_holders_and_reserve(
        session,
        [volunteer_id],
        ground.now,
        (ground.root_id, *REDEEMED),
        "redemptions",
        (COUNTED_THIS_YEAR, volunteer_id, today.replace(month=1, day=1)),
        (COLOURS_ON, volunteer_id, today, today),
        (LINE_AND_STATE, volunteer_id, volunteer_id),
        asking_standing(volunteer_id),
    )
    counted, colours, line, standing_rows = answers
    if volunteer_id not in held or not line or line[0][1] != "active":
        raise NotFound
    standing = standing_told(standing_rows)
    judging = _Judging(
        [row[0] for row in line],
        standing.minutes,
        standing.level(ground.settings, today),
        frozenset(row[0] for row in colours),
        counted_from(counted),
    )
    return held[volunteer_id], ready, judging
