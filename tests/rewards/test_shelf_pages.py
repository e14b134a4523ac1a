"""The shelf as volunteers and visitors see it: what there is, what is missing, and the preview."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from app.db import transaction
from app.organisations.models import Setting
from app.people.models import Helper
from app.rewards.models import ItemColour, ItemVersion, RedemptionWindow, ShelfItem
from tests.rewards.shelving import PRICE, balance, give_points, one, redeemed, stock, stocked
from tests.service.community import NOW, ORDINARY_DAY
from tests.service.conftest import Town, key_in, statements

BUDGET = 18
READER, WARD = 3, 5


@pytest.fixture
def volunteer(town: Town) -> FlaskClient:
    return town.browser("volunteer")


def card(page: str, name: str) -> str:
    """Return the card of an item."""
    found = [part for part in page.split('<li class="q-card q-good">')[1:] if name in part]
    assert found, page[-3000:]
    return found[0].split("</li>")[0]


def setting(town: Town, key: str, value: str) -> None:
    with transaction() as session:
        session.add(Setting(organisation_id=town.community.root_id, key=key, value=value))


def priced(item_id: int, hundredths: int) -> None:
    """Let an item cost something else from now on."""
    with transaction() as session:
        item = session.get_one(ShelfItem, item_id)
        old = session.query(ItemVersion).filter_by(item_id=item_id).one()
        said = {each: getattr(old, each) for each in ("name", "measure", "category")}
        version = {"description": "", "collect_at": "", "made_by_id": old.made_by_id}
        made = ItemVersion(
            item_id=item_id, number=2, price_hundredths=hundredths, made_at=NOW, **said, **version
        )
        session.add(made)
        session.flush()
        item.version = 2


def tap(browser: FlaskClient, item_id: int, **more: Any) -> Any:
    """Press the button of the preview as the page offers it."""
    page = browser.get(f"/rewards/{item_id}/redeem").text
    return browser.post(f"/rewards/{item_id}/redeem", data=sent(page, **more))


def sent(page: str, **more: Any) -> dict[str, Any]:
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    return {**hidden, **more}


# ── the shelf ─────────────────────────────────────────────────────────────────────────────


def test_a_card_says_what_can_be_had(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 200_00)
    item_id = stocked(town.community, pieces=18)
    page = volunteer.get("/rewards").text
    assert "You have 200 points to use." in page
    said = card(page, "洗衣液 2 kg")
    assert "18 瓶 left" in said
    assert f'href="/rewards/{item_id}/redeem"' in said


@pytest.mark.parametrize(
    ("pieces", "said"), [(0, "Sold out"), (3, "Only 3 瓶 left"), (4, "4 瓶 left")]
)
def test_what_is_left_is_told(town: Town, volunteer: FlaskClient, pieces: int, said: str) -> None:
    give_points(town.community, READER, 200_00)
    stocked(town.community, pieces=pieces)
    found = card(volunteer.get("/rewards").text, "洗衣液")
    assert said in found
    assert ("/redeem" in found) == (pieces > 0)


def test_missing_points_are_told_and_what_comes_next(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 100_00)
    stocked(town.community)
    stocked(town.community, name="电热水壶", price_hundredths=1500_00)
    page = volunteer.get("/rewards").text
    assert "60 points missing" in card(page, "洗衣液")
    assert "1,400 points missing" in card(page, "电热水壶")
    assert "60 more points and you can redeem 洗衣液 2 kg" in page


def test_a_reached_limit_says_from_when_on(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community, limit_count=1, limit_period="month")
    redeemed(town.community, READER, item_id)
    assert "From Mar 1 on" in card(volunteer.get("/rewards").text, "洗衣液")


def test_a_day_that_is_none_says_which_is_next(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community)
    with transaction() as session:
        session.add(
            RedemptionWindow(
                organisation_id=town.community.root_id,
                kind="month_day",
                day=15,
                title="",
                made_by_id=town.community.actor("organiser").login_id,
                made_at=NOW,
            )
        )
    page = volunteer.get("/rewards").text
    assert "Today is no redemption day; the next one is Feb 15, 2026." in page
    assert "From Feb 15 on" in card(page, "洗衣液")
    assert "It cannot be redeemed now" in volunteer.get(f"/rewards/{item_id}/redeem").text


def test_missing_hours_are_told_once(town: Town, volunteer: FlaskClient) -> None:
    setting(town, "redemption_least_minutes", "600")
    give_points(town.community, READER, 400_00)
    stocked(town.community)
    stocked(town.community, name="毛巾")
    page = volunteer.get("/rewards").text
    assert page.count("One may redeem after 10 served hours; so far there are 0.") == 1
    assert "Hours are missing" in card(page, "毛巾")


def test_the_year_s_cap_is_told(town: Town, volunteer: FlaskClient) -> None:
    setting(town, "redemption_cap_points", "100")
    give_points(town.community, READER, 400_00)
    stocked(town.community)
    assert "Year&#39;s points are used" in card(volunteer.get("/rewards").text, "洗衣液")


def test_it_is_narrowed_to_what_i_can_redeem_and_to_a_category(
    town: Town, volunteer: FlaskClient
) -> None:
    give_points(town.community, READER, 200_00)
    stocked(town.community)
    stocked(town.community, name="电热水壶", category="家电", price_hundredths=1500_00)
    mine = volunteer.get("/rewards?show=mine").text
    assert "洗衣液" in mine
    assert 'q-good__n" href' in mine
    assert "电热水壶</a></h2>" not in mine
    assert "洗衣液 2 kg</a></h2>" not in volunteer.get("/rewards?category=家电").text
    assert "洗衣液 2 kg</a></h2>" in volunteer.get("/rewards?category=没有").text


def test_nothing_says_so(town: Town, volunteer: FlaskClient) -> None:
    assert "Nothing is on the shelf yet" in volunteer.get("/rewards").text
    stocked(town.community)
    assert "Nothing fits this choice" in volunteer.get("/rewards?show=mine").text


@pytest.mark.parametrize(
    "said",
    [
        {"least_stars": 1},
        {"from_on": date(2026, 2, 4)},
        {"until_on": date(2026, 2, 2)},
        {"organisation_id": "below"},
    ],
)
def test_what_is_not_for_me_or_not_today_is_not_there(
    town: Town, volunteer: FlaskClient, said: dict[str, Any]
) -> None:
    given = {**said}
    if "organisation_id" in given:
        given["organisation_id"] = town.community.estate_id
    item_id = stocked(town.community, **given)
    assert "洗衣液" not in volunteer.get("/rewards").text
    assert volunteer.get(f"/rewards/{item_id}").status_code == 404
    assert volunteer.get(f"/rewards/{item_id}/redeem").status_code == 404


def test_what_is_kept_for_a_colour_is_seen_by_its_members(
    town: Town, volunteer: FlaskClient
) -> None:
    item_id = stocked(town.community)
    colour = one("SELECT colour_id FROM teams WHERE id = :id", id=town.community.red_id)
    version = one("SELECT id FROM item_versions WHERE item_id = :id", id=item_id)
    with transaction() as session:
        session.add(ItemColour(item_version_id=version, colour_id=colour))
    assert "Kept for" in volunteer.get(f"/rewards/{item_id}").text
    visitor = town.browser("visitor")
    assert "洗衣液" not in visitor.get("/rewards?language=en").text


def test_a_visitor_sees_the_shelf_and_no_balance(town: Town) -> None:
    item_id = stocked(town.community, organisation_id=town.community.estate_id)
    visitor = town.browser("visitor")
    page = visitor.get("/rewards?language=en").text
    assert "洗衣液" in page
    assert "points to use" not in page
    assert "I can redeem" not in page
    assert "/redeem" not in page
    assert "Sign in to redeem" in visitor.get(f"/rewards/{item_id}?language=en").text
    answer = visitor.get(f"/rewards/{item_id}/redeem")
    assert "/sign-in?next=" in answer.headers["Location"]


def test_an_item_tells_what_it_is(town: Town, volunteer: FlaskClient) -> None:
    setting(town, "pick_up_place", "一楼核销台")
    give_points(town.community, READER, 200_00)
    said: dict[str, Any] = {"description": "请带卡", "limit_count": 2, "limit_period": "year"}
    item_id = stocked(town.community, until_on=date(2026, 2, 28), **said)
    page = volunteer.get(f"/rewards/{item_id}").text
    for text in ("请带卡", "At most 2 瓶 a year each", "until Feb 28 Sat", "一楼核销台"):
        assert text in page, text


def test_where_goods_are_collected_is_said_once(town: Town, volunteer: FlaskClient) -> None:
    setting(town, "pick_up_place", "一楼核销台")
    stocked(town.community)
    stocked(town.community, name="理发一次", kind="service", collect_at="春风理发店")
    assert "Goods are collected at: 一楼核销台." in volunteer.get("/rewards").text


def test_two_hundred_items_take_no_more_statements(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 400_00)
    redeemed(town.community, READER, stocked(town.community))
    volunteer.get("/rewards")
    with statements() as few:
        volunteer.get("/rewards")
    for number in range(199):
        stocked(town.community, name=f"毛巾{number}", category=f"类{number % 7}")
    with statements() as many:
        page = volunteer.get("/rewards").text
    assert page.count("q-good__n") == 200
    assert len(few) == len(many) <= BUDGET


# ── redeeming ─────────────────────────────────────────────────────────────────────────────


def test_the_preview_says_what_redeeming_does(town: Town, volunteer: FlaskClient) -> None:
    setting(town, "pick_up_place", "一楼核销台")
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community)
    page = volunteer.get(f"/rewards/{item_id}/redeem?quantity=2").text
    for said in ("400", "−320", "80 points remain", "Feb 17 Tue", "一楼核销台", "2 瓶"):
        assert said in page, said
    done = volunteer.post(f"/rewards/{item_id}/redeem", data=sent(page))
    assert done.status_code == 303
    assert balance(town.community, READER) == 80_00
    assert stock(item_id) == (3, 2)
    assert one("SELECT collect_by_on FROM redemptions") in ("2026-02-17", date(2026, 2, 17))
    assert one("SELECT asked_by FROM redemptions") == "self"


def test_two_taps_lead_from_the_shelf_to_the_code(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, PRICE)
    item_id = stocked(town.community)
    assert f"/rewards/{item_id}/redeem" in volunteer.get("/rewards").text
    ticket = tap(volunteer, item_id).headers["Location"]
    page = volunteer.get(ticket).text
    code = one("SELECT code FROM redemptions")
    assert f"{code[:3]} {code[3:]}" in page
    assert "Redeemed. Show this code to collect it." in page


def test_a_double_tap_redeems_once(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community)
    page = volunteer.get(f"/rewards/{item_id}/redeem").text
    answers = [volunteer.post(f"/rewards/{item_id}/redeem", data=sent(page)) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert balance(town.community, READER) == 400_00 - PRICE
    assert stock(item_id) == (4, 1)


def test_coming_back_to_the_preview_says_it_is_redeemed(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community)
    tap(volunteer, item_id)
    page = volunteer.get(f"/rewards/{item_id}/redeem").text
    assert "Redeemed already: 洗衣液 2 kg × 1" in page


def test_a_changed_price_comes_back_with_the_new_preview(
    town: Town, volunteer: FlaskClient
) -> None:
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community)
    page = volunteer.get(f"/rewards/{item_id}/redeem").text
    priced(item_id, 200_00)
    answer = volunteer.post(f"/rewards/{item_id}/redeem", data=sent(page))
    assert answer.status_code == 422
    assert "has changed from 160 to 200 points; nothing was redeemed" in answer.text
    assert key_in(answer.text) != key_in(page)
    assert balance(town.community, READER) == 400_00
    again = volunteer.post(f"/rewards/{item_id}/redeem", data=sent(answer.text))
    assert again.status_code == 303
    assert balance(town.community, READER) == 200_00


def test_the_last_one_gone_is_told(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 400_00)
    give_points(town.community, WARD, 400_00)
    item_id = stocked(town.community, pieces=1)
    page = volunteer.get(f"/rewards/{item_id}/redeem").text
    redeemed(town.community, WARD, item_id)
    answer = volunteer.post(f"/rewards/{item_id}/redeem", data=sent(page))
    assert answer.status_code == 422
    assert "洗衣液 2 kg is sold out; nothing was redeemed." in answer.text


def test_what_left_the_shelf_meanwhile_leads_back_to_it(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community)
    page = volunteer.get(f"/rewards/{item_id}/redeem").text
    with transaction() as session:
        session.get_one(ShelfItem, item_id).withdrawn_at = NOW
    answer = volunteer.post(f"/rewards/{item_id}/redeem", data=sent(page), follow_redirects=True)
    assert answer.status_code == 200
    assert "is not on the shelf today" in answer.text


@pytest.mark.parametrize(
    "wild",
    [
        {"quantity": "0"},
        {"quantity": "100"},
        {"quantity": "１"},
        {"quantity": "x"},
        {"price": ""},
        {"price": "-1"},
        {"price": "9" * 30},
        {"volunteer": "0"},
        {"volunteer": ""},
    ],
)
def test_wild_input_redeems_nothing(
    town: Town, volunteer: FlaskClient, wild: dict[str, str]
) -> None:
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community)
    assert tap(volunteer, item_id, **wild).status_code == 422
    assert one("SELECT count(*) FROM redemptions") == 0


@pytest.mark.parametrize("asked", ["0", "-3", "99", "1e3", "²", "x" * 99])
def test_a_wild_quantity_in_the_address_is_what_can_be_had(
    town: Town, volunteer: FlaskClient, asked: str
) -> None:
    give_points(town.community, READER, 400_00)
    item_id = stocked(town.community)
    page = volunteer.get(f"/rewards/{item_id}/redeem", query_string={"quantity": asked})
    assert page.status_code == 200
    assert sent(page.text)["quantity"] == ("2" if asked == "99" else "1")


def test_a_helper_redeems_for_a_ward_and_it_is_marked(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, WARD, PRICE)
    item_id = stocked(town.community)
    _may_act(town)
    volunteer.post(f"/me/acting/{town.people[WARD]}/begin")
    assert "谷雨 has 160 points to use." in volunteer.get("/rewards").text
    assert "You redeem for 谷雨" in volunteer.get(f"/rewards/{item_id}/redeem").text
    ticket = tap(volunteer, item_id).headers["Location"]
    assert "volunteer, for 谷雨" in volunteer.get(ticket).text
    assert one("SELECT asked_by FROM redemptions") == "helper"
    assert balance(town.community, WARD) == 0
    trail = "SELECT on_behalf_of_id FROM trail WHERE operation = 'redemption.make'"
    assert one(trail) == town.people[WARD]
    told = "SELECT count(*) FROM notices WHERE kind = 'redemption.for_you' AND volunteer_id = :id"
    assert one(told, id=town.people[WARD]) == 1


def test_a_preview_made_for_another_person_does_nothing(town: Town, volunteer: FlaskClient) -> None:
    give_points(town.community, READER, PRICE)
    give_points(town.community, WARD, PRICE)
    item_id = stocked(town.community)
    _may_act(town)
    page = volunteer.get(f"/rewards/{item_id}/redeem").text
    volunteer.post(f"/me/acting/{town.people[WARD]}/begin")
    answer = volunteer.post(f"/rewards/{item_id}/redeem", data=sent(page))
    assert answer.status_code == 422
    assert "look for whom you act" in answer.text
    assert one("SELECT count(*) FROM redemptions") == 0


def _may_act(town: Town) -> None:
    with transaction() as session:
        session.add(
            Helper(
                volunteer_id=town.people[WARD],
                helper_id=town.people[READER],
                kind="helper",
                from_on=ORDINARY_DAY,
            )
        )


def test_stars_come_with_served_hours(town: Town, volunteer: FlaskClient) -> None:
    setting(town, "star_hours", "2,300,600,1000,1500")
    stocked(town.community, least_stars=1)
    assert "洗衣液" not in volunteer.get("/rewards").text
    town.community.logged(town.community.line(READER, 120))
    assert "洗衣液" in volunteer.get("/rewards").text


def test_a_star_that_waits_for_months_opens_nothing_yet(town: Town, volunteer: FlaskClient) -> None:
    setting(town, "star_hours", "2")
    setting(town, "star_tenure_months", "14")
    item_id = stocked(town.community, least_stars=1)
    town.community.logged(town.community.line(READER, 120))
    assert "洗衣液" not in volunteer.get("/rewards").text
    give_points(town.community, READER, PRICE)
    refusal = redeemed(town.community, READER, item_id).refusal
    assert refusal is not None
    assert refusal.code == "not_for_you"
    # A member since 1 January 2025: the fourteenth month ends on 1 March 2026.
    with time_machine.travel(NOW + timedelta(days=26), tick=False):
        assert "洗衣液" in volunteer.get("/rewards").text


def test_a_new_day_opens_the_shelf(town: Town, volunteer: FlaskClient) -> None:
    stocked(town.community, from_on=date(2026, 2, 4))
    # 16:30 UTC is half past midnight at the shelf.
    with time_machine.travel(NOW + timedelta(hours=7, minutes=30), tick=False):
        assert "洗衣液" in volunteer.get("/rewards").text
