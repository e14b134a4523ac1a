"""Points are earned, redeemed on a phone in Chinese, collected at the desk, and given back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.journeys import acts
from tests.journeys.test_card import log_two_hours
from tests.journeys.test_check_in import TEAM
from tests.journeys.test_service_day import looked_at, speak_chinese

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

SOAP, HAIRCUT = "洗衣液", "理发"


def test_from_the_service_to_the_shelf_and_back(open_page: OpenPage) -> None:
    desk, leader, phone = open_page(wide=True), open_page(), open_page()
    acts.found_community(desk)
    luo, zhou = (acts.add_person(desk, name, TEAM) for name in ("罗芒种", "周谷雨"))
    acts.make_leader(desk, luo, acts.YELLOW)
    for page, person in ((leader, luo), (phone, zhou)):
        acts.activate(page, person, acts.code_for(desk, person))
    for name, price in ((SOAP, "1.5"), (HAIRCUT, "0.5")):
        stand(desk, name, price)

    log_two_hours(leader, "周谷雨")
    for page in (leader, phone):
        speak_chinese(page)
    earned = points_of(phone)
    assert earned >= 2

    # Two taps; then the desk types the code and hands it over.
    code = redeem(phone, SOAP)
    ticket = phone.url
    assert points_of(phone) == earned - 1.5
    hand_over(leader, code)
    phone.goto(ticket)
    expect(phone.locator("main")).to_contain_text("已领取")
    looked_at(phone)
    assert "已领取" in refused_at_desk(leader, code)

    # Another is thought better of: the points come back, and so does the piece.
    redeem(phone, HAIRCUT)
    cancel(phone)
    assert points_of(phone) == earned - 1.5
    phone.goto("/rewards")
    expect(phone.locator(".q-good", has_text=HAIRCUT)).to_contain_text("5")


def stand(desk: Page, name: str, price: str) -> None:
    """Put an item on the shelf, and five pieces of it."""
    desk.goto("/shelf/add")
    desk.locator("#name").fill(name)
    desk.locator("#price").fill(price)
    desk.locator("#category").fill("日用")
    desk.locator("main form[method=post] [type=submit]").last.click()
    expect(desk).to_have_url(re.compile(r"/stock/\d+/in$"))
    desk.locator("#quantity").fill("5")
    desk.locator("main form[method=post] [type=submit]").last.click()
    expect(desk).not_to_have_url(re.compile("/in$"))


def points_of(phone: Page) -> float:
    return float(acts.figures_of_home(phone).points)


def redeem(phone: Page, name: str) -> str:
    """Choose an item on the shelf and confirm it; return the code."""
    phone.goto("/rewards")
    looked_at(phone)
    phone.locator(".q-good", has_text=name).get_by_role("link", name="兑换").last.click()
    expect(phone).to_have_url(re.compile(r"/redeem"))
    looked_at(phone)
    acts.press(phone, "确认兑换")
    expect(phone).to_have_url(re.compile(r"/rewards/mine/\d+$"))
    looked_at(phone)
    return phone.locator(".q-code").inner_text()


def at_desk(leader: Page, code: str) -> None:
    leader.goto("/pick-up")
    looked_at(leader)
    leader.locator("#code").fill(code)
    leader.locator("#code").press("Enter")


def hand_over(leader: Page, code: str) -> None:
    at_desk(leader, code)
    expect(leader).to_have_url(re.compile(r"/pick-up/\d+$"))
    # Whoever collects is shown masked.
    expect(leader.locator("main")).not_to_contain_text("周谷雨")
    looked_at(leader)
    leader.locator("main form[method=post] [type=submit]").first.click()
    expect(leader.get_by_role("status").first).to_contain_text(SOAP)


def refused_at_desk(leader: Page, code: str) -> str:
    at_desk(leader, code)
    return leader.locator("main").inner_text()


def cancel(phone: Page) -> None:
    acts.follow(phone.locator("a[href$='/cancel']"))
    looked_at(phone)
    phone.get_by_role("button", name=re.compile("退回")).click()
    expect(phone.locator("main")).to_contain_text("已取消")
