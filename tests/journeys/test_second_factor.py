"""An administrator sets up a second factor, signs in with it, loses the phone, proves it again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
import pytest
from playwright.sync_api import expect

from tests.journeys import acts, looking
from tests.serving import LiveServer, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

PAGE = "/me/second-factor"
# Longer than a proof counts.
A_WHILE = 16 * 60
Passing = Callable[[int], None]


class Phone:
    """An authenticator app, on a phone whose clock goes with the server's."""

    def __init__(self, secret: str, file: Path) -> None:
        self.app = pyotp.TOTP(secret)
        self.file = file

    def code(self) -> str:
        """Return what it shows once the code shown before is over."""
        later = int(self.file.read_text())
        self.file.write_text(str(later + 30))
        return self.app.at(int(time.time()) + later + 30)


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """Return the file that says how many seconds the server is ahead."""
    file = tmp_path / "later"
    file.write_text("0")
    return file


@pytest.fixture
def live_server(database_url: str, tmp_path: Path, later: Path) -> Iterator[LiveServer]:
    """Serve an empty instance whose clock the test moves."""
    named = {"QICAI_LATER": str(later)}
    with serving(
        database_url, tmp_path, target="tests.journeys.later:later", named=named
    ) as server:
        yield server


def test_a_second_factor(open_page: OpenPage, later: Path) -> None:
    desk = open_page(wide=True)
    looking.look_with(desk.context)
    acts.found_community(desk)
    expect(desk.get_by_text("this role rests until you set up a second factor")).to_be_visible()
    person = acts.add_person(desk, "周谷雨", None)

    phone, recovery = set_up(desk, later)
    expect(desk.get_by_text("this role rests")).to_have_count(0)

    sign_out(desk)
    sign_in(desk, phone.code())
    sign_out(desk)
    sign_in(desk, recovery, by_recovery=True)
    expect(desk.get_by_text("9 are left")).to_be_visible()

    later.write_text(str(int(later.read_text()) + A_WHILE))
    adjust(desk, person, phone)


def set_up(page: Page, later: Path) -> tuple[Phone, str]:
    """Scan the code by its text, confirm it, keep the recovery codes; return the first."""
    page.get_by_role("link", name="Set it up").click()
    look(page)
    secret = page.locator(".q-factorkey").inner_text().replace(" ", "")
    phone = Phone(secret, later)
    page.locator("#proof").fill("000000")
    acts.press(page, "Turn it on")
    expect(page.locator(".q-errsum")).to_be_visible()
    assert page.locator(".q-factorkey").inner_text().replace(" ", "") == secret
    page.locator("#proof").fill(phone.code())
    acts.press(page, "Turn it on")
    codes = page.locator(".q-factorcodes li")
    expect(codes).to_have_count(10)
    look(page)
    first = codes.first.inner_text()
    acts.press(page, "I have kept them: go on")
    expect(page).to_have_url(re.compile("/me/account$"))
    return phone, first


def sign_out(page: Page) -> None:
    page.goto("/me/account")
    acts.press(page, "Sign out")
    expect(page).to_have_url(re.compile("/sign-in$"))


def sign_in(page: Page, code: str, *, by_recovery: bool = False) -> None:
    """Give the password, then the code, and be on the page that was asked for."""
    page.goto("/me/account")
    page.locator("#account").fill("office")
    page.locator("#password").fill(acts.PASSWORD)
    acts.press(page, "Sign in")
    expect(page).to_have_url(re.compile("/sign-in/code"))
    look(page)
    if by_recovery:
        acts.press(page, "Phone not at hand? Use a recovery code")
    page.locator("#proof").fill(code)
    acts.press(page, "Sign in")
    expect(page).to_have_url(re.compile("/me/account$"))


def adjust(page: Page, person: acts.Person, phone: Phone) -> None:
    """Ask for points long after the last proof: the form is carried out with the code."""
    page.goto(person.path)
    acts.press(page, "Adjust points or time")
    page.get_by_text("Credit", exact=True).click()
    page.get_by_label("Points").first.fill("3.8")
    page.get_by_label("Reason").fill("旧本子漏记")
    acts.press(page, "Ask a second person")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    look(page)
    page.locator("#proof").fill(phone.code())
    acts.press(page, "Yes, go on")
    expect(page.locator("main")).to_contain_text("+3.8 points")
    expect(page.locator("main")).to_contain_text("旧本子漏记")


def look(page: Page) -> None:
    looking.take_axe(page)
    assert not looking.serious_findings(page, looking.LOOKS[0]), page.url
