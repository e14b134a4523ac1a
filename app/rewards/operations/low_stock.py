"""Tell those who keep a shelf when an item runs out: once, at the move that makes it low."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bulk import fetch
from app.clock import today_in
from app.notices.operations import tell_logins
from app.organisations.queries import settings_of
from app.rewards.models import ItemVersion, ShelfItem
from app.teams.queries import organisers_above

KIND = "stock.low"
SUBJECT = "shelf_item"
_LAST_MOVE = "SELECT max(id) FROM stock_moves WHERE item_id = ?"


class Low(Protocol):
    """An item under its lock, and from how few on it is low."""

    @property
    def id(self) -> int: ...

    @property
    def organisation_id(self) -> int: ...

    @property
    def low_at(self) -> int: ...


def tell_if_low(session: Session, item: Low, *, was: int, left: int, now: datetime) -> None:
    """Tell the organisers of a shelf of an item that was not low until this move.

    It is told again only after there were more of it meanwhile.
    """
    if left > item.low_at or was <= item.low_at:
        return
    session.flush()
    name, measure, withdrawn_at = _said(session, item.id)
    if withdrawn_at is not None:
        return
    today = today_in(settings_of(session, item.organisation_id).time_zone, now)
    tell_logins(
        session,
        KIND,
        organisers_above(session, item.organisation_id, today),
        figures={"what": name, "left": f"{left} {measure}"},
        path=f"/stock/{item.id}",
        at=now,
        subject_kind=SUBJECT,
        subject_id=item.id,
        once=str(fetch(session, _LAST_MOVE, item.id)[0][0]),
    )


def _said(session: Session, item_id: int) -> tuple[str, str, datetime | None]:
    row = session.execute(
        select(ItemVersion.name, ItemVersion.measure, ShelfItem.withdrawn_at)
        .join(ShelfItem, ShelfItem.id == ItemVersion.item_id)
        .where(ShelfItem.id == item_id, ItemVersion.number == ShelfItem.version)
    ).one()
    return row[0], row[1], row[2]
