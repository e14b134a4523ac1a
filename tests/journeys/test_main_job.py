"""The main job: a leader's service day becomes explained balances and a year's ranking."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.journeys import acts

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Page, Request

    from tests.journeys.acts import Person
    from tests.journeys.conftest import OpenPage

TEAM = "黄色治安巡逻队"
OTHER_TEAM = "绿色生态环保队"


class Community(NamedTuple):
    """A community that was set up a minute ago."""

    organiser: Page
    leader: Page
    zhou: Person


@pytest.fixture
def today() -> date:
    """Today in the community; whatever the date, a leader's entry of today is timely."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


@pytest.fixture
def community(open_page: OpenPage) -> Community:
    """An organiser at a desk sets it up and adds a team; its leader activates on a phone."""
    desk, phone = open_page(wide=True), open_page()
    acts.found_community(desk)
    luo, zhou, _shen = (
        acts.add_person(desk, name, TEAM) for name in ("罗芒种", "周谷雨", "沈立秋")
    )
    acts.make_leader(desk, luo, acts.YELLOW)
    acts.activate(phone, luo, acts.code_for(desk, luo))
    return Community(desk, phone, zhou)


def points_for(minutes: int, on: date) -> str:
    """SPEC §4 in other words than the program's: hundredths, half up to 0.1 point."""
    percent = 100 + (50 if on.day == 28 else 0) + (20 if on.month == 3 else 0)
    tenths, rest = divmod(minutes * percent, 600)
    tenths += rest >= 300
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth}" if tenth else f"{whole}"


def test_a_service_day_from_the_first_page_to_the_ranking(
    community: Community, open_page: OpenPage, today: date
) -> None:
    desk, leader = community.organiser, community.leader
    acts.add_person(desk, "苏白露", TEAM)
    acts.add_person(desk, "许春分", OTHER_TEAM)
    assert acts.ranking(desk, today.year) == {}

    log_the_day(leader, today)
    result_url = leader.url
    check_result(leader, today)

    # The volunteer opens the new line on a phone of their own.
    volunteer = open_page()
    acts.activate(volunteer, community.zhou, acts.code_for(desk, community.zhou))
    check_explanation(volunteer, today)

    moved = {"沈立秋": "3.5", "周谷雨": "2.5", "苏白露": "2.5", "许春分": "2.5"}
    assert acts.ranking(desk, today.year) == moved
    check_decisions(desk, leader, moved, today)

    undo_the_day(leader, result_url)
    assert acts.figures_of_home(volunteer) == acts.Figures("0", "0")
    assert acts.figures_of_ledger(volunteer) == acts.Figures("0", "0")
    expect(volunteer.locator("details[name=l]")).to_have_count(2)
    assert acts.ranking(desk, today.year) == {}


def log_the_day(leader: Page, today: date) -> None:
    """Everybody 2.5 hours, one longer, a guest and somebody new."""
    acts.choose_day(leader, today)
    acts.find_guest(leader, "许春分", "许春分")
    acts.set_hours(leader, "2.5")
    acts.press(leader, "Select all")
    acts.give_own_hours(leader, "沈立秋", "3.5")
    acts.add_friend(leader, "顾立夏", "4321")
    leader.locator("[name=content]").fill("楼院夜巡")
    expect(leader.locator("[data-total-main]")).to_contain_text("13.5")
    leader.get_by_role("button", name="Record", exact=True).dblclick()
    expect(leader).to_have_url(re.compile(r"/log/\d+$"))


def check_result(leader: Page, today: date) -> None:
    expect(acts.result_of(leader, "周谷雨")).to_contain_text("2.5 hours")
    expect(acts.result_of(leader, "周谷雨")).to_contain_text(f"+{points_for(150, today)} points")
    expect(acts.result_of(leader, "沈立秋")).to_contain_text(f"+{points_for(210, today)} points")
    expect(acts.result_of(leader, "罗芒种")).to_contain_text("co-leader or an organiser")
    expect(acts.result_of(leader, "顾立夏")).to_contain_text("confirms the person")
    expect(leader.locator("main li a.q-row")).to_have_count(6)
    told, link = leader.locator("#group-text").input_value().rsplit("\n", 1)
    assert link.endswith("/me/ledger")
    assert "11" in told, "the hours of the day are told"
    assert not re.search(r"周谷雨|TX\d|4321", told), "nobody's name, number or phone is"


