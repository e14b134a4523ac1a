"""The leader's screen: the code shown changes by itself with script, by its button without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.journeys import acts
from tests.journeys.test_check_in import TEAM, announce_for_now

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.journeys.conftest import OpenPage

HALF_A_MINUTE = 30_000


def screens_of(open_page: OpenPage, *, script: bool) -> tuple[Page, Page, str]:
    """Return a leader's screen with a code on it, the organiser's desk, and the activity."""
    desk, screen = open_page(wide=True), open_page(wide=True, java_script_enabled=script)
    acts.found_community(desk)
    luo = acts.add_person(desk, "罗芒种", TEAM)
    acts.make_leader(desk, luo, acts.YELLOW)
    acts.activate(screen, luo, acts.code_for(desk, luo))
    activity = announce_for_now(screen)
    if script:
        screen.clock.install()
    screen.goto(f"{activity}/code")
    return screen, desk, activity


def typed_on(screen: Page) -> Locator:
    return screen.locator(".q-scan__typed")


def make_new_codes(desk: Page, activity: str) -> None:
    """Let somebody else replace the codes: what a screen shows is no longer good."""
    desk.goto(f"{activity}/code")
    acts.press(desk, "New codes")
    expect(desk.locator("body")).to_contain_text("The old ones no longer work")


def test_the_code_changes_by_itself(open_page: OpenPage) -> None:
    screen, desk, activity = screens_of(open_page, script=True)
    before, symbol = typed_on(screen).inner_text(), screen.locator("#code svg").inner_html()
    assert re.fullmatch(r"\w{3} \w{3}", before)
    make_new_codes(desk, activity)
    screen.clock.run_for(HALF_A_MINUTE)
    expect(typed_on(screen)).not_to_have_text(before)
    assert screen.locator("#code svg").inner_html() != symbol
    # And again, half a minute later.
    second = typed_on(screen).inner_text()
    make_new_codes(desk, activity)
    screen.clock.run_for(HALF_A_MINUTE)
    expect(typed_on(screen)).not_to_have_text(second)


def test_without_script_its_button_shows_a_fresh_one(open_page: OpenPage) -> None:
    screen, desk, activity = screens_of(open_page, script=False)
    before = typed_on(screen).inner_text()
    make_new_codes(desk, activity)
    expect(typed_on(screen)).to_have_text(before)
    acts.press(screen, "Show a fresh code")
    expect(typed_on(screen)).not_to_have_text(before)


def test_a_screen_signed_out_says_that_its_code_is_old(open_page: OpenPage) -> None:
    screen, _, _ = screens_of(open_page, script=True)
    note = screen.locator("#code-note")
    expect(note).to_contain_text("changes by itself")
    screen.context.clear_cookies()
    screen.clock.run_for(HALF_A_MINUTE)
    expect(note).to_have_text("The code could not be renewed. Use the button below.")
    assert screen.locator("#code svg").count() == 1
