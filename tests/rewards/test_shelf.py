"""Keep the shelf: items and their versions, partners, redemption days; the refusals first."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.db import transaction
from app.errors import NotFound, RuleBroken
from app.organisations.models import Organisation
from app.organisations.rules import OrganisationRetired
from app.rewards.operations import partners, shelf, windows
from app.rewards.operations.shelf import Kept
from app.rewards.operations.stock import Donated, take_in
from app.rewards.queries.windows import windows_in_force
from app.rewards.rules.drawings import DRAWINGS, drawing_of
from app.rewards.rules.items import ItemSaid
from app.rewards.rules.windows import Window, coming_days
from app.trail.rules import KeyReused
from tests.claims.conftest import drawn
from tests.rewards.shelving import one, stocked
from tests.service.community import NOW, Community

TODAY = date(2026, 2, 3)
ROOT = Path(__file__).resolve().parents[2]
SAID = ItemSaid("东北大米 5 kg", "一年新米", "袋", "粮油", 320_00)
KEPT = Kept(SAID, "goods", 3)


def added(community: Community, kept: Kept = KEPT, **more: Any) -> int:
    given = {"actor": community.actor("organiser"), "now": NOW, "key": community.fresh_key()}
    home = more.pop("organisation_id", community.root_id)
    with transaction() as session:
        return shelf.add_item(session, home, kept, **{**given, **more})


def changed(community: Community, item_id: int, kept: Kept, shown: int = 1, **more: Any) -> int:
    given = {"actor": community.actor("organiser"), "now": NOW, "key": community.fresh_key()}
    with transaction() as session:
        return shelf.change_item(session, item_id, kept, shown_version=shown, **{**given, **more})


def said(**more: Any) -> Kept:
    return KEPT._replace(said=SAID._replace(**more))


def test_a_retired_organisation_takes_nothing_on_its_shelf(community: Community) -> None:
    withdrawn, lying = stocked(community), stocked(community)
    by: dict[str, Any] = {"actor": community.actor("organiser"), "now": NOW}
    with transaction() as session:
        ended, kept = (
            partners.add_partner(session, community.root_id, name, "", **by, key=name)
            for name in ("镇粮站", "文具店")
        )
        partners.end_partner(session, ended, **by)
        shelf.withdraw_item(session, withdrawn, **by)
        session.get_one(Organisation, community.root_id).retired_on = TODAY
    days = Window("month_day", 15, None, None)
    refused = (
        lambda session: shelf.add_item(session, community.root_id, KEPT, **by, key="a"),
        lambda session: shelf.put_back_item(session, withdrawn, **by),
        lambda session: take_in(session, lying, 1, Donated(), **by, key="b"),
        lambda session: partners.add_partner(session, community.root_id, "书店", "", **by, key="c"),
        lambda session: partners.put_back_partner(session, ended, **by),
        lambda session: windows.add_window(
            session, community.root_id, days, "兑换日", **by, today=TODAY, key="d"
        ),
    )
    for attempt in refused:
        with pytest.raises(OrganisationRetired), transaction() as session:
            attempt(session)
    with transaction() as session:
        assert shelf.withdraw_item(session, lying, **by)
        assert partners.end_partner(session, kept, **by)


# ── items ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": ""}, "bad_item_name"),
        ({"name": "米\u0000"}, "bad_item_name"),
        ({"price_hundredths": 0}, "bad_price"),
        ({"price_hundredths": 10**9}, "bad_price"),
        ({"measure": ""}, "text_too_long"),
        ({"from_on": date(2026, 2, 2), "until_on": date(2026, 2, 1)}, "dates_cross"),
        ({"limit_count": 2}, "bad_limit"),
        ({"limit_count": 2, "limit_period": "week"}, "bad_limit"),
        ({"least_stars": 6}, "bad_stars"),
        ({"partner_id": 999}, "bad_partner"),
        ({"colour_ids": frozenset({999})}, "not_found"),
        ({"picture_id": 999}, "not_found"),
    ],
)
def test_what_cannot_stand_on_the_shelf_is_refused(
    community: Community, wrong: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        added(community, said(**wrong))
    assert refusal.value.code == code
    assert one("SELECT count(*) FROM shelf_items") == 0


@pytest.mark.parametrize("who", ["leader", "volunteer", "organiser_below"])
def test_only_its_organiser_keeps_a_shelf(community: Community, who: str) -> None:
    with pytest.raises(NotFound):
        added(community, actor=community.actor(who))
    item_id = added(community)
    for act in (shelf.withdraw_item, shelf.put_back_item):
        with pytest.raises(NotFound), transaction() as session:
            act(session, item_id, actor=community.actor(who), now=NOW)


def test_an_item_is_added_once_with_its_trail(community: Community) -> None:
    first = added(community, key="k")
    assert added(community, key="k") == first
    assert one("SELECT count(*) FROM item_versions") == 1
    assert one("SELECT count(*) FROM trail WHERE operation = 'shelf.add'") == 1
    with pytest.raises(KeyReused):
        added(community, said(name="面粉"), key="k")


def test_a_change_is_a_new_version_and_the_old_one_stays(community: Community) -> None:
    item_id = added(community)
    red = one("SELECT min(id) FROM colours")
    assert changed(community, item_id, said(price_hundredths=280_50, colour_ids={red})) == 2
    assert one("SELECT price_hundredths FROM item_versions WHERE number = 1") == 320_00
    assert one("SELECT price_hundredths FROM item_versions WHERE number = 2") == 280_50
    assert one("SELECT count(*) FROM item_colours") == 1
    before = one("SELECT before FROM trail WHERE operation = 'shelf.change'")
    assert before == '{"colour_ids":[],"price_hundredths":32000}'


def test_saving_what_stands_writes_nothing(community: Community) -> None:
    item_id = added(community)
    assert changed(community, item_id, KEPT) == 1
    assert one("SELECT count(*) FROM trail WHERE operation = 'shelf.change'") == 0


def test_whoever_opened_an_older_version_is_told(community: Community) -> None:
    item_id = added(community)
    changed(community, item_id, said(price_hundredths=280_00))
    with pytest.raises(shelf.ChangedMeanwhile):
        changed(community, item_id, said(name="大米"), shown=1)
    assert one("SELECT version FROM shelf_items") == 2
    assert changed(community, item_id, said(name="大米"), shown=2) == 3


def test_only_its_own_picture_stays_with_an_item(community: Community) -> None:
    item_id = added(community, picture=drawn("a"))
    own = one("SELECT picture_id FROM item_versions")
    other = added(community, picture=drawn("b"))
    foreign = one("SELECT picture_id FROM item_versions WHERE item_id = :item", item=other)
    assert changed(community, item_id, said(picture_id=own, name="大米")) == 2
    with pytest.raises(NotFound):
        changed(community, item_id, said(picture_id=foreign), shown=2)


def test_off_the_shelf_and_back_once_each(community: Community) -> None:
    item_id, actor = stocked(community), community.actor("organiser")
    for act in (shelf.withdraw_item, shelf.put_back_item):
        for expected in (True, False):
            with transaction() as session:
                assert act(session, item_id, actor=actor, now=NOW) is expected
    assert one("SELECT count(*) FROM trail WHERE subject_kind = 'shelf_item'") == 2


def test_every_drawing_is_drawn() -> None:
    assert drawing_of("折叠雨伞", "日用", "goods") == "umbrella"
    assert drawing_of("毛巾 2 条", "洗护", "goods") == "towel"
    assert drawing_of("活动", "服务", "service") == "hand"
    assert drawing_of("神秘礼物", "其他", "goods") == "parcel"
    drawings = (ROOT / "templates" / "rewards" / "_picture.html").read_text("utf-8")
    assert [name for name in DRAWINGS if f'"{name}": [' not in drawings] == []


# ── partners ──────────────────────────────────────────────────────────────────────────────


def partner(community: Community, name: str = "惠民超市", **more: Any) -> int:
    given = {"actor": community.actor("organiser"), "now": NOW, "key": community.fresh_key()}
    home = more.pop("organisation_id", community.root_id)
    with transaction() as session:
        return partners.add_partner(session, home, name, "店长", **{**given, **more})


def test_a_partners_name_stands_once(community: Community) -> None:
    first = partner(community, key="k")
    assert partner(community, key="k") == first
    with pytest.raises(partners.PartnerThere):
        partner(community)
    with pytest.raises(partners.PartnerNameUnfit):
        partner(community, " ")
    other = partner(community, "理发店")
    with pytest.raises(partners.PartnerThere), transaction() as session:
        partners.change_partner(
            session, other, "惠民超市", "", actor=community.actor("organiser"), now=NOW
        )


def test_partners_of_those_above_offer_below_until_they_end(community: Community) -> None:
    above, elsewhere = partner(community), partner(community, organisation_id=community.estate_id)
    below = {"organisation_id": community.estate_id, "actor": community.actor("organiser_below")}
    item_id = added(community, said(partner_id=above), **below)
    with pytest.raises(shelf.PartnerElsewhere):
        added(community, said(partner_id=elsewhere))
    with transaction() as session:
        partners.end_partner(session, above, actor=community.actor("organiser"), now=NOW)
    with pytest.raises(shelf.PartnerElsewhere):
        added(community, said(partner_id=above), **below)
    # What it offers already may be changed without taking it away.
    assert changed(community, item_id, said(partner_id=above, name="大米")) == 2


# ── redemption days ───────────────────────────────────────────────────────────────────────

FRIDAYS = Window("weekday", 4, None, None)


def named(community: Community, window: Window = FRIDAYS, **more: Any) -> int:
    given = {"actor": community.actor("organiser"), "now": NOW, "key": community.fresh_key()}
    home = more.pop("organisation_id", community.root_id)
    with transaction() as session:
        return windows.add_window(session, home, window, "", today=TODAY, **{**given, **more})


@pytest.mark.parametrize(
    ("window", "code"),
    [
        (Window("month_day", None, None, None), "bad_window"),
        (Window("month_day", 32, None, None), "bad_window"),
        (Window("weekday", 7, None, None), "bad_window"),
        (Window("dates", None, TODAY, None), "bad_window"),
        (Window("dates", None, date(2026, 1, 1), date(2026, 1, 2)), "window_over"),
        (FRIDAYS, "window_there"),
    ],
)
def test_days_that_are_none_are_refused(community: Community, window: Window, code: str) -> None:
    named(community)
    with pytest.raises(RuleBroken) as refusal:
        named(community, window)
    assert refusal.value.code == code


def test_the_nearest_organisation_with_days_decides(community: Community) -> None:
    with transaction() as session:
        assert windows_in_force(session, community.estate_id) is None
    named(community)
    own = named(community, Window("month_day", 15, None, None), organisation_id=community.estate_id)
    with transaction() as session:
        found = windows_in_force(session, community.estate_id)
        assert found
        assert found.windows == (Window("month_day", 15, None, None),)
        windows.end_window(session, own, actor=community.actor("organiser"), now=NOW)
        found = windows_in_force(session, community.estate_id)
        assert found
        assert found.windows == (FRIDAYS,)


def test_the_next_days_are_told() -> None:
    assert coming_days([FRIDAYS], TODAY, 2) == [date(2026, 2, 6), date(2026, 2, 13)]
    assert coming_days([Window("dates", None, date(2025, 1, 1), TODAY)], TODAY, 3) == [TODAY]
