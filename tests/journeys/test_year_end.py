"""The sample community closes its year: scheme, notice, an objection, final list, certificates."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app import create_app
from app.clock import now, today_in
from app.db import db, transaction
from app.people.models import Login, Volunteer
from app.people.operations import create_login, grant_role
from app.people.rules.passwords import HashCost, hash_password
from tests.conftest import TEST_CONFIG
from tests.imports.test_samples import SAMPLES, flask
from tests.journeys import acts, looking
from tests.journeys.test_service_day import looked_at
from tests.qr import read
from tests.serving import SECRET, LiveServer, serving, working

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

FIRST_PLACE = "TX00022"
YEAR_PAGE = "/awards/TX/2025"
BOARD = "/pioneers/TX/2025"
Days = Callable[[int], None]


@pytest.fixture
def days(tmp_path: Path) -> Days:
    """Let days pass for the server."""
    file = tmp_path / "later"
    file.write_text("0")

    def days(count: int) -> None:
        file.write_text(str(int(timedelta(days=count).total_seconds())))

    return days


@pytest.fixture
def live_server(database_url: str, tmp_path: Path, days: Days) -> Iterator[LiveServer]:
    """Serve the samples' community with a worker beside it; its days pass as the test says."""
    settings = {"DATABASE_URL": database_url, "INSTANCE_DIR": str(tmp_path / "instance")}
    app = create_app({**TEST_CONFIG, **settings, "SECRET_KEY": SECRET})
    with app.app_context():
        settle(app)
        db.session.remove()
        db.engine.dispose()
    later = {"QICAI_LATER": str(tmp_path / "later")}
    target = "tests.journeys.later:later"
    with (
        serving(database_url, tmp_path, target=target, named=later) as server,
        working(database_url, tmp_path, named={**later, "FLASK_APP": target}),
    ):
        yield server


def settle(app: Flask) -> None:
    """Import the samples' year, and let in an auditor and the volunteer who came first."""
    founding = ["--org", "涂新社区", "--code", "TX", "--admin", "admin", "--password-stdin"]
    for command in (
        ["init", *founding],
        *(["import", kind, str(SAMPLES / f"{kind}.xlsx"), "--by", "admin"]
          for kind in ("roster", "service")),
    ):  # fmt: skip
        done = flask(app, *command, given=f"{acts.PASSWORD}\n")
        assert done.exit_code == 0, done.output
    with transaction() as session:
        admin = session.query(Login).filter_by(name="admin").one()
        first = session.query(Volunteer).filter_by(number=FIRST_PLACE).one()
        secret = hash_password(acts.PASSWORD, HashCost(8, 1))
        let_in = partial(create_login, session, password_hash=secret, actor_id=admin.id, now=now())
        auditor = let_in(display_name="顾小寒", name="auditor")
        let_in(display_name=first.name, volunteer_id=first.id)
        grant_role(
            session,
            auditor.id,
            role="auditor",
            organisation_id=first.organisation_id,
            granter_id=admin.id,
            granter_is_admin=True,
            now=now(),
            today=today_in("Asia/Shanghai"),
        )


def test_a_year_closes(open_page: OpenPage, days: Days) -> None:
    desk, second, phone, stranger = (
        open_page(wide=True, language="zh_Hans"),
        open_page(wide=True, language="zh_Hans"),
        open_page(language="zh_Hans"),
        open_page(language="zh_Hans"),
    )
    for page in (desk, second, phone, stranger):
        looking.look_with(page.context)
    sign_in(desk, "admin")
    sign_in(second, "auditor")
    sign_in(phone, FIRST_PLACE)

    save_scheme(desk)
    ask(desk, "notice")
    confirm(second)
    leader = board_of(stranger)
    assert FIRST_PLACE not in leader
    assert re.search(r"\S\*", leader)

    words = "第三名的服务日好像少算了一次"
    object_to(phone, words)
    answer(desk, words)
    expect_answered(stranger)

    # Longer than an organiser stays signed in, and than the notice lasts.
    days(15)
    sign_in(desk, "admin")
    sign_in(second, "auditor")
    ask(desk, "final")
    confirm(second)
    looked_at_desk(desk, YEAR_PAGE)
    issue(desk)
    verify_link = certificate_of(phone)
    stranger.goto(verify_link)
    looked_at(stranger)
    expect(stranger.locator("main")).to_contain_text("涂新社区")
    assert board_of(stranger)


