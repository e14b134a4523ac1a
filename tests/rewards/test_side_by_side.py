"""Many people at one shelf at the same instant: the last piece, the last points, one ending.

Each rule that holds then has its counterproof: without the lock and the condition that stands
behind it, more is sold than there was.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Semaphore
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.bulk import next_ids
from app.db import db, transaction
from app.ledger.operations import Ready, reserve, system_account
from app.rewards.operations import holding, judging, redeeming
from app.rewards.operations.redeeming import Redeemed
from app.rewards.operations.settling import cancel, expire_uncollected, hand_over
from app.rewards.rules.moves import SettledAlready
from tests.audit.planting import plant
from tests.races import race
from tests.rewards.shelving import (
    PRICE,
    balance,
    give_points,
    one,
    redeemed,
    shelf_community,
    stock,
    stocked,
)
from tests.service.community import NOW, Community, check_books
from tests.service.test_side_by_side import MEETING_SECONDS, at_once

CROWD = range(5, 55)
# The whole proof takes 200 rounds: QICAI_ROUNDS=200 pytest tests/rewards/test_side_by_side.py
ROUNDS = int(os.environ.get("QICAI_ROUNDS", "2"))


@pytest.fixture
def community(db_session: Session) -> Community:
    return shelf_community(db_session, people=60)


def redeeming_of(community: Community, place: int, item_id: int) -> Callable[[], str]:
    key = community.fresh_key()

    def act() -> str:
        done = redeemed(community, place, item_id, key=key)
        return done.refusal.code if done.refusal else "redeemed"

    return act


def check_all(app: Flask) -> None:
    """Check the books and every invariant of the audit."""
    check_books(db.session())
    with open_reading(app.config["DATABASE_URL"]) as reading:
        assert [each for each in audit(reading).results if each.violations] == []


@race(
    "rows of shelf_items",
    seen="^AssertionError|a redemption is paid once|postings are only added to|"
    "no posting joins a finished entry|An item was judged without its lock",
)
def test_the_last_piece_goes_to_one_of_fifty(app: Flask, community: Community) -> None:
    for place in CROWD:
        give_points(community, place, ROUNDS * PRICE)
    for _round in range(ROUNDS):
        item_id = stocked(community, pieces=1)
        said = at_once(app, *(redeeming_of(community, place, item_id) for place in CROWD))
        assert Counter(said) == {"redeemed": 1, "sold_out": 49}
        assert stock(item_id) == (0, 1)
    check_all(app)


@race(
    "rows of accounts",
    seen="^AssertionError|a redemption is paid once|postings are only added to",
)
def test_points_for_one_buy_one_of_twenty(app: Flask, community: Community) -> None:
    for _round in range(ROUNDS):
        give_points(community, 5, PRICE - balance(community, 5))
        items = [stocked(community, pieces=1) for _item in range(20)]
        said = at_once(app, *(redeeming_of(community, 5, item_id) for item_id in items))
        assert Counter(said) == {"redeemed": 1, "not_enough_points": 19}
        assert balance(community, 5) == 0
    check_all(app)


@race(
    "the key of the operation",
    at_lock="rows of accounts",
    seen="operation_keys are only added to|pk_operation_keys|a redemption is paid once|"
    "no posting joins a finished entry|postings are only added to",
)
def test_one_key_sent_by_many_at_once_redeems_once(app: Flask, community: Community) -> None:
    give_points(community, 5, 5 * PRICE)
    item_id = stocked(community, pieces=5)

    def tap() -> Redeemed:
        return redeemed(community, 5, item_id, key="one tap")

    said = at_once(app, *[tap] * 10)
    assert len(set(said)) == 1
    assert (balance(community, 5), stock(item_id)) == (4 * PRICE, (4, 1))


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two judge what both have read before either takes it, and take it unconditionally."""
    met = Barrier(2)
    read = judging.judged

    def judged(session: Session, *given: Any) -> Any:
        found, ground = read(session, *given), given[-1]
        # Here the locks of person and item go, and on SQLite what was reserved under them.
        session.rollback()
        met.wait(MEETING_SECONDS)
        ready = Ready(
            reserve(session, 1, ground.now),
            next_ids(session, "redemptions", 1)[0],
            system_account(session, ground.root_id, *judging.REDEEMED),
        )
        return found._replace(ready=ready)

    monkeypatch.setattr(redeeming, "judged", judged)
    monkeypatch.setattr(holding, "_MOVE_STOCK", holding._MOVE_STOCK.replace(">= 0", ">= -9"))
    # SQLite's one writer would keep them apart before they begin.
    monkeypatch.setattr(sys.modules["app.db"], "_sqlite_writer", Semaphore(2))


