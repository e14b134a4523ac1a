"""An organiser splits a community in the browser, twice, and merges what was split off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app import create_app
from app.db import db
from tests.conftest import TEST_CONFIG
from tests.journeys import acts, looking
from tests.journeys.test_service_day import looked_at
from tests.journeys.test_year_end import settle, sign_in
from tests.serving import SECRET, LiveServer, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

PAGE = "/admin/organisations"
YELLOW, GREEN = "黄色治安巡逻队", "绿色生态环保队"
REASON = "八个社区拆成十九个"


@pytest.fixture
def live_server(database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    """Serve the samples' community, whose year 2025 is in the books."""
    settings = {"DATABASE_URL": database_url, "INSTANCE_DIR": str(tmp_path / "instance")}
    app = create_app({**TEST_CONFIG, **settings, "SECRET_KEY": SECRET})
    with app.app_context():
        settle(app)
        db.session.remove()
        db.engine.dispose()
    with serving(database_url, tmp_path) as server:
        yield server


def test_a_community_is_split_and_merged(open_page: OpenPage) -> None:
    desk, stranger = open_page(wide=True), open_page()
    for page in (desk, stranger):
        looking.look_with(page.context)
    sign_in(desk, "admin")
    before = year_of(desk, "TX")

    split(desk, "东社区", "TX-E", YELLOW)
    split(desk, "西社区", "TX-W", GREEN)
    # Who serves in yellow belongs to the new one, and its list says so.
    people = people_of(desk, "TX-E")
    assert people > 0
    # The year that is past is the old one's still, and none of the new one's.
    assert year_of(desk, "TX") == before
    desk.goto(f"{PAGE}/TX-E")
    expect(desk.locator("main")).to_contain_text("It was split off 涂新社区")
    looked_at(desk)

    together = people + people_of(desk, "TX-W")
    merge(desk, "TX-E", "西社区")
    assert people_of(desk, "TX-W") == together
    assert people_of(desk, "TX-E") == 0
    desk.goto(f"{PAGE}/TX-E")
    expect(desk.locator("main")).to_contain_text("东社区 was merged into 西社区")
    assert year_of(desk, "TX") == before

    # An address printed before leads to whoever goes on.
    stranger.goto("/join?org=TX-E")
    expect(stranger.locator("main")).to_contain_text(YELLOW)
    expect(stranger.locator("main")).to_contain_text(GREEN)
    looked_at(stranger)


def split(page: Page, name: str, code: str, team: str) -> None:
    page.goto(f"{PAGE}/TX")
    acts.press(page, "Split")
    looked_at(page)
    page.get_by_label("Name of the organisation", exact=True).fill(name)
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_label(team).select_option(label="to new organisation 1")
    acts.press(page, "Show what happens")
    expect(page.locator("main")).to_contain_text(name)
    looked_at(page)
    page.get_by_label("Reason").fill(REASON)
    acts.press(page, "Split")
    expect(page).to_have_url(re.compile(f"{PAGE}$"))
    expect(page.locator("main table").first).to_contain_text(name)
    looked_at(page)


def merge(page: Page, gone: str, into: str) -> None:
    page.goto(f"{PAGE}/{gone}")
    main = page.locator("main")
    acts.follow(main.get_by_role("link", name="Merge into another", exact=True))
    looked_at(page)
    acts.follow(main.get_by_role("link", name=into))
    looked_at(page)
    page.get_by_label("Reason").fill("合署办公")
    acts.press(page, "Merge")
    expect(page.locator("main")).to_contain_text("was merged into this one")


def people_of(page: Page, code: str) -> int:
    """Return how many people the tree says belong to an organisation."""
    page.goto(PAGE)
    row = (
        page.locator("main table")
        .first.locator("tr", has_text=code)
        .filter(has=page.get_by_role("cell", name=code, exact=True))
    )
    return int(row.locator('td[data-l="People"]').inner_text().replace(",", ""))


def year_of(page: Page, code: str) -> str:
    """Return the ranking of 2025 of a community, word for word."""
    page.goto(f"/ranking?year=2025&org={code}")
    return page.locator("main table").first.inner_text()
