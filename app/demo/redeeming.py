"""What the demo's people redeemed: collected, given back, not fetched in time, and waiting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.operations import change_setting
from app.people.operations import login_for
from app.rewards.models import ItemVersion
from app.rewards.operations.redeeming import Asked, redeem
from app.rewards.operations.settling import cancel, expire_uncollected, hand_over
from app.teams.queries import actor_of
from app.teams.rules import Actor

if TYPE_CHECKING:
    from app.demo.operations import Cast

DESK = {
    "pick_up_place": "社区服务中心一楼 核销台",
    "pick_up_hours": "周一至周五 9:00—11:30，14:00—17:00",
}
NOT_FETCHED = timedelta(days=15)


class Wish(NamedTuple):
    """What somebody redeemed how many days ago, and how that went on so many days later."""

    # A place among the residents; None: the demo's volunteer.
    who: int | None
    item: str
    days_ago: int
    ended: str = ""
    after: int = 0


WISHES = (
    Wish(None, "笔记本和笔", 28, "expired"),
    Wish(3, "毛巾 2 条", 25, "collected", 2),
    Wish(None, "毛巾 2 条", 18, "collected", 3),
    Wish(12, "理发一次", 16, "collected", 1),
    Wish(19, "上门测血压", 11, "cancelled by the desk", 2),
    Wish(26, "洗衣液 2 kg", 9, "collected", 4),
    Wish(None, "上门测血压", 6, "cancelled", 1),
    Wish(8, "洗衣液 2 kg", 5),
    Wish(33, "毛巾 2 条", 4),
    Wish(4, "笔记本和笔", 3),
    Wish(None, "洗衣液 2 kg", 2),
    Wish(15, "理发一次", 1),
)


def redeem_some(
    session: Session,
    cast: Cast,
    item_ids: Mapping[str, int],
    now: datetime,
    *,
    volunteer_id: int,
) -> None:
    """Name the desk and let people redeem over the last weeks, the earliest first."""
    at = now - timedelta(days=30)
    for key, value in DESK.items():
        said = {"key": key, "value": value}
        actor_id = cast.organiser.login_id
        change_setting(session, cast.organisation_id, **said, actor_id=actor_id, now=at)
    for number, wish in enumerate(WISHES):
        whose = volunteer_id if wish.who is None else cast.volunteer_ids[wish.who]
        _redeem(session, cast, wish, item_ids[wish.item], whose, now, f"demo-redeem-{number}")


def _redeem(
    session: Session,
    cast: Cast,
    wish: Wish,
    item_id: int,
    volunteer_id: int,
    now: datetime,
    key: str,
) -> None:
    at = now - timedelta(days=wish.days_ago)
    actor = _actor(session, cast, volunteer_id, at)
    done = redeem(
        session,
        Asked(item_id, 1, _price(session, item_id)),
        volunteer_id=volunteer_id,
        actor=actor,
        now=at,
        key=key,
    )
    # Whoever has too few points so far goes home without.
    if done.redemption_id is not None and wish.ended:
        _end(session, cast, wish, done.redemption_id, actor, at, key)


def _end(
    session: Session,
    cast: Cast,
    wish: Wish,
    redemption_id: int,
    actor: Actor,
    at: datetime,
    key: str,
) -> None:
    later, ending = at + timedelta(days=wish.after), f"{key}-end"
    if wish.ended == "expired":
        expire_uncollected(session, redemption_id, now=at + NOT_FETCHED)
    elif wish.ended == "collected":
        hand_over(session, redemption_id, actor=cast.organiser, now=later, key=ending)
    elif wish.ended == "cancelled":
        cancel(session, redemption_id, actor=actor, now=later, reason="", key=ending)
    else:
        reason = "护士本周外出培训，请下周再兑"
        cancel(session, redemption_id, actor=cast.organiser, now=later, reason=reason, key=ending)


def _actor(session: Session, cast: Cast, volunteer_id: int, at: datetime) -> Actor:
    login = login_for(session, volunteer_id, actor_id=cast.organiser.login_id, now=at)
    return actor_of(session, login.id, at.date())


def _price(session: Session, item_id: int) -> int:
    query = select(ItemVersion.price_hundredths).where(ItemVersion.item_id == item_id)
    return session.scalars(query.order_by(ItemVersion.number.desc())).first() or 0
