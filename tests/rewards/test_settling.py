"""A redemption ends once: handed over, cancelled or expired; what goes back goes back whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import db, transaction
from app.errors import NotFound
from app.rewards.operations.counter import redeem_at_counter
from app.rewards.operations.reaching import (
    OpenedByServed,
    OthersTeam,
    OwnRedemption,
    SignatureOfNewcomer,
)
from app.rewards.operations.redeeming import Asked
from app.rewards.operations.settling import ReasonNeeded, cancel, expire_uncollected, hand_over
from app.rewards.rules.moves import (
    CancelledAlready,
    CollectedAlready,
    ExpiredAlready,
    NotDueYet,
    TooLateToCollect,
)
from app.teams.rules import Opening
from tests.rewards.shelving import PRICE, balance, give_points, one, redeemed, stock, stocked
from tests.service.community import NOW, Community

LATE = NOW + timedelta(days=15)


@pytest.fixture
def ready(community: Community) -> tuple[Community, int, int]:
    """A community, an item, and a redemption of it by the fourth person."""
    give_points(community, 3, PRICE)
    item_id = stocked(community)
    redemption_id = redeemed(community, 3, item_id).redemption_id
    assert redemption_id is not None
    return community, item_id, redemption_id


Ready = tuple[Community, int, int]


def settle(
    operation: Callable[..., None], ready: Ready, by: str, *, now: Any = NOW, **more: Any
) -> None:
    community, _item, redemption_id = ready
    with transaction() as session:
        key = more.pop("key", None) or community.fresh_key()
        actor = community.actor(by)
        operation(session, redemption_id, actor=actor, now=now, key=key, **more)


def expire(ready: Ready, now: Any = LATE) -> None:
    with transaction() as session:
        expire_uncollected(session, ready[2], now=now)


def state(ready: Ready) -> str:
    return str(one("SELECT state FROM redemptions WHERE id = :id", id=ready[2]))


def test_the_desk_hands_over(ready: Ready) -> None:
    settle(hand_over, ready, "leader")
    assert (state(ready), balance(ready[0], 3), stock(ready[1])) == ("collected", 0, (4, 0))


def test_a_cancelled_one_restores_both(ready: Ready) -> None:
    settle(cancel, ready, "volunteer", reason="")
    assert (state(ready), balance(ready[0], 3), stock(ready[1])) == ("cancelled", PRICE, (5, 0))
    assert one("SELECT count(*) FROM entries WHERE kind = 'refund'") == 1


def test_an_expired_one_restores_both(ready: Ready) -> None:
    expire(ready)
    assert (state(ready), balance(ready[0], 3), stock(ready[1])) == ("expired", PRICE, (5, 0))
    assert one("SELECT settled_by_id IS NULL FROM redemptions")


def test_the_same_tap_twice_is_one_cancellation(ready: Ready) -> None:
    settle(cancel, ready, "volunteer", reason="", key="once")
    settle(cancel, ready, "volunteer", reason="", key="once")
    assert balance(ready[0], 3) == PRICE


@pytest.mark.parametrize(
    ("first", "refusal"), [("collected", CollectedAlready), ("cancelled", CancelledAlready)]
)
def test_what_has_ended_is_told(ready: Ready, first: str, refusal: type[Exception]) -> None:
    if first == "collected":
        settle(hand_over, ready, "leader")
    else:
        settle(cancel, ready, "volunteer", reason="")
    with pytest.raises(refusal):
        settle(hand_over, ready, "organiser")
    with pytest.raises(refusal):
        settle(cancel, ready, "volunteer", reason="")


def test_what_has_expired_is_told(ready: Ready) -> None:
    expire(ready)
    with pytest.raises(ExpiredAlready):
        settle(hand_over, ready, "leader", now=LATE)
    with pytest.raises(ExpiredAlready):
        expire(ready)


def test_the_desk_is_strict_about_the_last_day(ready: Ready) -> None:
    last_day = NOW + timedelta(days=14)
    with pytest.raises(NotDueYet):
        expire(ready, last_day)
    with pytest.raises(TooLateToCollect):
        settle(hand_over, ready, "leader", now=LATE)
    settle(hand_over, ready, "leader", now=last_day)


def test_the_desk_cancels_with_a_reason(ready: Ready) -> None:
    with pytest.raises(ReasonNeeded):
        settle(cancel, ready, "organiser", reason=" ")
    settle(cancel, ready, "organiser", reason="包装破损")
    assert one("SELECT reason FROM entries WHERE kind = 'refund'") == "包装破损"


def test_nobody_hands_over_to_themselves(community: Community) -> None:
    give_points(community, 0, PRICE)
    own = redeemed(community, 0, stocked(community)).redemption_id
    assert own is not None
    with pytest.raises(OwnRedemption):
        settle(hand_over, (community, 0, own), "leader")


def test_nor_through_an_account_that_their_code_opened(ready: Ready) -> None:
    community, item_id, _redemption = ready
    opening = Opening("谷雨", NOW.date(), NOW.date())
    behind = replace(community.actor("organiser"), openings={community.volunteers[3]: opening})
    community.actors["behind"] = behind
    with pytest.raises(OpenedByServed):
        settle(hand_over, ready, "behind")
    with pytest.raises(OpenedByServed), transaction() as session:
        redeem_at_counter(
            session,
            Asked(item_id, 1, PRICE),
            volunteer_id=community.volunteers[3],
            consent="signature",
            actor=behind,
            now=NOW,
            key="counter",
        )
    assert state(ready) == "to_collect"


def test_a_leader_serves_the_own_team_only(community: Community) -> None:
    give_points(community, 6, PRICE)
    actor = community.actor("organiser")
    done = redeemed(community, 6, stocked(community), actor=_as(community, 6))
    assert done.redemption_id is not None
    with pytest.raises(OthersTeam):
        settle(hand_over, (community, 0, done.redemption_id), "leader")
    assert actor.organises
    settle(hand_over, (community, 0, done.redemption_id), "organiser")


def test_a_volunteer_is_no_desk(ready: Ready) -> None:
    with pytest.raises(NotFound):
        settle(hand_over, ready, "organiser_below")
    with pytest.raises(NotFound):
        settle(cancel, ready, "organiser_below", reason="x")


def test_the_counter_redeems_and_hands_over_in_one_step(community: Community) -> None:
    give_points(community, 3, PRICE)
    item_id = stocked(community)
    for _again in range(2):
        with transaction() as session:
            done = redeem_at_counter(
                session,
                Asked(item_id, 1, PRICE),
                volunteer_id=community.volunteers[3],
                consent="signature",
                actor=community.actor("leader"),
                now=NOW,
                key="counter",
            )
        assert done.redemption_id
    assert (balance(community, 3), stock(item_id)) == (0, (4, 0))
    assert one("SELECT consent FROM redemptions WHERE state = 'collected'") == "signature"


def test_the_counter_is_not_for_oneself(community: Community) -> None:
    with pytest.raises(OwnRedemption), transaction() as session:
        redeem_at_counter(
            session,
            Asked(stocked(community), 1, PRICE),
            volunteer_id=community.volunteers[0],
            consent="pin",
            actor=community.actor("leader"),
            now=NOW,
            key="counter",
        )


@pytest.mark.parametrize(
    ("days", "consent", "by", "is_served"),
    [
        (7, "signature", "leader", False),
        (8, "signature", "leader", True),
        (0, "pin", "leader", True),
        (0, "signature", "organiser", True),
    ],
)
def test_whom_a_leader_just_took_in_does_not_pay_by_signature(
    community: Community, days: int, consent: str, by: str, is_served: bool
) -> None:
    give_points(community, 3, PRICE)
    item_id = stocked(community)
    with transaction() as session:
        joined = {"on": (NOW - timedelta(days=days)).date(), "id": community.volunteers[3]}
        session.execute(
            text("UPDATE memberships SET from_on = :on WHERE volunteer_id = :id"), joined
        )
    may = nullcontext() if is_served else pytest.raises(SignatureOfNewcomer)
    with may, transaction() as session:
        redeem_at_counter(
            session,
            Asked(item_id, 1, PRICE),
            volunteer_id=community.volunteers[3],
            consent=consent,
            actor=community.actor(by),
            now=NOW,
            key="counter",
        )
    assert balance(community, 3) == (0 if is_served else PRICE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE redemptions SET quantity = 2",
        "UPDATE redemptions SET state = 'to_collect', settled_at = NULL",
        "UPDATE redemptions SET state = 'cancelled', refund_entry_id = entry_id",
        "DELETE FROM redemptions",
        "UPDATE stock_moves SET available_change = 1",
        "DELETE FROM stock_moves",
        "UPDATE item_versions SET price_hundredths = 1",
        "UPDATE shelf_items SET available = -1",
    ],
)
def test_the_database_itself_refuses(ready: Ready, change: str) -> None:
    settle(hand_over, ready, "leader")
    with pytest.raises(IntegrityError):
        db.session.execute(text(change))
    db.session.rollback()


def _as(community: Community, place: int) -> Any:
    return replace(community.actor("volunteer"), volunteer_id=community.volunteers[place])