def check_explanation(volunteer: Page, today: date) -> None:
    earned = points_for(150, today)
    assert acts.figures_of_home(volunteer) == acts.Figures("2.5", earned)
    assert acts.figures_of_ledger(volunteer) == acts.Figures("2.5", earned)
    line = volunteer.locator("details[name=l]")
    expect(line).to_have_count(1)
    expect(line.locator(".q-why")).to_be_hidden()
    line.locator("summary").click()
    sentence = line.locator(".q-why__s")
    expect(sentence).to_be_visible()
    expect(sentence).to_contain_text("2.5 h × 1 per hour = 2.5")
    expect(sentence).to_contain_text(re.compile(rf"[=→] {re.escape(earned)}(\s|\.|$)"))
    expect(line.locator(".q-why")).to_contain_text("罗芒种")


def check_decisions(desk: Page, leader: Page, moved: dict[str, str], today: date) -> None:
    """The leader's own row and the new friend count once an organiser says so."""
    assert acts.figures_of_home(leader) == acts.Figures("0", "0")
    acts.approve(desk, "罗芒种")
    assert acts.ranking(desk, today.year) == {**moved, "罗芒种": "2.5"}
    assert acts.figures_of_home(leader) == acts.Figures("2.5", points_for(150, today))
    acts.welcome(desk, "顾立夏")
    everybody = {**moved, "罗芒种": "2.5", "顾立夏": "2.5"}
    assert acts.ranking(desk, today.year) == everybody
    told = desk.request.get(f"/ranking.csv?year={today.year}").text().splitlines()
    assert [row.split(",")[2] for row in told[1:]] == ["210", *["150"] * 5]


def undo_the_day(leader: Page, result_url: str) -> None:
    leader.goto(result_url)
    acts.press(leader, "Take this entry back")
    leader.locator("[name=reason]").fill("登记错了队伍")
    acts.press(leader, "Take it back")
    expect(leader.locator(".q-flashes")).to_contain_text("Taken back")
    expect(leader.locator("main").get_by_role("link", name="Take this entry back")).to_have_count(0)


def test_sending_twice_never_counts_twice(community: Community, today: date) -> None:
    leader = community.leader
    sent: list[Request] = []
    leader.on("request", lambda request: sent.append(request) if _records(request) else None)
    acts.open_day(leader, today)
    acts.set_hours(leader, "2")
    acts.tick(leader, "周谷雨")
    acts.press(leader, "Record")
    expect(leader).to_have_url(re.compile(r"/log/\d+$"))
    first = leader.url
    leader.reload()
    expect(acts.result_of(leader, "周谷雨")).to_contain_text("2 hours")

    # The same form again, as a phone with a bad line sends it: the first result.
    body = sent[0].post_data or ""
    assert send_again(leader, body).url == first
    # The same form with other hours: nothing is posted, who is recorded stands as recorded.
    changed = send_again(leader, body.replace("hours=2&", "hours=3&"))
    assert changed.status == 422
    assert 'class="q-mem__done"' in changed.text()

    leader.go_back()
    expect(acts.member(leader, "周谷雨").locator(".q-mem__done")).to_be_visible()
    acts.tick(leader, "沈立秋")
    acts.press(leader, "Record")
    expect(leader).to_have_url(re.compile(r"/log/\d+$"))
    assert leader.url != first
    assert acts.ranking(community.organiser, today.year) == {"周谷雨": "2", "沈立秋": "2"}


def _records(request: Request) -> bool:
    return request.method == "POST" and "do=record" in (request.post_data or "")


def send_again(page: Page, body: str) -> APIResponse:
    """Send a form once more, past the script that holds double taps back."""
    content_type = "application/x-www-form-urlencoded"
    return page.request.post(
        f"/log/{acts.YELLOW}", data=body, headers={"content-type": content_type}
    )
