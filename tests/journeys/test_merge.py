"""Somebody stands twice in the books: an organiser joins the two, the volunteer reads what became.

The samples' community; the organiser finds the pair among the duplicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app import create_app
from app.clock import now, today_in
from app.db import db, transaction
from app.people.models import Login, Volunteer
from app.people.operations import add_volunteer
from app.service.models import ServiceRecord
from app.service.operations import Line, log_day
from app.teams.queries import actor_of
from tests.conftest import TEST_CONFIG
from tests.journeys import looking
from tests.journeys.test_service_day import looked_at
from tests.journeys.test_year_end import FIRST_PLACE, settle, sign_in
from tests.serving import SECRET, LiveServer, serving

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

    from tests.journeys.conftest import OpenPage

SECOND = "TX09001"
REASON = "本人带身份证来核对，换过手机号"


@pytest.fixture
def live_server(database_url: str, tmp_path: Path) -> Iterator[LiveServer]:
    """Serve the samples' community, in which its first volunteer bears a second number."""
    settings = {"DATABASE_URL": database_url, "INSTANCE_DIR": str(tmp_path / "instance")}
    app = create_app({**TEST_CONFIG, **settings, "SECRET_KEY": SECRET})
    with app.app_context():
        settle(app)
        stand_twice(app)
        db.session.remove()
        db.engine.dispose()
    with serving(database_url, tmp_path) as server:
        yield server


def stand_twice(app: Flask) -> None:
    """Let the first volunteer stand a second time: one day of theirs again, and one of its own."""
    with transaction() as session:
        admin = session.query(Login).filter_by(name="admin").one()
        first = session.query(Volunteer).filter_by(number=FIRST_PLACE).one()
        first.phone = "13900000022"
        second = add_volunteer(
            session,
            organisation_id=first.organisation_id,
            name=first.name,
            number=SECOND,
            phone=first.phone,
            kind="party",
            actor_id=admin.id,
            now=now(),
        )
        line = again(session, first.id)._replace(volunteer_id=second.id)
    for place, each in enumerate((line, line._replace(minutes=55, content="整理器材"))):
        with transaction() as session:
            log_day(
                session,
                actor=actor_of(session, admin_id(session), today_in("Asia/Shanghai")),
                team_id=each.team_id,
                service_on=each.service_on,
                lines=[each._replace(starts_minute=None) if place else each],
                now=now(),
                key=f"twice-{place}",
                enters_as="organiser",
                over_limit_reason="核对",
            )


def again(session: Session, volunteer_id: int) -> Line:
    one = (
        session.query(ServiceRecord)
        .filter_by(volunteer_id=volunteer_id, state="approved", first_part_id=None)
        .order_by(ServiceRecord.minutes)
        .first()
    )
    assert one is not None
    day = (one.team_id, one.service_on, one.minutes, one.starts_minute, one.content)
    return Line(volunteer_id, *day)


def admin_id(session: Session) -> int:
    return session.query(Login.id).filter_by(name="admin").scalar() or 0


def test_two_numbers_become_one(open_page: OpenPage) -> None:
    desk, phone = open_page(wide=True), open_page()
    for page in (desk, phone):
        looking.look_with(page.context)
    sign_in(desk, "admin")
    find_the_pair(desk)
    join(desk)
    the_old_number_leads_on(desk)
    sign_in(phone, FIRST_PLACE)
    read_what_became(phone)


def find_the_pair(desk: Page) -> None:
    desk.goto("/admin/people/duplicates")
    expect(desk.get_by_text(SECOND)).to_be_visible()
    desk.get_by_role("link", name="These are one person").click()
    expect(desk.get_by_text(f"{SECOND} goes over into {FIRST_PLACE}.")).to_be_visible()
    expect(desk.get_by_text("Written down twice: counts once")).to_be_visible()
    looked_at(desk)


def join(desk: Page) -> None:
    """Without a reason nothing happens, and what was chosen stays."""
    button = desk.get_by_role("button", name="Join the two numbers")
    desk.get_by_label("How do you know that they are one?").fill(REASON)
    button.click()
    expect(desk.get_by_text(f"has one number now: {FIRST_PLACE}")).to_be_visible()
    looked_at(desk)


def the_old_number_leads_on(desk: Page) -> None:
    desk.goto(f"/volunteers/{SECOND}/passbook")
    expect(desk.get_by_text(f"Number {SECOND} is {FIRST_PLACE} now.")).to_be_visible()
    desk.goto("/admin/people/duplicates")
    expect(desk.get_by_text(SECOND)).to_have_count(0)


def read_what_became(phone: Page) -> None:
    phone.goto("/me/ledger")
    expect(phone.get_by_text(f"Joined from number {SECOND}").first).to_be_attached()
    looked_at(phone)
    phone.goto("/me/notices")
    expect(phone.get_by_text("Your two numbers are one now")).to_be_visible()
    expect(phone.get_by_text(REASON)).to_be_visible()
    looked_at(phone)
