"""Announce, scan, sign in, confirm, check out: with the leader's screen and a volunteer's phone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.journeys import acts
from tests.qr import read_all

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

TEAM = "黄色治安巡逻队"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_scan_sign_in_confirm_and_check_out(open_page: OpenPage, script: bool) -> None:
    desk, leader = open_page(wide=True), open_page(wide=True, java_script_enabled=script)
    phone = open_page(java_script_enabled=script)
    acts.found_community(desk)
    luo, zhou = (acts.add_person(desk, name, TEAM) for name in ("罗芒种", "周谷雨"))
    acts.make_leader(desk, luo, acts.YELLOW)
    acts.activate(leader, luo, acts.code_for(desk, luo))
    acts.activate(phone, zhou, acts.code_for(desk, zhou))
    sign_out(phone)
    activity = announce_for_now(leader)

    # The phone is signed out: the way back leads to the confirmation, not to the screen.
    phone.goto(code_on(leader, activity))
    expect(phone).to_have_url(re.compile("/sign-in"))
    phone.locator("#account").fill(zhou.number)
    phone.locator("#password").fill(acts.PASSWORD)
    acts.press(phone, "Sign in")
    expect(phone).to_have_url(re.compile("/in/here$"))
    expect(phone.get_by_role("heading", level=1)).to_have_text("夜间巡逻")
    acts.press(phone, "Check in")
    expect(phone.get_by_role("status").first).to_contain_text("周谷雨 checked in at")
    expect(phone.get_by_role("button", name="Check out")).to_have_count(0)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")

    leader.goto(f"{activity}/check-in")
    row = leader.locator(".q-mem").filter(has_text="周谷雨")
    expect(row).to_contain_text("by the code on the screen")
    expect(row).to_contain_text("Without sign-up")

    phone.goto(code_on(leader, activity))
    acts.press(phone, "Check out")
    expect(phone.get_by_role("status").first).to_contain_text("checked out at")
    leader.goto(f"{activity}/code")
    expect(leader.locator("#code")).to_contain_text("1 of them have left")


def announce_for_now(leader: Page, team: str = acts.YELLOW) -> str:
    """Announce an activity that is on, and return its path."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    leader.goto(f"/teams/{team}/activities/new")
    leader.locator("#title").fill("夜间巡逻")
    leader.locator("#service_on").fill(now.date().isoformat())
    leader.locator("#starts").fill(f"{now:%H:%M}")
    leader.locator("#ends").fill(f"{now + timedelta(hours=2):%H:%M}")
    acts.press(leader, "Announce")
    expect(leader).to_have_url(re.compile(r"/activities/\d+"))
    found = re.search(r"/activities/\d+", leader.url)
    assert found
    return found[0]


def code_on(leader: Page, activity: str) -> str:
    """Return the path in the QR of the leader's screen."""
    leader.goto(f"{activity}/code")
    return urlsplit(read_all(leader.locator("#code").inner_html())[0]).path


def sign_out(page: Page) -> None:
    page.goto("/me/account")
    acts.press(page, "Sign out")
    expect(page).to_have_url(re.compile("/sign-in$"))
