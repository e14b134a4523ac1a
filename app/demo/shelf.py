"""What stands on the demo's shelf: goods and services of its partners, with their stock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy.orm import Session

from app.rewards.operations.counting import Count, count_stock, last_moves
from app.rewards.operations.partners import add_partner
from app.rewards.operations.shelf import Kept, add_item
from app.rewards.operations.stock import Donated, take_in, write_off
from app.rewards.rules.items import ItemSaid
from app.teams.rules import Actor

if TYPE_CHECKING:
    from app.demo.operations import Cast

MARKET, BARBER, CLINIC, REPAIRS = "惠民超市", "春风理发店", "社区卫生服务站", "安心家电维修部"
PARTNERS = (
    (MARKET, "服务台，上午九点以后"),
    (BARBER, "店主，周一休息"),
    (CLINIC, "护士站"),
    (REPAIRS, "门市部"),
)
DAILY, FOOD, SERVICES, STUDY = "日用", "粮油", "服务", "学习"
STOCKED_BEFORE, COUNTED_BEFORE = timedelta(days=40), timedelta(days=9)
UMBRELLA, FLASK = "折叠雨伞", "保温杯 500 mL"
DESCRIPTIONS = {
    "东北大米 5 kg": "当年新米，真空装。一袋约够一家人吃半个月。",
    "理发一次": "凭领取码到店，六十五岁以上可以上门。",
    "上门测血压": "护士上门量血压、问用药，约二十分钟。",
}


class Good(NamedTuple):
    """One item: its price in whole points, and how many came in."""

    name: str
    category: str
    points: int
    measure: str
    pieces: int
    partner: str | None = None
    limit: tuple[int, str] | None = None
    least_stars: int | None = None


# Prices as people of a year's service can pay them: most of them have 40 to 100 points.
GOODS = (
    Good("东北大米 5 kg", FOOD, 64, "袋", 18, MARKET),
    Good("食用油 1.8 L", FOOD, 72, "瓶", 9, MARKET),
    Good("洗衣液 2 kg", DAILY, 32, "瓶", 24, MARKET),
    Good("毛巾 2 条", DAILY, 16, "份", 42, MARKET),
    Good(UMBRELLA, DAILY, 40, "把", 4),
    Good(FLASK, DAILY, 52, "个", 1),
    Good("电热水壶 1.7 L", DAILY, 300, "台", 4, REPAIRS, least_stars=1),
    Good("笔记本和笔", STUDY, 8, "份", 60, limit=(4, "quarter")),
    Good("理发一次", SERVICES, 20, "次", 30, BARBER, (2, "month")),
    Good("上门测血压", SERVICES, 12, "次", 40, CLINIC, (1, "month")),
    Good("小家电维修一次", SERVICES, 36, "次", 8, REPAIRS, (2, "year")),
    Good("活动室半天", SERVICES, 48, "次", 12, limit=(1, "quarter")),
)


def fill_shelf(session: Session, cast: Cast, now: datetime) -> dict[str, int]:
    """Put the goods on the shelf and take their stock in; return their ids by name."""
    organiser, at = cast.organiser, now - STOCKED_BEFORE
    partner_ids = _partners(session, cast, at)
    ids = {}
    for place, good in enumerate(GOODS, start=1):
        item_id = add_item(
            session,
            cast.organisation_id,
            _kept(good, partner_ids),
            actor=organiser,
            now=at,
            key=f"demo-shelf-{place}",
        )
        donated = Donated(partner_ids.get(good.partner or ""), document=_document(place, good))
        key = f"demo-in-{place}"
        take_in(session, item_id, good.pieces, donated, actor=organiser, now=at, key=key)
        ids[good.name] = item_id
    _lose_some(session, ids, organiser, now)
    return ids


def _partners(session: Session, cast: Cast, at: datetime) -> dict[str, int]:
    return {
        name: add_partner(
            session,
            cast.organisation_id,
            name,
            contact,
            actor=cast.organiser,
            now=at,
            key=f"demo-partner-{name}",
        )
        for name, contact in PARTNERS
    }


def _kept(good: Good, partner_ids: dict[str, int]) -> Kept:
    count, period = good.limit or (None, None)
    said = ItemSaid(
        good.name,
        DESCRIPTIONS.get(good.name, ""),
        good.measure,
        good.category,
        good.points * 100,
        partner_id=partner_ids.get(good.partner or ""),
        limit_count=count,
        limit_period=period,
        least_stars=good.least_stars,
        collect_at=f"到{good.partner}" if good.category == SERVICES and good.partner else "",
    )
    return Kept(said, "service" if good.category == SERVICES else "goods", 3)


def _document(place: int, good: Good) -> str:
    return f"捐赠收据 {place:03}" if good.partner else ""


def _lose_some(session: Session, ids: dict[str, int], organiser: Actor, now: datetime) -> None:
    """Let the last flask break and a stocktaking miss an umbrella."""
    at = now - COUNTED_BEFORE
    broken = {"reason": "运输途中摔坏", "key": "demo-broken"}
    write_off(session, ids[FLASK], 1, actor=organiser, now=at, **broken)
    umbrellas = next(good.pieces for good in GOODS if good.name == UMBRELLA)
    item_id = ids[UMBRELLA]
    found = Count(item_id, umbrellas - 1, umbrellas, last_moves(session, [item_id])[item_id])
    count_stock(session, [found], reason="月底盘点", actor=organiser, now=at, key="demo-count")
