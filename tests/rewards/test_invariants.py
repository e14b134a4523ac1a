"""The shelf against a plain model: whatever is redeemed, collected, cancelled or expired, comes
in, spoils or is counted, points and pieces agree with it after every step, and the audit agrees.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import transaction
from app.rewards.operations.counting import Count, count_stock, last_moves
from app.rewards.operations.settling import cancel, expire_uncollected, hand_over
from app.rewards.operations.stock import Donated, take_in, write_off
from app.rewards.rules.moves import NotDueYet, SettledAlready, TooLateToCollect
from app.rewards.rules.stock import NotSoMany
from tests.rewards.shelving import (
    balance,
    give_points,
    one,
    redeemed,
    shelf_community,
    stock,
    stocked,
)
from tests.rounds import rounds
from tests.service.community import NOW, Community

PRICE = 100
PEOPLE = (3, 5, 6)
BOUGHT = {"collected": 0, "cancelled": 1, "expired": 1}


class ShelfMachine(RuleBasedStateMachine):
    """Redeem and end redemptions over weeks, with dicts as the model."""

    community: Community

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.items = {
            stocked(self.community, pieces=3, price_hundredths=PRICE): [3, 0] for _ in "ab"
        }
        self.points = {place: balance(self.community, place) for place in PEOPLE}
        # By redemption: whose, of what, how many, in which state, and the last day.
        self.redeemed: dict[int, list[Any]] = {}

    @rule(place=st.sampled_from(PEOPLE), points=st.integers(1, 500))
    def earn(self, place: int, points: int) -> None:
        give_points(self.community, place, points)
        self.points[place] += points

    @rule(days=st.integers(1, 10))
    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(place=st.sampled_from(PEOPLE), which=st.integers(0, 1), quantity=st.integers(1, 3))
    def redeem(self, place: int, which: int, quantity: int) -> None:
        item_id = sorted(self.items)[which]
        done = redeemed(
            self.community, place, item_id, quantity=quantity, price=PRICE, now=self.now
        )
        left = self.items[item_id]
        may = left[0] >= quantity and self.points[place] >= PRICE * quantity
        assert (done.redemption_id is not None) == may
        if done.redemption_id is not None:
            left[0], left[1] = left[0] - quantity, left[1] + quantity
            self.points[place] -= PRICE * quantity
            last_day = self.now + timedelta(days=14)
            self.redeemed[done.redemption_id] = [place, item_id, quantity, "to_collect", last_day]

    @precondition(lambda self: self.redeemed)
    @rule(data=st.data(), ending=st.sampled_from(sorted(BOUGHT)))
    def end(self, data: Any, ending: str) -> None:
        redemption_id = data.draw(st.sampled_from(sorted(self.redeemed)))
        place, item_id, quantity, state, last_day = self.redeemed[redemption_id]
        is_late = self.now > last_day
        may = (
            state == "to_collect"
            and {
                "collected": not is_late,
                "cancelled": True,
                "expired": is_late,
            }[ending]
        )
        try:
            self._end(redemption_id, ending)
        except (SettledAlready, TooLateToCollect, NotDueYet):
            assert not may
            return
        assert may
        self.redeemed[redemption_id][3] = ending
        self.items[item_id][1] -= quantity
        self.items[item_id][0] += quantity * BOUGHT[ending]
        self.points[place] += PRICE * quantity * BOUGHT[ending]

    def _end(self, redemption_id: int, target: str) -> None:
        given = self._by_the_organiser()
        ways: dict[str, Callable[[Session], None]] = {
            "collected": lambda session: hand_over(session, redemption_id, **given),
            "cancelled": lambda session: cancel(session, redemption_id, reason="x", **given),
            "expired": lambda session: expire_uncollected(session, redemption_id, now=self.now),
        }
        with transaction() as session:
            ways[target](session)

    @rule(which=st.integers(0, 1), quantity=st.integers(1, 4))
    def take_in(self, which: int, quantity: int) -> None:
        item_id = sorted(self.items)[which]
        with transaction() as session:
            take_in(session, item_id, quantity, Donated(), **self._by_the_organiser())
        self.items[item_id][0] += quantity

    @rule(which=st.integers(0, 1), quantity=st.integers(1, 4))
    def write_off(self, which: int, quantity: int) -> None:
        item_id = sorted(self.items)[which]
        try:
            with transaction() as session:
                write_off(session, item_id, quantity, reason="x", **self._by_the_organiser())
        except NotSoMany:
            assert self.items[item_id][0] < quantity
            return
        self.items[item_id][0] -= quantity

    @rule(which=st.integers(0, 1), found=st.integers(0, 6), is_stale=st.booleans())
    def count(self, which: int, found: int, is_stale: bool) -> None:
        item_id = sorted(self.items)[which]
        with transaction() as session:
            move_id = last_moves(session, [item_id])[item_id] - is_stale
            line = Count(item_id, found, self.items[item_id][0], move_id)
            done = count_stock(session, [line], reason="x", **self._by_the_organiser())
        # What moved since the page was opened is counted again.
        assert done.moved == ((item_id,) if is_stale else ())
        if not is_stale:
            self.items[item_id][0] = found

    def _by_the_organiser(self) -> dict[str, Any]:
        actor = self.community.actor("organiser")
        return {"actor": actor, "now": self.now, "key": self.community.fresh_key()}

    @invariant()
    def figures_agree(self) -> None:
        for item_id, left in self.items.items():
            assert stock(item_id) == tuple(left)
        for place, points in self.points.items():
            assert balance(self.community, place) == points
        for redemption_id, (*_what, state, _last_day) in self.redeemed.items():
            found = one("SELECT state FROM redemptions WHERE id = :id", id=redemption_id)
            assert found == state


@pytest.fixture
def machine(app: Flask, db_session: Session) -> type[ShelfMachine]:
    ShelfMachine.community = shelf_community(db_session)
    return ShelfMachine


@pytest.mark.model
def test_points_and_pieces_follow_the_model(app: Flask, machine: type[ShelfMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=rounds(8),
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    with open_reading(app.config["DATABASE_URL"]) as reading:
        assert [each for each in audit(reading).results if each.violations] == []
