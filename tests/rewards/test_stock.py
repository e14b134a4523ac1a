"""Stock moves of whoever keeps the shelf: in, written off, counted; never lost, never twice."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.db import transaction
from app.errors import NotFound, RuleBroken
from app.rewards.operations import stock as operations
from app.rewards.operations.counting import Count, Counted, count_stock
from app.rewards.operations.stock import Donated
from app.rewards.queries.stock import count_lines, sums_of
from tests.races import race
from tests.rewards.shelving import PRICE, give_points, one, redeemed, stock, stocked
from tests.service.community import NOW, Community
from tests.service.test_side_by_side import at_once


def given(community: Community, **more: Any) -> dict[str, Any]:
    usual = {"actor": community.actor("organiser"), "now": NOW, "key": community.fresh_key()}
    return {**usual, **more}


def taken_in(community: Community, item_id: int, quantity: int, *, donated: Donated, **more: Any):
    with transaction() as session:
        return operations.take_in(session, item_id, quantity, donated, **given(community, **more))


def written_off(community: Community, item_id: int, quantity: int, reason: str, **more: Any) -> int:
    with transaction() as session:
        return operations.write_off(
            session, item_id, quantity, reason=reason, **given(community, **more)
        )


def counted(community: Community, *counts: Count, reason: str = "月底盘点", **more: Any) -> Counted:
    with transaction() as session:
        return count_stock(session, counts, reason=reason, **given(community, **more))


def shown(community: Community, item_id: int, found: int) -> Count:
    """Return a count of what the page shows now."""
    with transaction() as session:
        lines = count_lines(session, community.root_id, item_ids=[item_id])
    return Count(item_id, found, lines[0].available, lines[0].move_id)


def adds_up(item_id: int) -> bool:
    with transaction() as session:
        sums = sums_of(session, item_id)
    return stock(item_id) == (sum(s.available for s in sums), sum(s.reserved for s in sums))


# ── in and out ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("quantity", "donated", "code"),
    [
        (0, Donated(), "bad_quantity"),
        (-3, Donated(), "bad_quantity"),
        (100_000, Donated(), "bad_quantity"),
        (1, Donated(partner_id=999), "bad_partner"),
        (1, Donated(partner_id=1, donor="谷雨"), "two_donors"),
        (1, Donated(document="x" * 101), "text_too_long"),
    ],
)
def test_what_cannot_come_in(
    community: Community, quantity: int, donated: Donated, code: str
) -> None:
    item_id = stocked(community)
    with pytest.raises(RuleBroken) as refusal:
        taken_in(community, item_id, quantity, donated=donated)
    assert refusal.value.code == code
    assert stock(item_id) == (5, 0)


@pytest.mark.parametrize("who", ["leader", "volunteer", "organiser_below"])
def test_only_its_organiser_moves_stock(community: Community, who: str) -> None:
    item_id, actor = stocked(community), community.actor(who)
    with pytest.raises(NotFound):
        taken_in(community, item_id, 1, donated=Donated(), actor=actor)
    with pytest.raises(NotFound):
        written_off(community, item_id, 1, "坏了", actor=actor)
    with pytest.raises(NotFound):
        counted(community, Count(item_id, 3, 5, 0), actor=actor)
    assert one("SELECT count(*) FROM stock_moves") == 1


def test_a_gift_comes_in_once_with_its_paper(community: Community) -> None:
    item_id = stocked(community)
    gift = Donated(donor="谷雨", document="捐 0012")
    assert taken_in(community, item_id, 7, donated=gift, key="k") == 12
    assert taken_in(community, item_id, 7, donated=gift, key="k") == 12
    assert stock(item_id) == (12, 0)
    assert one("SELECT document FROM stock_moves WHERE donor = '谷雨'") == "捐 0012"
    assert one("SELECT count(*) FROM trail WHERE operation = 'stock.take_in'") == 1
    assert adds_up(item_id)


def test_a_shelf_that_returns_made_overfull_can_be_counted(community: Community) -> None:
    item_id = stocked(community, pieces=100_001)
    done = counted(community, shown(community, item_id, 100_000))
    assert done == Counted({item_id: -1}, ())
    assert adds_up(item_id)


def test_written_off_is_at_most_what_lies_there(community: Community) -> None:
    item_id = stocked(community)
    with pytest.raises(RuleBroken) as refusal:
        written_off(community, item_id, 6, "受潮")
    assert refusal.value.code == "not_so_many"
    with pytest.raises(operations.StockReasonMissing):
        written_off(community, item_id, 1, " ")
    assert written_off(community, item_id, 5, "受潮") == 0
    assert adds_up(item_id)


# ── counted ───────────────────────────────────────────────────────────────────────────────


def test_a_count_books_the_difference_and_that_somebody_looked(community: Community) -> None:
    fewer, same = stocked(community), stocked(community, name="毛巾")
    done = counted(community, shown(community, fewer, 3), shown(community, same, 5))
    assert done == Counted({fewer: -2, same: 0}, ())
    assert (stock(fewer), stock(same)) == ((3, 0), (5, 0))
    assert one("SELECT count(*) FROM stock_moves WHERE kind = 'counted'") == 2
    assert one("SELECT count(*) FROM trail WHERE operation = 'stock.count'") == 1


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ((), "nothing_counted"),
        ((Count(1, -1, 5, 1),), "bad_quantity"),
        ((Count(1, 100_001, 5, 1),), "bad_quantity"),
        ((Count(1, 3, 5, 1), Count(1, 4, 5, 1)), "not_found"),
        ((Count(999, 3, 5, 1),), "not_found"),
    ],
)
def test_what_is_no_count(community: Community, counts: tuple[Count, ...], code: str) -> None:
    stocked(community)
    with pytest.raises(RuleBroken) as refusal:
        counted(community, *counts)
    assert refusal.value.code == code


def test_a_redemption_between_showing_and_saving_is_not_lost(community: Community) -> None:
    item_id, other = stocked(community), stocked(community, name="毛巾")
    on_paper = (shown(community, item_id, 5), shown(community, other, 4))
    give_points(community, 3, PRICE)
    redeemed(community, 3, item_id)
    done = counted(community, *on_paper, key="k")
    assert done == Counted({other: -1}, (item_id,))
    assert stock(item_id) == (4, 1)
    # The same sending says the same again and counts nothing twice.
    assert counted(community, *on_paper, key="k") == done
    assert counted(community, shown(community, item_id, 4)) == Counted({item_id: 0}, ())
    assert adds_up(item_id)


def test_a_redemption_that_came_back_has_moved_as_well(community: Community) -> None:
    """The books show the same number again, yet another piece may have lain on the shelf."""
    item_id = stocked(community)
    on_paper = shown(community, item_id, 4)
    taken_in(community, item_id, 1, donated=Donated())
    written_off(community, item_id, 1, "受潮")
    assert counted(community, on_paper).moved == (item_id,)


@race("rows of shelf_items")
def test_two_organisers_count_the_same_item(app: Flask, community: Community) -> None:
    item_id = stocked(community)
    on_paper = shown(community, item_id, 3)
    keys = iter((community.fresh_key(), community.fresh_key()))

    def counting(who: str) -> Any:
        key = next(keys)
        return lambda: counted(community, on_paper, actor=community.actor(who), key=key)

    said = at_once(app, counting("organiser"), counting("organiser_too"))
    assert sorted(said, key=lambda done: done.moved) == [
        Counted({item_id: -2}, ()),
        Counted({}, (item_id,)),
    ]
    assert stock(item_id) == (3, 0)
    assert adds_up(item_id)


@race("rows of shelf_items", is_turned=True)
def test_a_count_and_a_redemption_at_once(app: Flask, community: Community) -> None:
    item_id = stocked(community, pieces=3)
    on_paper = shown(community, item_id, 2)
    give_points(community, 3, PRICE)
    first, second = community.fresh_key(), community.fresh_key()
    done, _bought = at_once(
        app,
        lambda: counted(community, on_paper, key=first),
        lambda: redeemed(community, 3, item_id, key=second),
    )
    assert done in (Counted({item_id: -1}, ()), Counted({}, (item_id,)))
    assert stock(item_id) == ((2, 1) if done.moved else (1, 1))
    assert adds_up(item_id)
