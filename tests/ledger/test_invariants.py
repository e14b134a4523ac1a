"""The ledger against a plain dict: whatever is posted, the invariants hold after every step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
from sqlalchemy import text

from app.db import db, transaction
from app.ledger.marks import publish_mark
from app.ledger.operations import (
    Cover,
    NewEntry,
    begin_posting,
    lock_holders,
    open_accounts,
    post,
    reserve,
    reverse,
    system_account,
)
from app.ledger.queries import balances_of
from app.ledger.rules import AlreadyReversed, Leg, WouldGoBelowZero
from tests.rounds import rounds

ROOT = 1
HOLDERS = (1, 2, 3)
UNITS = ("minutes", "points")
START = datetime(2025, 1, 1, tzinfo=UTC)

UNBALANCED = """
  SELECT count(*) FROM (SELECT p.entry_id FROM postings p JOIN accounts a ON a.id = p.account_id
    GROUP BY p.entry_id, a.unit HAVING sum(p.amount) <> 0) AS x"""
STORED = """
  SELECT a.balance, coalesce(sum(p.amount), 0) FROM accounts a
    LEFT JOIN postings p ON p.account_id = a.id
    WHERE a.holder_id IS NOT NULL GROUP BY a.id, a.balance"""
HISTORY = """
  SELECT coalesce(min(running), 0) FROM (SELECT sum(p.amount) OVER (
      PARTITION BY p.account_id ORDER BY p.entry_id) AS running
    FROM postings p JOIN accounts a ON a.id = p.account_id WHERE a.holder_id IS NOT NULL) AS x"""
INSTANTS = "SELECT recorded_at FROM entries ORDER BY id"


class LedgerMachine(RuleBasedStateMachine):
    """Award, spend, adjust, give, reverse and mark, with a dict as the model."""

    first_subject = 0

    def __init__(self) -> None:
        super().__init__()
        LedgerMachine.first_subject += 1_000_000
        self.subject = LedgerMachine.first_subject
        with transaction() as session:
            self.holders = [self.subject + holder for holder in HOLDERS]
            open_accounts(session, root_id=ROOT, holder_ids=self.holders)
        self.model = {(holder, unit): 0 for holder in self.holders for unit in UNITS}
        self.awards: dict[int, tuple[int, int, int]] = {}
        self.reversed: set[int] = set()
        # What was redeemed and may be given back, whose and how much.
        self.spent: list[tuple[int, int]] = []
        self.mark = 0
        self.now = START

    def _post(self, kind: str, changes: dict[tuple[int, str], int], purpose: str) -> int:
        self.now += timedelta(minutes=1)
        self.subject += 1
        with transaction() as session:
            begin_posting(session)
            held = lock_holders(session, {holder for holder, _ in changes})
            legs: list[Leg] = []
            for (holder, unit), amount in changes.items():
                account = held[holder].minutes_id if unit == "minutes" else held[holder].points_id
                legs.append(Leg(account, amount))
            for unit in UNITS:
                rest = sum(amount for (_, each), amount in changes.items() if each == unit)
                if rest:
                    legs.append(Leg(system_account(session, ROOT, purpose, unit), -rest))  # type: ignore[arg-type]
            slots = reserve(session, 1, self.now)
            entry = NewEntry(kind, "thing", self.subject, tuple(legs))
            post(session, [entry], slots, actor_id=None)
        return slots.first_id

    @rule(who=st.integers(0, 2), minutes=st.integers(1, 1440), points=st.integers(1, 10_000))
    def award(self, who: int, minutes: int, points: int) -> None:
        holder = self.holders[who]
        changes = {(holder, "minutes"): minutes, (holder, "points"): points}
        entry = self._post("service", changes, "service_issued")
        self.awards[entry] = (holder, minutes, points)
        for key, amount in changes.items():
            self.model[key] += amount
        assert entry > self.mark

    @rule(who=st.integers(0, 2), points=st.integers(1, 10_000))
    def spend(self, who: int, points: int) -> None:
        holder = self.holders[who]
        enough = self.model[holder, "points"] >= points
        try:
            self._post("redemption", {(holder, "points"): -points}, "points_redeemed")
        except WouldGoBelowZero:
            assert not enough
        else:
            assert enough
            self.model[holder, "points"] -= points
            self.spent.append((holder, points))

    @precondition(lambda self: self.spent)
    @rule(data=st.data())
    def give_back(self, data: Any) -> None:
        holder, points = data.draw(st.sampled_from(self.spent))
        self.spent.remove((holder, points))
        self._post("refund", {(holder, "points"): points}, "points_redeemed")
        self.model[holder, "points"] += points

    @rule(who=st.integers(0, 2), points=st.integers(1, 10_000))
    def expire(self, who: int, points: int) -> None:
        holder = self.holders[who]
        enough = self.model[holder, "points"] >= points
        try:
            self._post("expiry", {(holder, "points"): -points}, "expired")
        except WouldGoBelowZero:
            assert not enough
        else:
            assert enough
            self.model[holder, "points"] -= points

    @rule(who=st.integers(0, 2), unit=st.sampled_from(UNITS), amount=st.integers(-5000, 5000))
    def adjust(self, who: int, unit: str, amount: int) -> None:
        holder = self.holders[who]
        if not amount:
            return
        enough = self.model[holder, unit] + amount >= 0
        try:
            self._post("adjustment", {(holder, unit): amount}, "adjustments")
        except WouldGoBelowZero:
            assert not enough
        else:
            assert enough
            self.model[holder, unit] += amount

    @rule(giver=st.integers(0, 2), step=st.integers(1, 2), minutes=st.integers(1, 500))
    def give(self, giver: int, step: int, minutes: int) -> None:
        source, target = self.holders[giver], self.holders[(giver + step) % 3]
        changes = {(source, "minutes"): -minutes, (target, "minutes"): minutes}
        try:
            self._post("transfer", changes, "time_spent")
        except WouldGoBelowZero:
            assert self.model[source, "minutes"] < minutes
        else:
            for key, amount in changes.items():
                self.model[key] += amount

    @precondition(lambda self: self.awards)
    @rule(data=st.data(), cover=st.booleans())
    def reverse(self, data: Any, cover: bool) -> None:
        entry = data.draw(st.sampled_from(sorted(self.awards)))
        holder, minutes, points = self.awards[entry]
        left = {
            "minutes": self.model[holder, "minutes"] - minutes,
            "points": self.model[holder, "points"] - points,
        }
        try:
            with transaction() as session:
                done = reverse(
                    session,
                    [entry],
                    actor_id=None,
                    now=self.now,
                    root_id=ROOT,
                    cover=Cover("thing", 1) if cover else None,
                )
        except AlreadyReversed:
            assert entry in self.reversed
        except WouldGoBelowZero as refused:
            assert (cover, refused.holders) == (False, frozenset({holder}))  # noqa: PT017
            assert min(left.values()) < 0
        else:
            assert entry not in self.reversed
            assert done.covered == {(holder, u): -gap for u, gap in left.items() if gap < 0}
            self.reversed.add(entry)
            for unit, amount in left.items():
                self.model[holder, unit] = max(0, amount)

    @rule()
    def publish(self) -> None:
        with transaction() as session:
            self.mark = publish_mark(session, "test", self.now)

    @invariant()
    def balances_are_the_models(self) -> None:
        for holder in self.holders:
            expected = (self.model[holder, "minutes"], self.model[holder, "points"])
            assert balances_of(db.session(), holder) == expected

    @invariant()
    def the_books_hold(self) -> None:
        session = db.session()
        assert session.execute(text(UNBALANCED)).scalar_one() == 0
        assert all(balance == summed for balance, summed in session.execute(text(STORED)))
        assert session.execute(text(HISTORY)).scalar_one() >= 0
        instants = session.execute(text(INSTANTS)).scalars().all()
        assert instants == sorted(instants)
        session.rollback()


@pytest.fixture
def machine(app: Flask) -> type[LedgerMachine]:
    return LedgerMachine


@pytest.mark.model
def test_the_ledger_behaves_as_a_dict_would(machine: type[LedgerMachine]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=rounds(12),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