def test_without_the_lock_the_last_piece_is_sold_twice(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(app.config["DATABASE_URL"], (), without=("ck_shelf_items_available",))
    for place in (5, 6):
        give_points(community, place, PRICE)
    item_id = stocked(community, pieces=1)
    without_locks(monkeypatch)
    said = at_once(app, *(redeeming_of(community, place, item_id) for place in (5, 6)))
    assert (said, stock(item_id)) == (["redeemed", "redeemed"], (-1, 2))


def test_without_the_lock_points_for_one_buy_two(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(app.config["DATABASE_URL"], (), without=("ck_accounts_never_below_zero",))
    give_points(community, 5, PRICE)
    items = [stocked(community, pieces=1) for _item in range(2)]
    without_locks(monkeypatch)
    said = at_once(app, *(redeeming_of(community, 5, item_id) for item_id in items))
    assert (said, balance(community, 5)) == (["redeemed", "redeemed"], -PRICE)


def endings(community: Community, redemption_id: int) -> list[Callable[[], str]]:
    """Return everybody who may end a redemption, on the day after its last one."""
    late = NOW + timedelta(days=15)

    def ending(operation: Callable[..., None], by: str | None, **more: Any) -> Callable[[], str]:
        def act() -> str:
            given = {"now": late, **more}
            if by is not None:
                given |= {"actor": community.actor(by), "key": community.fresh_key()}
            try:
                with transaction() as session:
                    operation(session, redemption_id, **given)
            except SettledAlready:
                return "told"
            return operation.__name__

        return act

    return [
        ending(cancel, "volunteer", reason=""),
        ending(cancel, "organiser", reason="x"),
        ending(expire_uncollected, None),
        ending(expire_uncollected, None),
    ]


@race(
    "rows of accounts",
    "rows of shelf_items",
    "rows of redemptions",
    seen="a redemption is paid once|postings are only added to|uq_entries_redemption",
)
def test_it_is_given_back_once_whoever_comes_first(app: Flask, community: Community) -> None:
    give_points(community, 3, PRICE)
    item_id = stocked(community)
    for _round in range(ROUNDS):
        redemption_id = redeemed(community, 3, item_id).redemption_id
        assert redemption_id is not None
        said = at_once(app, *endings(community, redemption_id))
        assert said.count("told") == 3
        assert (balance(community, 3), stock(item_id)) == (PRICE, (5, 0))
    check_all(app)


@race(
    "rows of accounts",
    "rows of shelf_items",
    "rows of redemptions",
    seen="A redemption was settled without its lock.",
)
def test_handed_over_or_cancelled_but_never_both(app: Flask, community: Community) -> None:
    give_points(community, 3, PRICE)
    item_id = stocked(community)
    redemption_id = redeemed(community, 3, item_id).redemption_id

    def act(operation: Callable[..., None], by: str, **more: Any) -> Callable[[], str]:
        def run() -> str:
            given = {"actor": community.actor(by), "now": NOW, "key": by, **more}
            with transaction() as session:
                operation(session, redemption_id, **given)
            return operation.__name__

        return run

    said = at_once(app, act(hand_over, "leader"), act(cancel, "volunteer", reason=""))
    assert sum(isinstance(each, SettledAlready) for each in said) == 1
    state = one("SELECT state FROM redemptions")
    left = {"collected": (0, (4, 0)), "cancelled": (PRICE, (5, 0))}[state]
    assert (balance(community, 3), stock(item_id)) == left
    check_all(app)
