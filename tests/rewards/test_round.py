"""The day's round: what nobody collected goes back once, and people are reminded once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.db import transaction
from app.notices.working import go_round
from app.rewards.operations import settling
from app.rewards.working import expire_due
from tests.rewards.shelving import PRICE, balance, give_points, one, redeemed, stock, stocked
from tests.service.community import NOW
from tests.service.conftest import Town

PEOPLE = (3, 5, 6)
LAST_DAY = NOW + timedelta(days=14)
AFTER = NOW + timedelta(days=15)


@pytest.fixture
def item_id(town: Town) -> int:
    """An item that three people redeemed."""
    made = stocked(town.community)
    for place in PEOPLE:
        give_points(town.community, place, PRICE)
        redeemed(town.community, place, made)
    return made


def rounds(town: Town, now: datetime, goes_on: Callable[[], bool] = lambda: True) -> bool:
    return expire_due(town.community.root_id, None, now, goes_on)


def states() -> dict[str, int]:
    found = {}
    for state in ("to_collect", "expired", "collected"):
        found[state] = one("SELECT count(*) FROM redemptions WHERE state = :s", s=state)
    return {state: count for state, count in found.items() if count}


def told(kind: str) -> int:
    return int(one("SELECT count(*) FROM notices WHERE kind = :kind", kind=kind))


def test_on_the_last_day_nothing_expires(town: Town, item_id: int) -> None:
    assert rounds(town, LAST_DAY)
    assert states() == {"to_collect": 3}


def test_the_day_after_everything_goes_back_once(town: Town, item_id: int) -> None:
    for _ in range(2):
        assert rounds(town, AFTER)
    assert states() == {"expired": 3}
    assert stock(item_id) == (5, 0)
    assert [balance(town.community, place) for place in PEOPLE] == [PRICE] * 3
    assert told("redemption.expired") == 3


def test_stopped_midway_and_run_again_is_one_run(town: Town, item_id: int) -> None:
    turns = iter((True, False))
    assert rounds(town, AFTER, lambda: next(turns)) is False
    assert states() == {"to_collect": 2, "expired": 1}
    assert rounds(town, AFTER)
    assert states() == {"expired": 3}
    assert stock(item_id) == (5, 0)
    assert told("redemption.expired") == 3


def test_killed_midway_and_run_again_is_one_run(
    app: Flask, town: Town, item_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = settling.expire_uncollected, []

    def break_at_the_second(*args: object, **named: object) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr("app.rewards.working.expire_uncollected", break_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        go_round(app, AFTER)
    assert states() == {"to_collect": 2, "expired": 1}
    go_round(app, AFTER + timedelta(minutes=1))
    assert states() == {"expired": 3}
    assert [balance(town.community, place) for place in PEOPLE] == [PRICE] * 3


@pytest.mark.parametrize(
    ("error", "is_done"),
    [(RuntimeError("x"), True), (OperationalError("x", None, OSError()), False)],
)
def test_one_that_cannot_be_settled_keeps_no_other_back(
    town: Town, item_id: int, monkeypatch: pytest.MonkeyPatch, error: Exception, is_done: bool
) -> None:
    real, first = settling.expire_uncollected, one("SELECT min(id) FROM redemptions")

    def break_at_the_first(session: Session, redemption_id: int, **named: Any) -> None:
        if redemption_id == first:
            raise error
        real(session, redemption_id, **named)

    monkeypatch.setattr("app.rewards.working.expire_uncollected", break_at_the_first)
    assert rounds(town, AFTER) is is_done
    assert states() == {"to_collect": 1, "expired": 2}


def test_whoever_came_first_has_won(
    town: Town, item_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = one("SELECT min(id) FROM redemptions")
    desk = town.community.actor("organiser")
    with transaction() as session:
        settling.hand_over(session, first, actor=desk, now=LAST_DAY, key="k")
    # As the round saw them before the desk handed one over.
    monkeypatch.setattr("app.rewards.working.overdue", lambda *_args: [first, first + 1, first + 2])
    assert rounds(town, AFTER)
    assert states() == {"collected": 1, "expired": 2}


@pytest.mark.parametrize(
    ("days", "soon", "last_day"),
    [(10, 0, 0), (11, 3, 0), (13, 3, 0), (14, 0, 3)],
)
def test_people_are_reminded_when_the_day_nears(
    app: Flask, town: Town, item_id: int, days: int, soon: int, last_day: int
) -> None:
    go_round(app, NOW + timedelta(days=days))
    assert (told("redemption.soon"), told("redemption.last_day")) == (soon, last_day)


def test_each_reminder_comes_once(app: Flask, town: Town, item_id: int) -> None:
    for days in (11, 12, 13, 14, 14):
        go_round(app, NOW + timedelta(days=days))
    assert (told("redemption.soon"), told("redemption.last_day")) == (3, 3)


def test_what_was_collected_is_not_reminded_of(app: Flask, town: Town, item_id: int) -> None:
    desk = town.community.actor("organiser")
    with transaction() as session:
        first = one("SELECT min(id) FROM redemptions")
        settling.hand_over(session, first, actor=desk, now=NOW, key="k")
    go_round(app, NOW + timedelta(days=12))
    assert told("redemption.soon") == 2


def test_the_desk_s_cancelling_is_told_with_its_reason(town: Town, item_id: int) -> None:
    desk = town.community.actor("organiser")
    first = one("SELECT min(id) FROM redemptions")
    with transaction() as session:
        settling.cancel(session, first, actor=desk, now=NOW, reason="瓶子破了", key="k")
    assert told("redemption.cancelled") == 1
    assert "瓶子破了" in one("SELECT figures FROM notices WHERE kind = 'redemption.cancelled'")


def test_one_s_own_cancelling_is_told_to_nobody(town: Town, item_id: int) -> None:
    own = town.community.actor("volunteer")
    query = "SELECT id FROM redemptions WHERE volunteer_id = :id"
    redemption_id = one(query, id=town.people[3])
    with transaction() as session:
        settling.cancel(session, redemption_id, actor=own, now=NOW, reason="", key="k")
    assert told("redemption.cancelled") == 0
