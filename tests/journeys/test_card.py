"""A card and six digits: the leader prints, the volunteer scans, in large text, to the balance."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.journeys import acts
from tests.qr import read_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

TEAM = "黄色治安巡逻队"
PIN = "305817"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_scanned_card_leads_to_the_balance(open_page: OpenPage, script: bool) -> None:
    desk, leader = open_page(wide=True), open_page(wide=True)
    phone = open_page(java_script_enabled=script)
    acts.found_community(desk)
    luo, zhou = (acts.add_person(desk, name, TEAM) for name in ("罗芒种", "周谷雨"))
    acts.make_leader(desk, luo, acts.YELLOW)
    acts.activate(leader, luo, acts.code_for(desk, luo))
    log_two_hours(leader, "周谷雨")
    card = print_cards(leader, "周谷雨")

    choose_large_text(phone)
    phone.goto(card)
    expect(phone).to_have_url(re.compile("/card$"))
    expect(phone.get_by_role("heading", level=1)).to_have_text("周*")
    acts.press(phone, "Choose a PIN")
    expect(phone.locator("#account")).to_have_value(zhou.number)
    expect(phone.locator("#password")).to_be_hidden()
    phone.locator("#code").fill(acts.code_for(desk, zhou))
    phone.locator("#pin").fill(PIN)
    acts.press(phone, "Set it and sign in")
    assert acts.figures_of_home(phone).hours == "2"

    sign_out(phone)
    phone.goto(card)
    expect(phone.locator("#secret")).to_have_attribute("inputmode", "numeric")
    phone.locator("#secret").fill(PIN)
    acts.press(phone, "Sign in")
    expect(phone).to_have_url(re.compile("/me$"))
    expect(phone.locator("html")).to_have_attribute("data-text", "large")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")

    sign_out(phone)
    print_cards(leader, "周谷雨", again=True)
    phone.goto(card)
    expect(phone.get_by_role("heading", level=1)).to_have_text("This card no longer works")


def log_two_hours(leader: Page, name: str) -> None:
    acts.choose_day(leader, datetime.now(ZoneInfo("Asia/Shanghai")).date())
    acts.set_hours(leader, "2")
    acts.tick(leader, name)
    acts.press(leader, "Record")
    expect(leader).to_have_url(re.compile(r"/log/\d+$"))


def print_cards(leader: Page, name: str, *, again: bool = False) -> str:
    """Make the team's cards and return the address in one person's QR."""
    leader.goto(f"/teams/{acts.YELLOW}")
    acts.press(leader, "Volunteer cards")
    if again:
        acts.press(leader, "Make new cards")
        expect(leader.get_by_text("Those cards stop working")).to_be_visible()
    acts.press(leader, "Make the cards")
    expect(leader.locator(".q-vcard").first).to_be_visible()
    card = leader.locator(".q-vcard").filter(has_text=name)
    return read_all(card.inner_html())[0]


def choose_large_text(phone: Page) -> None:
    phone.goto("/sign-in")
    acts.press(phone, "Show this in large text")
    expect(phone.locator("html")).to_have_attribute("data-text", "large")


def sign_out(page: Page) -> None:
    page.goto("/me/account")
    acts.press(page, "Sign out")
    expect(page).to_have_url(re.compile("/sign-in$"))
