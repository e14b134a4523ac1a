"""What the people of a journey do, as they would: read, fill in, press.

Words are the English ones, names and hrefs where words may change.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PASSWORD = "spring-rain-28"
YELLOW = "TX-yellow"


class Person(NamedTuple):
    """Somebody the organiser wrote down; `path` is their card at the desk."""

    name: str
    number: str
    path: str


class Figures(NamedTuple):
    """Somebody's figures as one page shows them."""

    hours: str
    points: str


def press(page: Page, name: str) -> None:
    """Press the main content's button or link of exactly this name."""
    main = page.locator("main")
    button = main.get_by_role("button", name=name, exact=True)
    button.or_(main.get_by_role("link", name=name, exact=True)).first.click()


def follow(link: Locator) -> None:
    """Click a link and wait for its page: a look would else be at the page before, or at none."""
    with link.page.expect_navigation():
        link.click()


# ── the organiser ─────────────────────────────────────────────────────────────────────────


def found_community(page: Page, founding_code: str | None = None) -> None:
    """Set up 涂新社区 on the one page of an empty instance."""
    page.goto("/")
    page.get_by_label("Name of the community").fill("涂新社区")
    page.get_by_label("Short code").fill("TX")
    page.get_by_label("Your login name").fill("office")
    page.locator("#password").fill(PASSWORD)
    if founding_code:
        page.get_by_label("Founding code").fill(founding_code)
    press(page, "Set up my community")
    expect(page).to_have_url(re.compile("/admin/people$"))


def add_person(page: Page, name: str, team: str | None) -> Person:
    """Write somebody down, as a member of a team from today on."""
    page.goto("/admin/people")
    press(page, "Add a person")
    page.get_by_label("Name", exact=True).fill(name)
    if team:
        page.get_by_label("Team", exact=True).select_option(label=team)
    press(page, "Add")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    number = re.search(r"TX\d{5}", page.locator("main").inner_text())
    assert number, "a number was given"
    return Person(name, number[0], page.url)


def make_leader(page: Page, person: Person, team_code: str) -> None:
    """Make a member a leader of the team."""
    page.goto(f"/admin/teams/{team_code}")
    row = page.get_by_role("row").filter(has_text=person.number)
    row.get_by_role("button", name="Make a leader").click()
    expect(row.get_by_role("button", name="No longer leader")).to_be_visible()


def code_for(page: Page, person: Person) -> str:
    """Have the slip with a person's activation code shown, once."""
    page.goto(person.path)
    press(page, "Activation code")
    press(page, "Show the code")
    return page.locator(".q-code").inner_text()


def ranking(page: Page, year: int) -> dict[str, str]:
    """Return each ranked person's hours by name, as the page of the desk shows them."""
    page.goto(f"/ranking?year={year}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(str(year))
    found = {}
    for row in page.locator("tbody tr").all():
        name, _number = row.locator("th .q-who > span").last.inner_text().split("\n")
        found[name] = row.locator("td.r").first.inner_text()
    return found


def approve(page: Page, name: str) -> None:
    """Approve one waiting row."""
    page.goto("/waiting")
    waiting_row(page, name).locator("label.q-check").click()
    press(page, "Approve what is ticked")
    expect(waiting_row(page, name)).to_have_count(0)


def welcome(page: Page, name: str) -> None:
    """Confirm a new friend, whose hours then count."""
    page.goto("/waiting")
    waiting_row(page, name).get_by_role("link", name="Confirm the person").click()
    press(page, "Confirm and let it count")
    expect(waiting_row(page, name)).to_have_count(0)


def waiting_row(page: Page, name: str) -> Locator:
    """Return the line of the waiting list with this name."""
    named = page.locator(".q-check, .q-wait__who").filter(has_text=name)
    return page.locator(".q-wait").filter(has=named)


# ── everybody ─────────────────────────────────────────────────────────────────────────────


def activate(page: Page, person: Person, code: str) -> None:
    """Choose a password with the code from the slip; one is signed in by it."""
    page.goto("/sign-in")
    press(page, "I have an activation code")
    page.locator("#account").fill(person.number)
    page.locator("#code").fill(code)
    page.locator("#password").fill(PASSWORD)
    press(page, "Set it and sign in")
    expect(page).to_have_url(re.compile("/me$"))


def figures_of_home(page: Page) -> Figures:
    """Return what one's own page says."""
    page.goto("/me")
    numbers = page.locator(".q-hero__nums .q-num")
    return Figures(first_number(numbers.nth(0)), first_number(numbers.nth(1)))


def figures_of_ledger(page: Page) -> Figures:
    """Return what the ledger says on top."""
    page.goto("/me/ledger")
    numbers = page.locator(".q-stats .q-num")
    return Figures(first_number(numbers.nth(0)), first_number(numbers.nth(1)))


def first_number(place: Locator) -> str:
    """Return the number of a figure, without its unit."""
    found = re.search(r"[\d.,]+", place.inner_text())
    assert found, "a number stands there"
    return found[0]


# ── the leader ────────────────────────────────────────────────────────────────────────────


def open_day(page: Page, on: date) -> None:
    """Open the form of one day by its address, as a bookmark would."""
    page.goto(f"/log/{YELLOW}?on={on}")
    expect(page.locator("[name=service_on]")).to_have_value(on.isoformat())


def choose_day(page: Page, on: date) -> None:
    """Come to the form of the team's day from one's own page."""
    page.goto("/me")
    page.get_by_role("link", name=re.compile("^Log")).last.click()
    expect(page).to_have_url(re.compile(f"/log/{YELLOW}$"))
    page.get_by_text("Another date").click()
    page.locator("[name=on]").fill(on.isoformat())
    press(page, "Show this day")
    expect(page.locator("[name=service_on]")).to_have_value(on.isoformat())


def member(page: Page, name: str) -> Locator:
    """Return somebody's line of the day's form."""
    return page.locator("[data-member]").filter(has_text=name)


def tick(page: Page, name: str) -> None:
    """Tick somebody who came."""
    member(page, name).locator("label").first.click()


def give_own_hours(page: Page, name: str, hours: str) -> None:
    """Write down that somebody stayed shorter or longer than the others."""
    member(page, name).locator("summary").click()
    member(page, name).locator(".q-mem__edit input").fill(hours)


def find_guest(page: Page, text: str, name: str) -> None:
    """Look somebody of another team up and add them; until recorded they stand there unnamed."""
    open_guests(page)
    page.locator("[name=find_guest]").fill(text)
    press(page, "Find")
    page.get_by_role("button", name=f"Add {name}").click()
    expect(member(page, f"{name[0]}*").locator("input[name=present]")).to_be_checked()


def add_friend(page: Page, name: str, tail: str) -> None:
    """Write somebody down whom nobody knows yet."""
    open_guests(page)
    page.locator("[name=friend_name-0]").fill(name)
    page.locator("[name=friend_tail-0]").fill(tail)


def open_guests(page: Page) -> None:
    """Open the part about those who do not belong to the team."""
    guests = page.locator("details#guests")
    if guests.get_attribute("open") is None:
        guests.locator("> summary").click()


def set_hours(page: Page, hours: str) -> None:
    """Write down how long each was there."""
    page.locator("#hours").fill(hours)


def result_of(page: Page, name: str) -> Locator:
    """Return somebody's line of the result page."""
    return page.locator("main li").filter(has_text=name)
