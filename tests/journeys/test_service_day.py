"""A service day on phones, in Chinese: announced, signed up for, checked in, closed, disputed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.journeys import acts, looking
from tests.journeys.test_check_in import TEAM, code_on

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

TITLE = "夜间巡逻"


def test_from_the_announcement_to_the_corrected_record(open_page: OpenPage) -> None:
    desk, leader, phone, other = open_page(wide=True), *(open_page() for _ in range(3))
    acts.found_community(desk)
    luo, zhou, bai = (acts.add_person(desk, name, TEAM) for name in ("罗芒种", "周谷雨", "白露华"))
    acts.make_leader(desk, luo, acts.YELLOW)
    for page, person in ((leader, luo), (phone, zhou), (other, bai)):
        acts.activate(page, person, acts.code_for(desk, person))
        speak_chinese(page)

    activity = announce(leader)
    for page in (phone, other):
        sign_up(page, activity)
    checked_in(leader, phone, activity)

    # The other one came without checking in, and the first forgot to check out.
    close(leader, activity, ticks="白露华")
    expect(leader.locator("main li").filter(has_text="周谷雨")).to_be_visible()
    assert acts.figures_of_home(other).hours == "2"

    # "It was an hour and a half": recorded and wished side by side, then corrected.
    dispute(other, hours="1.5")
    answer(leader)
    assert acts.figures_of_home(other).hours == "1.5"
    other.goto("/me/notices")
    expect(other.locator("main")).to_contain_text("更正")


def speak_chinese(page: Page) -> None:
    looking.look_with(page.context)
    page.goto("/me")
    page.context.add_cookies([{"name": "qicai_language", "value": "zh_Hans", "url": page.url}])


def announce(leader: Page) -> str:
    """Announce tonight's round, which began a moment ago, and return its path."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    midnight = now.replace(hour=0, minute=0)
    # Late in the evening it began earlier: its two hours end before the day does.
    begun = min(max(now - timedelta(minutes=1), midnight), midnight + timedelta(hours=21.95))
    leader.goto(f"/teams/{acts.YELLOW}/activities/new")
    leader.locator("#title").fill(TITLE)
    leader.locator("#service_on").fill(now.date().isoformat())
    # Signing up ends with the beginning: first it is planned for later.
    leader.locator("#starts").fill("23:59")
    leader.locator("#ends").fill("01:59")
    looked_at(leader)
    acts.press(leader, "发布")
    expect(leader).to_have_url(re.compile(r"/activities/\d+"))
    found = re.search(r"/activities/\d+", leader.url)
    assert found
    BEGINS[found[0]] = f"{begun:%H:%M}", f"{begun + timedelta(hours=2):%H:%M}"
    return found[0]


BEGINS: dict[str, tuple[str, str]] = {}


def sign_up(page: Page, activity: str) -> None:
    page.goto(activity)
    looked_at(page)
    page.locator(f"form[action$='{activity}/sign-up'] [type=submit]").click()
    expect(page.locator(f"[action$='{activity}/withdraw']").first).to_be_visible()


def checked_in(leader: Page, phone: Page, activity: str) -> None:
    """Let it begin now, then scan the leader's screen and confirm."""
    starts, ends = BEGINS[activity]
    leader.goto(f"{activity}/edit")
    leader.locator("#starts").fill(starts)
    leader.locator("#ends").fill(ends)
    leader.locator("main [type=submit]").last.click()
    expect(leader).not_to_have_url(re.compile("/edit$"))
    phone.goto(code_on(leader, activity))
    looked_at(phone)
    acts.press(phone, "签到")
    expect(phone.get_by_role("status").first).to_contain_text("周谷雨")
    looked_at(leader)


def close(leader: Page, activity: str, *, ticks: str) -> None:
    leader.goto(f"/log/{acts.YELLOW}")
    leader.goto(f"{activity}/close")
    expect(acts.member(leader, "周谷雨").locator("input[name=present]")).to_be_checked()
    expect(acts.member(leader, "周谷雨")).to_contain_text("没有签退")
    expect(acts.member(leader, ticks).locator("input[name=present]")).not_to_be_checked()
    acts.tick(leader, ticks)
    looked_at(leader)
    leader.locator("button[value=record]").click()
    expect(leader).to_have_url(re.compile(r"/log/\d+$"))
    looked_at(leader)


def dispute(page: Page, *, hours: str) -> None:
    """Open the line of the passbook and say what it should be."""
    page.goto("/me/ledger")
    page.locator("details[name=l] > summary").first.click()
    page.locator("details[open] a[href*='/dispute']").first.click()
    page.locator("input[name=what][value=hours]").check(force=True)
    page.locator("#hours").fill(hours)
    page.locator("#words").fill("我提前半小时走了")
    looked_at(page)
    page.locator("main form [type=submit]").last.click()
    expect(page.locator("main")).to_contain_text("我提前半小时走了")
    looked_at(page)


def answer(leader: Page) -> None:
    leader.goto("/disputes")
    leader.locator("main .q-rows a").first.click()
    looked_at(leader)
    leader.locator("a[href$='/correct']").first.click()
    leader.locator("#reason").fill("已向本人核对")
    leader.locator("main form [type=submit]").last.click()
    expect(leader.locator("main")).to_contain_text("已向本人核对")


def looked_at(page: Page) -> None:
    """Nothing on the phone is wider than it, and axe has nothing serious to say."""
    assert not looking.layout(page), page.url
    looking.take_axe(page)
    assert not looking.serious_findings(page, looking.LOOKS[0]), page.url
