"""A service day on phones, in Chinese: announced, signed up for, checked in, closed, disputed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from playwright.sync_api import expect
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.activities.models import Activity, CheckIn
from tests.journeys import acts, looking
from tests.journeys.test_check_in import TEAM, code_on

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

TITLE = "夜间巡逻"
ZONE = ZoneInfo("Asia/Shanghai")


def test_from_the_announcement_to_the_corrected_record(
    open_page: OpenPage, database_url: str
) -> None:
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

    # One forgot to check out, the other came without checking in.
    there = let_it_end(database_url)
    close(leader, activity, forgot="周谷雨", hours="1.5", ticks="白露华")
    see_record(leader, "周谷雨", hours="1.5", there=there)
    assert acts.figures_of_home(phone).hours == "1.5"
    assert acts.figures_of_home(other).hours == "2"

    # "I left half an hour earlier": recorded and wished side by side, then corrected.
    dispute(phone, hours="1")
    answer(leader)
    assert acts.figures_of_home(phone).hours == "1"
    phone.goto("/me/notices")
    expect(phone.locator("main")).to_contain_text("更正")


def speak_chinese(page: Page) -> None:
    looking.look_with(page.context)
    page.goto("/me")
    page.context.add_cookies([{"name": "qicai_language", "value": "zh_Hans", "url": page.url}])


def announce(leader: Page) -> str:
    """Announce tonight's round, which began a moment ago, and return its path."""
    now = datetime.now(ZONE)
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


def let_it_end(database_url: str) -> str:
    """Let hours go by: the plan's two are over, the phone came half an hour late.

    Return from when to when it was there, as a record says it.
    """
    ended = datetime.now(ZONE).replace(second=0, microsecond=0) - timedelta(minutes=30)
    # After midnight it was all on the day before: a night would be two records.
    if (ended - timedelta(hours=2)).date() < ended.date():
        ended = ended.replace(hour=0, minute=0) - timedelta(minutes=1)
    begun, came = ended - timedelta(hours=2), ended - timedelta(hours=1.5)
    engine = create_engine(database_url)
    with Session(engine) as session, session.begin():
        activity = session.scalars(select(Activity)).one()
        assert activity.minutes == 120
        activity.service_on, activity.starts_minute = begun.date(), begun.hour * 60 + begun.minute
        session.scalars(select(CheckIn)).one().in_at = came
    engine.dispose()
    return "—".join(f"{at.hour}:{at.minute:02}" for at in (came, ended))


def close(leader: Page, activity: str, *, forgot: str, hours: str, ticks: str) -> None:
    """Confirm the planned end for who forgot to check out, and tick who had no phone."""
    leader.goto(f"{activity}/close")
    row = acts.member(leader, forgot)
    expect(row.locator("input[name=present]")).to_be_checked()
    expect(row).to_contain_text("没有签退")
    row.locator("summary").click()
    expect(row.locator(".q-mem__edit input")).to_have_value(hours)
    expect(acts.member(leader, ticks).locator("input[name=present]")).not_to_be_checked()
    acts.tick(leader, ticks)
    looked_at(leader)
    leader.locator("button[value=record]").click()
    expect(leader).to_have_url(re.compile(r"/log/\d+$"))
    looked_at(leader)


def see_record(leader: Page, name: str, *, hours: str, there: str) -> None:
    """Open the record that came of the check-in: the plan's end, proved by signing in."""
    line = leader.locator("main li").filter(has_text=name)
    expect(line.locator(".q-num").first).to_contain_text(hours)
    line.locator("a").click()
    expect(leader).to_have_url(re.compile(r"/records/\d+"))
    expect(leader.locator("main")).to_contain_text(there)
    expect(leader.locator("main")).to_contain_text("现场签到")
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
    acts.follow(leader.locator("main .q-rows a").first)
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