def sign_in(page: Page, account: str) -> None:
    page.goto("/sign-in")
    page.locator("#account").fill(account)
    page.locator("#password").fill(acts.PASSWORD)
    page.locator("main form [type=submit]").first.click()
    expect(page).not_to_have_url(re.compile("sign-in"))


def looked_at_desk(page: Page, path: str) -> None:
    page.goto(path)
    looking.take_axe(page)
    assert not looking.serious_findings(page, looking.LOOKS[2]), page.url
    looking.dress(page, looking.Look("desk", {"width": 1280, "height": 900}))


def save_scheme(desk: Page) -> None:
    """Open the year from the list of years, keep the proposed scheme, and look at the preview."""
    looked_at_desk(desk, "/awards")
    looked_at_desk(desk, f"{YEAR_PAGE}/scheme")
    desk.locator("button[name=do][value=save]").last.click()
    expect(desk).to_have_url(re.compile(YEAR_PAGE))
    looked_at_desk(desk, f"{YEAR_PAGE}/preview")
    expect(desk.locator("main")).to_contain_text(FIRST_PLACE)
    looked_at_desk(desk, f"{YEAR_PAGE}/what-if")


def ask(desk: Page, asked_for: str) -> None:
    looked_at_desk(desk, YEAR_PAGE)
    asking = desk.locator("main form").filter(
        has=desk.locator(f"[name=asked_for][value={asked_for}]")
    )
    asking.locator("[type=submit]").click()
    expect(desk.locator("main")).to_contain_text("第二")


def confirm(second: Page) -> None:
    looked_at_desk(second, YEAR_PAGE)
    second.locator("main form[action$='/confirm'] [type=submit]").click()
    expect(second.locator("main form[action$='/confirm']")).to_have_count(0)


def board_of(page: Page) -> str:
    """Return what a stranger reads on the board, having come there from the first page."""
    page.goto("/")
    page.goto(BOARD)
    looked_at(page)
    return page.locator("main").inner_text()


def object_to(phone: Page, words: str) -> None:
    phone.goto(f"{BOARD}/object")
    looked_at(phone)
    phone.locator("[name=about]").first.check()
    phone.locator("textarea").first.fill(words)
    phone.locator("main form[method=post] [type=submit]").last.click()
    expect(phone.locator("main")).to_contain_text(words)


def answer(desk: Page, words: str) -> None:
    looked_at_desk(desk, f"{YEAR_PAGE}/objections")
    desk.locator("main a[href^='/objections/']").first.click()
    expect(desk.locator("main")).to_contain_text(words)
    looked_at_desk(desk, desk.url)
    desk.locator("[name=outcome][value=refused]").check()
    desk.locator("textarea").first.fill("逐条核对过，服务日共十二次，没有少算")
    desk.locator("[name=shown][value=public]").check()
    desk.locator("main form[method=post] [type=submit]").last.click()
    expect(desk.locator("main")).to_contain_text("逐条核对过")


def expect_answered(page: Page) -> None:
    assert "逐条核对过" in board_of(page)


def issue(desk: Page) -> None:
    """Issue the certificates, twice pressed, once made; have them printed as one file."""
    looked_at_desk(desk, f"{YEAR_PAGE}/certificates")
    desk.locator("main form[action$='/certificates'] [type=submit]").click()
    expect(desk.locator("main")).to_contain_text("TX-2025-")
    desk.locator("main form[action$='certificates.pdf'] [type=submit]").click()
    link = desk.locator("main a[href^='/files/']").first
    expect(link).to_be_visible(timeout=60_000)
    with desk.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


def certificate_of(phone: Page) -> str:
    """Open the own award on the phone; return where its QR code leads."""
    phone.goto("/me/certificates")
    looked_at(phone)
    mine = phone.locator("main a[href^='/me/certificates/']")
    acts.follow(mine.filter(has_text="TX-2025-").first)
    looked_at(phone)
    address = phone.locator(".q-cert__qr img").first.get_attribute("src")
    assert address, "the symbol is there"
    return read(b64decode(address.partition(",")[2]).decode())
