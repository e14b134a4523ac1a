"""Those who keep a shelf are told when an item runs out: once, until there was more of it again."""

from __future__ import annotations

import pytest

from app.db import transaction
from app.rewards.operations.settling import cancel
from app.rewards.operations.shelf import withdraw_item
from app.rewards.operations.stock import Donated
from tests.rewards.shelving import PRICE, give_points, one, person, redeemed, stocked
from tests.rewards.test_stock import counted, shown, taken_in, written_off
from tests.service.community import NOW, Community
from tests.service.conftest import Town

LOW_AT = 3


@pytest.fixture
def rich(community: Community) -> Community:
    give_points(community, 5, 20 * PRICE)
    return community


def told() -> int:
    """Return how often one of the organisers was told."""
    query = "SELECT count(*) FROM notices WHERE kind = 'stock.low'"
    readers = "SELECT count(DISTINCT login_id) FROM notices WHERE kind = 'stock.low'"
    return int(one(query)) // max(1, int(one(readers)))


def test_the_redemption_that_makes_it_low_is_told_and_no_other(rich: Community) -> None:
    item_id = stocked(rich, pieces=LOW_AT + 2)
    said = []
    for _piece in range(LOW_AT + 2):
        redeemed(rich, 5, item_id)
        said.append(told())
    assert said == [0, 1, 1, 1, 1]
    readers = "SELECT min(login_id) FROM notices WHERE kind = 'stock.low'"
    assert one(readers) == rich.actor("organiser").login_id


def test_it_is_told_again_only_after_there_was_more(rich: Community) -> None:
    item_id = stocked(rich, pieces=LOW_AT + 1)
    done = redeemed(rich, 5, item_id)
    assert told() == 1
    # Less still is no news; back above the line and low again is.
    written_off(rich, item_id, 1, "受潮")
    taken_in(rich, item_id, 1, donated=Donated())
    assert told() == 1
    assert done.redemption_id is not None
    with transaction() as session:
        by = person(rich, 5)
        cancel(session, done.redemption_id, actor=by, now=NOW, reason="", key="k")
    assert told() == 1
    redeemed(rich, 5, item_id)
    assert told() == 2


@pytest.mark.parametrize(("left", "times"), [(4, 0), (3, 1), (0, 1)])
def test_written_off_or_counted_it_is_told_as_well(
    community: Community, left: int, times: int
) -> None:
    written = stocked(community)
    written_off(community, written, 5 - left, "受潮")
    assert told() == times
    counted(community, shown(community, stocked(community), left))
    assert told() == 2 * times


def test_a_refused_redemption_and_a_repeated_one_tell_nothing(rich: Community) -> None:
    item_id = stocked(rich, pieces=LOW_AT + 1)
    assert redeemed(rich, 5, item_id, price=1).refusal is not None
    assert told() == 0
    for _tap in range(2):
        redeemed(rich, 5, item_id, key="one tap")
    assert told() == 1


def test_what_was_taken_off_the_shelf_is_not_told(community: Community) -> None:
    item_id = stocked(community)
    with transaction() as session:
        withdraw_item(session, item_id, actor=community.actor("organiser"), now=NOW)
    written_off(community, item_id, 5, "受潮")
    assert told() == 0


def test_the_notice_leads_to_the_stock(town: Town) -> None:
    item_id = stocked(town.community)
    written_off(town.community, item_id, 2, "受潮")
    page = town.browser("organiser").get("/me/notices").text
    assert "Running out on the shelf: 洗衣液 2 kg" in page
    assert "3 瓶 are left" in page
    path = one("SELECT min(path) FROM notices WHERE kind = 'stock.low'")
    answer = town.browser("organiser").get(path)
    assert (path, answer.status_code) == (f"/stock/{item_id}", 200)
