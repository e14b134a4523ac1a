"""Somebody taps on several phones at once: no limit and no year's cap is passed by that."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import transaction
from app.organisations.models import Setting
from tests.races import race
from tests.rewards.shelving import PRICE, balance, give_points, shelf_community, stock, stocked
from tests.rewards.test_side_by_side import ROUNDS, check_all, redeeming_of
from tests.service.community import Community
from tests.service.test_side_by_side import at_once

PHONES = 10


@pytest.fixture
def community(db_session: Session) -> Community:
    made = shelf_community(db_session)
    give_points(made, 5, 2 * PHONES * PRICE)
    return made


@race(
    "rows of accounts",
    at_lock="rows of shelf_items",
    seen="^AssertionError|a redemption is paid once|postings are only added to",
)
def test_one_person_has_one_of_an_item_with_a_limit_of_one(
    app: Flask, community: Community
) -> None:
    for _round in range(ROUNDS):
        item_id = stocked(community, pieces=PHONES, limit_count=1, limit_period="month")
        said = at_once(app, *(redeeming_of(community, 5, item_id) for _phone in range(PHONES)))
        assert Counter(said) == {"redeemed": 1, "limit_reached": PHONES - 1}
        assert stock(item_id) == (PHONES - 1, 1)
    check_all(app)


@race(
    "rows of accounts",
    seen="^AssertionError|a redemption is paid once|postings are only added to",
)
def test_the_year_s_cap_holds_over_several_items(app: Flask, community: Community) -> None:
    with transaction() as session:
        cap = {"key": "redemption_cap_points", "value": str(PRICE // 100 * 2)}
        session.add(Setting(organisation_id=community.root_id, **cap))
    items = [stocked(community) for _phone in range(PHONES)]
    said = at_once(app, *(redeeming_of(community, 5, item_id) for item_id in items))
    assert Counter(said) == {"redeemed": 2, "cap_reached": PHONES - 2}
    assert balance(community, 5) == (2 * PHONES - 2) * PRICE
    check_all(app)
