"""Two people answer one request at the same instant: one of them does, and one entry is posted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.adjustments.rules import Amounts, DealtWith
from app.db import db
from app.errors import RuleBroken
from tests.adjustments.community import (
    WHO,
    answer,
    ask,
    ask_cover,
    one,
    spend,
    state_of,
)
from tests.adjustments.test_covering import spent
from tests.races import race
from tests.service.community import Community, balances
from tests.service.test_side_by_side import at_once

pytestmark = pytest.mark.usefixtures("app")


def act(
    community: Community, what: str, adjustment_id: int, by: str, **more: Any
) -> Callable[[], Any]:
    return lambda: answer(community, what, adjustment_id, by=by, key=f"{what}-{by}", **more)


def told_off(answers: list[Any]) -> int:
    return sum(isinstance(each, DealtWith) for each in answers)


@race(
    "rows of adjustments",
    seen="subject is adjusted already|uq_entries_adjustment",
)
def test_two_confirm_and_one_entry_is_posted(app: Flask, community: Community) -> None:
    adjustment_id = ask(community)
    answers = at_once(
        app,
        act(community, "confirm", adjustment_id, "organiser_too"),
        act(community, "confirm", adjustment_id, "auditor"),
    )
    assert told_off(answers) == 1
    assert one("SELECT count(*) FROM entries WHERE kind = 'adjustment'") == 1
    assert balances(db.session(), community.volunteers[WHO]) == (0, 380)


@race("rows of adjustments", seen="an adjustment is answered once")
def test_a_withdrawal_meets_a_confirmation(app: Flask, community: Community) -> None:
    adjustment_id = ask(community)
    answers = at_once(
        app,
        act(community, "withdraw", adjustment_id, "organiser"),
        act(community, "confirm", adjustment_id, "auditor"),
    )
    assert told_off(answers) == 1
    posted = state_of(adjustment_id) == "posted"
    assert one("SELECT count(*) FROM entries") == int(posted)


@race(
    "rows of adjustments",
    "the key of the operation",
    seen="subject is adjusted already|uq_entries_adjustment",
)
def test_a_double_tap_confirms_once(app: Flask, community: Community) -> None:
    adjustment_id = ask(community)
    tap = act(community, "confirm", adjustment_id, "auditor")
    assert at_once(app, tap, tap) == [None, None]
    assert one("SELECT count(*) FROM entries") == 1


@race(
    "rows of accounts",
    "ck_accounts_never_below_zero",
    at="qicai_reserve_entries|FROM entries ORDER BY id DESC",
)
def test_two_adjustments_take_no_more_than_there_is(app: Flask, community: Community) -> None:
    answer(community, "confirm", ask(community), by="auditor")
    first, second = (ask(community, Amounts(0, -300)) for _ in range(2))
    answers = at_once(
        app,
        act(community, "confirm", first, "auditor"),
        act(community, "confirm", second, "organiser_too"),
    )
    assert sum(isinstance(each, RuleBroken) for each in answers) == 1
    assert balances(db.session(), community.volunteers[WHO]) == (0, 80)


@race("rows of accounts", is_turned=True)
def test_a_cover_meets_spending(app: Flask, community: Community) -> None:
    """What is missing is reckoned under the lock: whoever comes first, nothing dips below zero."""
    cover = ask_cover(community, "record", spent(community))
    answers = at_once(
        app,
        act(community, "confirm", cover, "auditor"),
        lambda: spend(community, WHO, 50),
    )
    assert answers[0] is None
    assert balances(db.session(), community.volunteers[WHO]) == (0, 0)
    assert one("SELECT count(*) FROM entries WHERE kind = 'shortfall'") == 1
