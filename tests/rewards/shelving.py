"""A shelf for the tests: items with stock in the small community, and people with points."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.adjustments.operations import ask_adjustment, confirm
from app.adjustments.rules import MOST_POINTS_HUNDREDTHS, Amounts
from app.db import db, transaction
from app.errors import RuleBroken
from app.ledger.operations import system_account
from app.rewards.models import ItemVersion, ShelfItem, StockMove
from app.rewards.operations.judging import REDEEMED
from app.rewards.operations.redeeming import Asked, Redeemed, redeem
from app.teams.rules import Actor
from tests.service.community import NOW, Community, make_community
from tests.service.conftest import grant_organisers

TODAY = date(2026, 2, 3)
PRICE = 160_00


def shelf_community(session: Session, **more: Any) -> Community:
    """Make the small community, whose organisers may give points; somebody redeemed before."""
    made = make_community(session, **more)
    grant_organisers(made)
    session.rollback()
    with transaction() as opening:
        # Whoever is the very first opens it, and all others wait for that.
        system_account(opening, made.root_id, *REDEEMED)
    return made


def stocked(community: Community, *, pieces: int = 5, **said: Any) -> int:
    """Put an item on the shelf and return its id."""
    maker = community.actor("organiser").login_id
    with transaction() as session:
        item = ShelfItem(
            organisation_id=said.pop("organisation_id", community.root_id),
            kind=said.pop("kind", "goods"),
            available=pieces,
            made_by_id=maker,
            made_at=NOW,
        )
        session.add(item)
        session.flush()
        session.add(_version(maker, item_id=item.id, number=1, **said))
        if pieces:
            session.add(
                StockMove(
                    item_id=item.id,
                    kind="in",
                    available_change=pieces,
                    reserved_change=0,
                    at=NOW,
                    actor_id=maker,
                )
            )
        return item.id


def restate(community: Community, **said: Any) -> None:
    """Let an item say something else: a version of its own, and the current one."""
    with transaction() as session:
        session.add(_version(community.actor("organiser").login_id, **said))
        session.get_one(ShelfItem, said["item_id"]).version = said["number"]


def _version(maker: int, **said: Any) -> ItemVersion:
    told = {
        "name": "洗衣液 2 kg",
        "description": "",
        "measure": "瓶",
        "category": "日用",
        "price_hundredths": PRICE,
        "collect_at": "",
        **said,
    }
    return ItemVersion(made_by_id=maker, made_at=NOW, **told)


def give_points(community: Community, place: int, hundredths: int) -> None:
    """Give a person points, as two organisers may; more than they may at once in several steps."""
    while hundredths:
        some = min(hundredths, MOST_POINTS_HUNDREDTHS)
        _adjust(community, place, some)
        hundredths -= some


def _adjust(community: Community, place: int, hundredths: int) -> None:
    given = {"now": NOW}
    with transaction() as session:
        asked_id = ask_adjustment(
            session,
            community.volunteers[place],
            Amounts(0, hundredths),
            actor=community.actor("organiser"),
            reason="期初",
            key=community.fresh_key(),
            **given,
        )
        second = community.actor("organiser_too")
        confirm(session, asked_id, actor=second, key=community.fresh_key(), **given)


def person(community: Community, place: int) -> Actor:
    """Return somebody of the community as they act for themselves."""
    known = list(community.actors.values())
    volunteer_id = community.volunteers[place]
    found = next((each for each in known if each.volunteer_id == volunteer_id), None)
    return found or Actor(community.actor("organiser").login_id, volunteer_id, "somebody")


def redeemed(
    community: Community,
    place: int,
    item_id: int,
    *,
    key: str | None = None,
    quantity: int = 1,
    price: int = PRICE,
    **more: Any,
) -> Redeemed:
    """Redeem in a transaction of its own."""
    with transaction() as session:
        return redeem(
            session,
            Asked(item_id, quantity, price, more.pop("version", None)),
            volunteer_id=more.pop("volunteer_id", community.volunteers[place]),
            actor=more.pop("actor", None) or person(community, place),
            now=more.pop("now", NOW),
            key=key or community.fresh_key(),
        )


def one(query: str, **values: Any) -> Any:
    """Return the one value a query finds, as it is committed."""
    session = db.session()
    if not session.info.get("in_transaction"):
        session.rollback()
    return session.execute(text(query), values).scalar_one()


def stock(item_id: int) -> tuple[int, int]:
    """Return what lies on the shelf and what is set aside."""
    query = "SELECT {} FROM shelf_items WHERE id = :item"
    return tuple(one(query.format(name), item=item_id) for name in ("available", "reserved"))


def balance(community: Community, place: int) -> int:
    """Return somebody's points in hundredths."""
    query = "SELECT balance FROM accounts WHERE holder_id = :holder AND unit = 'points'"
    return int(one(query, holder=community.volunteers[place]))


def refused(done: Redeemed) -> str:
    """Return the code of a kept refusal."""
    assert isinstance(done.refusal, RuleBroken)
    return done.refusal.code
