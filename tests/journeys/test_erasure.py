"""Somebody asks to be erased: an organiser looks, does it after a week, and the name is gone.

The samples' community; of the week that passes only the date of the question is moved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine

from app import create_app
from app.audit.reading import open_reading
from app.audit.report import audit
from app.clock import now
from app.db import db, transaction
from app.guards import install_guards
from app.manifest import FUNCTIONS, GUARDS
from app.people.models import Volunteer
from app.people.rules.names import ERASED_NAME
from app.privacy.models import ErasureAsk
from app.teams.models import Membership
from tests.conftest import TEST_CONFIG
from tests.journeys import looking
from tests.journeys.test_service_day import looked_at
from tests.journeys.test_year_end import FIRST_PLACE, settle, sign_in
from tests.serving import SECRET, LiveServer, serving

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage


@pytest.fixture
def community(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    settings = {"DATABASE_URL": database_url, "INSTANCE_DIR": str(tmp_path / "instance")}
    app = create_app({**TEST_CONFIG, **settings, "SECRET_KEY": SECRET})
    with app.app_context():
        settle(app)
        with transaction() as session:
            held = session.query(Membership).filter_by(role="leader", volunteer_id=whose()[0])
            held.update({"role": "member"})
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def live_server(community: Flask, database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    with serving(database_url, tmp_path) as server:
        yield server


def whose() -> tuple[int, str]:
    """Return the id and the name of the first volunteer."""
    found = db.session.query(Volunteer.id, Volunteer.name).filter_by(number=FIRST_PLACE).one()
    db.session.rollback()
    return found[0], found[1]


def let_a_week_pass(database_url: str) -> None:
    """Move the question back, behind the guard that forbids it."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        on = " ON erasure_asks" if engine.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER erasure_asks_moves{on}")
    with transaction() as session:
        session.query(ErasureAsk).update({"asked_at": now() - timedelta(days=8)})
    with engine.begin() as connection:
        install_guards(connection, GUARDS, FUNCTIONS)
    engine.dispose()


def test_a_person_asks_and_the_name_is_gone(
    open_page: OpenPage, database_url: str, community: Flask
) -> None:
    desk, phone = open_page(wide=True), open_page()
    volunteer_id, name = whose()
    for page in (desk, phone):
        looking.look_with(page.context)
    sign_in(phone, FIRST_PLACE)
    ask(phone)
    sign_in(desk, "admin")
    wait(desk, name)
    let_a_week_pass(database_url)
    erase(desk, volunteer_id, name)
    the_name_is_gone(desk, name)
    phone.goto("/me")
    expect(phone.locator("#account")).to_be_visible()
    with open_reading(database_url) as reading:
        report = audit(reading)
    assert report.is_clean


def ask(phone: Page) -> None:
    phone.goto("/me/consent")
    phone.get_by_role("link", name="Have my data erased").click()
    expect(phone.get_by_role("heading", name="What stays, and why")).to_be_visible()
    looked_at(phone)
    phone.get_by_role("button", name="Ask to be erased").click()
    expect(phone.get_by_role("button", name="Take it back")).to_be_visible()
    looked_at(phone)


def wait(desk: Page, name: str) -> None:
    """Within the week there is nothing to press but a refusal."""
    desk.goto("/admin/erasures")
    expect(desk.locator("main")).to_contain_text(name)
    looked_at(desk)
    desk.get_by_role("link", name="Look", exact=True).first.click()
    expect(desk.get_by_role("button", name="Erase for good")).to_have_count(0)


def erase(desk: Page, volunteer_id: int, name: str) -> None:
    desk.goto("/admin/erasures")
    desk.get_by_role("link", name="Look and do it").click()
    expect(desk.get_by_role("heading", name="What goes")).to_be_visible()
    looked_at(desk)
    desk.get_by_label("Volunteer number, typed again").fill(FIRST_PLACE)
    desk.get_by_role("button", name="Erase for good").click()
    expect(desk.get_by_text(f"The data of number {FIRST_PLACE} is gone.")).to_be_visible()
    looked_at(desk)


def the_name_is_gone(desk: Page, name: str) -> None:
    passbook = f"/volunteers/{FIRST_PLACE}/passbook"
    for path in ("/admin/erasures", "/admin/people", "/ranking", passbook):
        desk.goto(path)
        # Another's name may begin with the same characters.
        found = re.search(rf"{name}(?![\u4e00-\u9fff])", desk.locator("main").inner_text())
        assert found is None, path
    expect(desk.locator("main")).to_contain_text(ERASED_NAME)
