"""Points and stock leave together, once, at the price that was shown; every refusal says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.errors import NotFound
from app.rewards.models import RedemptionWindow
from app.rewards.operations import redeeming
from app.rewards.rules.redeeming import QuantityAsked
from app.trail.rules import KeyReused
from tests.rewards.shelving import (
    PRICE,
    balance,
    give_points,
    one,
    person,
    redeemed,
    refused,
    restate,
    shelf_community,
    stock,
    stocked,
)
from tests.service.community import NOW, Community, check_books


@pytest.fixture
def rich(community: Community) -> Community:
    give_points(community, 3, 3 * PRICE)
    return community


def test_points_and_stock_leave_in_one_commit(rich: Community) -> None:
    item_id = stocked(rich, pieces=5)
    done = redeemed(rich, 3, item_id)
    assert done.refusal is None
    assert (balance(rich, 3), stock(item_id)) == (2 * PRICE, (4, 1))
    row = "SELECT state FROM redemptions WHERE id = :id"
    assert one(row, id=done.redemption_id) == "to_collect"
    assert one("SELECT count(*) FROM stock_moves WHERE kind = 'reserved'") == 1
    assert one("SELECT count(*) FROM entries WHERE kind = 'redemption'") == 1
    assert one("SELECT count(*) FROM trail WHERE operation = 'redemption.make'") == 1


def test_it_is_collected_within_fourteen_days(rich: Community) -> None:
    redeemed(rich, 3, stocked(rich))
    kept_until = one("SELECT collect_by_on FROM redemptions")
    assert str(kept_until) == "2026-02-17"


def test_the_same_key_redeems_once(rich: Community) -> None:
    item_id = stocked(rich)
    first = redeemed(rich, 3, item_id, key="once")
    assert redeemed(rich, 3, item_id, key="once") == first
    assert (balance(rich, 3), stock(item_id)) == (2 * PRICE, (4, 1))


def test_the_same_key_for_something_else_is_refused(rich: Community) -> None:
    redeemed(rich, 3, stocked(rich), key="once")
    with pytest.raises(KeyReused):
        redeemed(rich, 3, stocked(rich), key="once")
    assert balance(rich, 3) == 2 * PRICE


def taking_codes(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    drawn = iter(codes)
    monkeypatch.setattr(redeeming, "new_code", lambda: next(drawn))


def check_two_made(rich: Community, item_id: int, codes: list[str]) -> None:
    assert (balance(rich, 3), stock(item_id)) == (PRICE, (3, 2))
    assert one("SELECT count(*) FROM stock_moves WHERE kind = 'reserved'") == 2
    assert [one("SELECT min(code) FROM redemptions"), one("SELECT max(code) FROM redemptions")] == (
        sorted(codes)
    )
    check_books(db.session())


def test_a_code_that_is_taken_gives_way_to_another(
    rich: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking_codes(monkeypatch, "345678", "345678", "345678", "876543")
    item_id = stocked(rich, pieces=5)
    redeemed(rich, 3, item_id)
    redeemed(rich, 3, item_id)
    check_two_made(rich, item_id, ["345678", "876543"])


def test_a_refusal_is_kept_under_its_key(rich: Community) -> None:
    item_id = stocked(rich, pieces=0)
    assert refused(redeemed(rich, 3, item_id, key="once")) == "sold_out"
    with transaction() as session:
        session.connection().exec_driver_sql("UPDATE shelf_items SET available = 3")
    # The same tap, sent again, gets the same answer; a new one succeeds.
    assert refused(redeemed(rich, 3, item_id, key="once")) == "sold_out"
    assert redeemed(rich, 3, item_id).redemption_id


def test_a_kept_refusal_says_the_same_dates(rich: Community) -> None:
    item_id = stocked(rich, limit_count=1, limit_period="month")
    redeemed(rich, 3, item_id)
    first = redeemed(rich, 3, item_id, key="again").refusal
    second = redeemed(rich, 3, item_id, key="again").refusal
    assert first is not None
    assert second is not None
    assert str(first) == str(second)
    assert second.figures["next_on"] == date(2026, 3, 1)


def test_what_was_shown_is_charged_or_nothing_is(rich: Community) -> None:
    item_id = stocked(rich)
    assert refused(redeemed(rich, 3, item_id, price=PRICE - 100)) == "price_changed"
    assert (balance(rich, 3), stock(item_id)) == (3 * PRICE, (5, 0))


def test_another_thing_at_the_same_price_is_not_taken(rich: Community) -> None:
    item_id = stocked(rich, name="大米 5 kg")
    again = {"number": 2, "item_id": item_id, "name": "大米 1 kg"}
    restate(rich, **again)
    done = redeemed(rich, 3, item_id, version=1)
    assert done.refusal is not None
    assert (done.refusal.code, done.refusal.figures["shown"]) == ("item_changed", "大米 5 kg")
    assert (balance(rich, 3), stock(item_id)) == (3 * PRICE, (5, 0))


def test_other_words_about_the_same_thing_are_no_reason(rich: Community) -> None:
    item_id = stocked(rich)
    restate(rich, item_id=item_id, number=2, description="新到")
    assert redeemed(rich, 3, item_id, version=1).redemption_id


def test_too_few_points_are_told_with_what_is_missing(community: Community) -> None:
    give_points(community, 3, PRICE - 2_50)
    refusal = redeemed(community, 3, stocked(community)).refusal
    assert refusal is not None
    assert refusal.figures == {"balance": "157.5", "price": "160", "missing": "2.5"}
    assert one("SELECT count(*) FROM redemptions") == 0


def test_fewer_left_than_asked_for(rich: Community) -> None:
    refusal = redeemed(rich, 3, stocked(rich, pieces=1), quantity=2).refusal
    assert refusal is not None
    assert (refusal.code, refusal.figures["available"]) == ("sold_out", 1)


@pytest.mark.parametrize("quantity", [0, -1, 100])
def test_a_quantity_nobody_asks_for(rich: Community, quantity: int) -> None:
    with pytest.raises(QuantityAsked):
        redeemed(rich, 3, stocked(rich), quantity=quantity)


def test_a_limit_counts_what_was_not_given_back(rich: Community) -> None:
    item_id = stocked(rich, limit_count=2, limit_period="quarter")
    redeemed(rich, 3, item_id, quantity=2)
    assert refused(redeemed(rich, 3, item_id)) == "limit_reached"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"from_on": date(2026, 2, 4)}, "item_gone"),
        ({"until_on": date(2026, 2, 2)}, "item_gone"),
        ({"least_stars": 1}, "not_for_you"),
    ],
)
def test_what_is_not_on_the_shelf_for_somebody(
    rich: Community, said: dict[str, Any], code: str
) -> None:
    assert refused(redeemed(rich, 3, stocked(rich, **said))) == code


def test_todays_date_is_the_communitys(rich: Community) -> None:
    # 16:30 UTC is half past midnight of the fourth in Shanghai.
    item_id = stocked(rich, until_on=date(2026, 2, 3))
    late = NOW.replace(hour=16, minute=30)
    assert refused(redeemed(rich, 3, item_id, now=late)) == "item_gone"


def test_only_on_redemption_days(rich: Community) -> None:
    maker = rich.actor("organiser").login_id
    with transaction() as session:
        window = {"organisation_id": rich.root_id, "made_by_id": maker, "made_at": NOW}
        session.add(RedemptionWindow(kind="weekday", day=4, title="", **window))
    refusal = redeemed(rich, 3, stocked(rich)).refusal
    assert refusal is not None
    assert refusal.figures == {"next_on": date(2026, 2, 6)}
    friday = NOW + timedelta(days=3)
    assert redeemed(rich, 3, stocked(rich), now=friday).redemption_id


def test_a_cap_a_year(db_session: Session) -> None:
    community = shelf_community(db_session, redemption_cap_points="200")
    give_points(community, 3, 3 * PRICE)
    redeemed(community, 3, stocked(community))
    assert refused(redeemed(community, 3, stocked(community))) == "cap_reached"


def test_served_hours_before_the_first_time(db_session: Session) -> None:
    community = shelf_community(db_session, redemption_least_minutes="121")
    give_points(community, 3, PRICE)
    community.log(community.line(3, 120))
    assert refused(redeemed(community, 3, stocked(community))) == "hours_missing"


def test_nobody_redeems_for_a_stranger(rich: Community) -> None:
    with pytest.raises(NotFound):
        redeemed(rich, 3, stocked(rich), actor=rich.actor("organiser_too"))


def test_a_helper_redeems_and_is_marked(rich: Community) -> None:
    helper = replace(person(rich, 4), acts_for=frozenset({rich.volunteers[3]}))
    redeemed(rich, 3, stocked(rich), actor=helper)
    assert one("SELECT asked_by FROM redemptions") == "helper"
    trail = "SELECT on_behalf_of_id FROM trail WHERE operation = 'redemption.make'"
    assert one(trail) == rich.volunteers[3]


def test_another_trees_shelf_is_not_there(rich: Community, db_session: Session) -> None:
    elsewhere = shelf_community(db_session, code="BY")
    with pytest.raises(NotFound):
        redeemed(rich, 3, stocked(elsewhere))


def test_an_item_below_ones_own_organisation_is_not_there(rich: Community) -> None:
    with pytest.raises(NotFound):
        redeemed(rich, 3, stocked(rich, organisation_id=rich.estate_id))
