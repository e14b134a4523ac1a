"""The main job in a browser without script, set up from another machine."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from app.founding.rules import founding_code
from tests.conftest import TEST_CONFIG
from tests.journeys import acts

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage


def test_the_main_job_needs_no_script(open_page: OpenPage) -> None:
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    # Through a proxy: then the code from the server's terminal is asked for.
    elsewhere = {"X-Forwarded-For": "203.0.113.7"}
    desk = open_page(wide=True, java_script_enabled=False, extra_http_headers=elsewhere)
    leader = open_page(java_script_enabled=False)
    volunteer = open_page(java_script_enabled=False)

    acts.found_community(desk, founding_code(str(TEST_CONFIG["SECRET_KEY"])))
    luo, zhou, _shen = (
        acts.add_person(desk, name, "黄色治安巡逻队") for name in ("罗芒种", "周谷雨", "沈立秋")
    )
    acts.make_leader(desk, luo, acts.YELLOW)
    acts.activate(leader, luo, acts.code_for(desk, luo))

    acts.choose_day(leader, today)
    acts.set_hours(leader, "2")
    acts.press(leader, "Select all")
    expect(acts.member(leader, "周谷雨").locator("input[name=present]")).to_be_checked()
    acts.give_own_hours(leader, "沈立秋", "1.5")
    acts.press(leader, "Record")
    expect(leader).to_have_url(re.compile(r"/log/\d+$"))
    acts.approve(desk, "罗芒种")

    acts.activate(volunteer, zhou, acts.code_for(desk, zhou))
    assert acts.figures_of_home(volunteer).hours == "2"
    check_line_opens(volunteer)
    assert acts.ranking(desk, today.year) == {"罗芒种": "2", "周谷雨": "2", "沈立秋": "1.5"}


def check_line_opens(volunteer: Page) -> None:
    volunteer.goto("/me/ledger")
    line = volunteer.locator("details[name=l]")
    line.locator("summary").click()
    expect(line.locator(".q-why__s")).to_contain_text("2 h × 1 per hour")
