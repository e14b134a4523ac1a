"""Joining on a phone: a visitor asks, the leader takes them in; a guardian acts for a child."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.journeys import acts

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

TEAM = "黄色治安巡逻队"
OTHER = "绿色生态环保队"


def ask_to_join(page: Page, name: str, phone: str) -> None:
    """Come from the public home and fill in the form."""
    page.goto("/")
    page.get_by_role("link", name="Ask to join", exact=True).click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Phone", exact=True).fill(phone)
    page.locator("label.q-check").filter(has_text=TEAM).click()


def agree_and_send(page: Page) -> None:
    page.locator("label.q-check").filter(
        has_text="I have read the privacy notice and agree"
    ).last.click()
    acts.press(page, "Send the request")


def take_in(leader: Page, name: str) -> str:
    """Open the leader's list, take somebody in and return the number they got."""
    leader.goto("/waiting")
    leader.get_by_role("link", name="Requests", exact=True).first.click()
    leader.get_by_role("link", name=re.compile(name)).click()
    acts.press(leader, "Take in")
    expect(leader.locator("main")).to_contain_text(f"{name} is a volunteer")
    found = re.search(r"TX\d{5}", leader.locator("main").inner_text())
    assert found
    return found[0]


def test_a_visitor_asks_is_taken_in_and_signs_in(open_page: OpenPage) -> None:
    desk, leader, visitor = open_page(wide=True), open_page(), open_page()
    acts.found_community(desk)
    luo = acts.add_person(desk, "罗芒种", TEAM)
    acts.make_leader(desk, luo, acts.YELLOW)
    acts.activate(leader, luo, acts.code_for(desk, luo))

    ask_to_join(visitor, "周谷雨", "138 0000 0071")
    visitor.locator("label.q-choice").filter(has_text="14 or older").click()
    look(visitor, "join")
    agree_and_send(visitor)
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Your request has arrived")
    look(visitor, "sent")

    leader.goto("/me")
    expect(leader.locator(".q-tabs .q-badge").first).to_contain_text("1")
    number = take_in(leader, "周谷雨")
    look(leader, "taken-in")
    acts.press(leader, "Activation slip")
    acts.press(leader, "Show the code")
    code = leader.locator(".q-code").first.inner_text()
    acts.activate(visitor, acts.Person("周谷雨", number, ""), code)
    expect(visitor.locator("main")).to_contain_text("周谷雨")

    # They ask for another team, and the organiser answers.
    visitor.goto("/me/account")
    acts.press(visitor, "My teams")
    visitor.get_by_label("Team", exact=True).select_option(label=OTHER)
    acts.press(visitor, "Ask")
    look(visitor, "my-teams")
    desk.goto("/joining")
    look(desk, "desk-joining")
    acts.press(desk, "Take in")
    visitor.goto("/me/teams")
    expect(visitor.locator("#h-teams + *, main")).to_contain_text([OTHER])


def test_a_guardian_acts_for_a_child(open_page: OpenPage) -> None:
    desk, guardian = open_page(wide=True), open_page()
    acts.found_community(desk)
    ask_to_join(guardian, "许小满", "13800000072")
    guardian.locator("label.q-choice").filter(has_text="Under 14").click()
    guardian.get_by_label("Date of birth").fill("2018-05-01")
    guardian.get_by_text("Only for a child under 14").click()
    guardian.get_by_label("Guardian's name").fill("许白露")
    guardian.get_by_label("Guardian's phone").fill("13800000072")
    guardian.locator("label.q-check").filter(has_text="I am the guardian").click()
    agree_and_send(guardian)
    expect(guardian.get_by_role("heading", level=1)).to_have_text("Your request has arrived")

    take_in(desk, "许小满")
    look(desk, "child-taken-in")
    acts.press(desk, "Activation slip of the guardian")
    acts.press(desk, "Show the code")
    code = desk.locator(".q-code").first.inner_text()
    found = re.search(r"TX\d{5}", desk.locator("main").inner_text())
    assert found
    acts.activate(guardian, acts.Person("许白露", found[0], ""), code)

    guardian.goto("/me/account")
    acts.press(guardian, "Acting for somebody")
    look(guardian, "acting")
    acts.press(guardian, "Act for them")
    banner = guardian.locator(".q-acting")
    expect(banner).to_contain_text("You act for 许小满")
    look(guardian, "acting-for")
    guardian.goto("/me/teams")
    guardian.get_by_label("Team", exact=True).select_option(label=OTHER)
    acts.press(guardian, "Ask")
    expect(guardian.locator("main")).to_contain_text("waits for an answer")
    banner.get_by_role("button").click()
    expect(banner).to_have_count(0)
    desk.goto("/admin/people?q=许小满")
    desk.get_by_role("link", name="许小满", exact=True).click()
    acts.press(desk, "Acting and consent")
    expect(desk.locator("main")).to_contain_text("许白露")
    look(desk, "desk-acting")


def look(page: Page, name: str) -> None:
    """Keep a picture where the maker of a page asks for it."""
    if folder := os.environ.get("QICAI_LOOK"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
