"""Choosing another day in a browser with script: what is ticked and typed comes along."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.journeys import acts

if TYPE_CHECKING:
    from tests.journeys.conftest import OpenPage


def test_another_day_keeps_what_was_typed_and_says_what_it_cannot(open_page: OpenPage) -> None:
    yesterday = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)
    desk = open_page(wide=True)
    acts.found_community(desk)
    acts.add_person(desk, "罗芒种", "黄色治安巡逻队")
    desk.goto(f"/log/{acts.YELLOW}")
    expect(desk.locator("[data-fresh]")).to_be_hidden()
    acts.tick(desk, "罗芒种")
    desk.locator("[name=content]").fill("夜巡")
    desk.locator("[name=friend_name-0]").evaluate("field => { field.value = '秋分'; }")

    desk.get_by_text("Another date").click()
    desk.locator("[name=on]").fill(yesterday.isoformat())
    acts.press(desk, "Show this day")
    expect(desk).to_have_url(re.compile(f"on={yesterday}"))
    expect(desk.locator("[name=content]")).to_have_value("夜巡")
    expect(desk.locator("[name=friend_name-0]")).to_have_value("秋分")
    expect(desk.locator("[data-lost]")).to_have_text("Not on the list of this day: 罗芒种")

    desk.go_back()
    expect(desk.locator("[name=service_on]")).not_to_have_value(yesterday.isoformat())
    expect(acts.member(desk, "罗芒种")).to_be_visible()
