"""What all who keep a shelf have in common: whose it is, the locked item, the trail row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.organisations.models import Organisation
from app.organisations.operations import check_in_service
from app.rewards.models import Partner, RedemptionWindow, ShelfItem
from app.teams.rules import Actor
from app.trail.operations import note

SUBJECTS: Mapping[type, str] = {
    ShelfItem: "shelf_item",
    Partner: "partner",
    RedemptionWindow: "redemption_window",
}


def check_own(organisation_id: int, actor: Actor) -> None:
    """Refuse a shelf that is not the actor's to keep, as if there were none."""
    if organisation_id not in actor.organises:
        raise NotFound


def hold_own_shelf(session: Session, organisation_id: int, actor: Actor) -> None:
    """Let whoever adds names to an organisation's shelf stand in line, and refuse all others."""
    check_own(organisation_id, actor)
    own = select(Organisation.id).where(Organisation.id == organisation_id)
    session.scalar(own.with_for_update(key_share=True))


def hold_own_open_shelf(session: Session, organisation_id: int, actor: Actor) -> None:
    """Refuse to put anything new on the shelf of an organisation that is no longer in service."""
    check_own(organisation_id, actor)
    check_in_service(session, organisation_id)


def hold_own_item(session: Session, item_id: int, actor: Actor) -> ShelfItem:
    """Lock an item of a shelf that the actor keeps; out of reach it does not exist."""
    return hold_own_items(session, [item_id], actor)[0]


def hold_own_items(session: Session, item_ids: Sequence[int], actor: Actor) -> list[ShelfItem]:
    """Lock items in the order of their ids, so that two who count at once never block each other.

    They come back in the order asked for; one out of reach hides all.
    """
    query = (
        select(ShelfItem)
        .where(ShelfItem.id.in_(item_ids))
        .order_by(ShelfItem.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {item.id: item for item in session.scalars(query)}
    if found.keys() != set(item_ids):
        raise NotFound
    for item in found.values():
        check_own(item.organisation_id, actor)
    return [found[item_id] for item_id in item_ids]


def note_kept(
    session: Session,
    operation: str,
    row: ShelfItem | Partner | RedemptionWindow,
    *,
    actor: Actor,
    now: datetime,
    **said: Any,
) -> None:
    """Write the trail row of what was done to an item or its stock, a partner, or a window."""
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECTS[type(row)],
        subject_id=row.id,
        organisation_id=row.organisation_id,
        **said,
    )
