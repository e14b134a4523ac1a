"""The community's page, the own account, the desk, and the two pages to read."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.clock import now
from app.db import transaction
from app.home.front_figures import front_figures
from app.organisations.operations import create_organisation
from app.web import kept
from tests.activities.checks import announced
from tests.passbook.reader import READER, assemble, browser_of, serve, statements
from tests.service.community import ORDINARY_DAY, SERVICE_DAY, Community

# Two of them: how many notices are unread, and what somebody signed up for next.
BUDGET = 18


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return assemble(db_session, service_day_place="服务中心门前")


def read(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


def test_a_visitor_sees_sums_and_nobodys_name(client: FlaskClient, community: Community) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY])
    text = read(client, "/?language=en")
    assert "涂新社区" in text
    assert "TX-red" in text
    assert "服务中心门前" in text
    assert "春分" not in text


def test_the_figures_are_those_of_the_totals(client: FlaskClient, community: Community) -> None:
    serve(community, [date(2025, 3, 1), SERVICE_DAY, ORDINARY_DAY], minutes=120)
    text = read(client, "/o/TX?language=en")
    # Six hours ever, four of them this year.
    assert ">6</span>" in text
    assert ">4</b>" in text
    assert "hours in 2026" in text


def test_cheap_sums_are_always_fresh(
    client: FlaskClient, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is that tests this.
    monkeypatch.setattr(kept, "DEAR_SECONDS", 3600.0)
    assert ">0</b>" in read(client, "/o/TX?language=en")
    serve(community, [SERVICE_DAY, ORDINARY_DAY], minutes=120)
    assert ">4</b>" in read(client, "/o/TX?language=en")


def test_dear_sums_are_kept_for_a_minute_and_a_day_never_longer(
    app: Flask, db_session: Session, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "DEAR_SECONDS", -1.0)
    below, root_id = [community.root_id], community.root_id

    def served(today: date) -> int:
        db_session.rollback()
        return front_figures(db_session, root_id, below, today).sums.minutes

    assert served(ORDINARY_DAY) == 0
    serve(community, [SERVICE_DAY], minutes=120)
    assert served(ORDINARY_DAY) == 0
    assert served(ORDINARY_DAY + timedelta(days=1)) == 120
    serve(community, [ORDINARY_DAY], minutes=120)
    assert served(ORDINARY_DAY + timedelta(days=1)) == 120
    monkeypatch.setattr(time, "monotonic", lambda: 2.0**40)
    assert served(ORDINARY_DAY + timedelta(days=1)) == 240


def test_an_estate_has_a_page_too(client: FlaskClient, community: Community) -> None:
    assert "一小区" in read(client, "/o/TX1")
    assert client.get("/o/NO").status_code == 404


def test_several_roots_are_offered(client: FlaskClient, community: Community) -> None:
    with transaction() as session:
        create_organisation(session, code="BY", name="白云社区", actor_id=None, now=now())
    text = read(client, "/")
    assert 'href="/o/BY"' in text
    assert 'href="/o/TX"' in text


@pytest.mark.parametrize(("name", "path"), [("volunteer", "/me"), ("organiser", "/desk")])
def test_whoever_is_signed_in_goes_to_their_own_page(
    app: Flask, community: Community, name: str, path: str
) -> None:
    answer = browser_of(app, community, name).get("/")
    assert (answer.status_code, answer.location) == (303, path)


def test_a_desk_without_a_record_shows_the_first_steps(app: Flask, community: Community) -> None:
    organiser = browser_of(app, community, "organiser")
    assert 'id="h-first"' in read(organiser, "/desk")
    serve(community, [SERVICE_DAY])
    assert 'id="h-first"' not in read(organiser, "/desk")


def test_a_first_step_says_how_it_is_done_until_something_of_it_is(
    app: Flask, community: Community, db_session: Session
) -> None:
    organiser = browser_of(app, community, "organiser")
    page = read(organiser, "/desk?language=en")
    assert "among its members" not in page
    assert "there are slips" in page
    db_session.execute(text("UPDATE memberships SET role = 'member'"))
    db_session.execute(text("UPDATE logins SET password_hash = 'x'"))
    db_session.commit()
    page = read(organiser, "/desk?language=en")
    assert "among its members" in page
    assert "there are slips" not in page


def test_the_desk_shows_what_is_not_closed_and_the_days_left(
    app: Flask, community: Community
) -> None:
    organiser = browser_of(app, community, "organiser")
    assert 'id="h-close"' not in read(organiser, "/desk")
    ended = now().date() - timedelta(days=90)
    made = [announced(community, title=f"楼道清扫{i}", service_on=ended) for i in range(7)]
    with statements() as sent:
        page = read(organiser, "/desk?language=en")
    assert len(sent) <= 18
    assert page.count("its hours wait for an organiser now") == 5
    assert "All 7" in page
    assert f'href="/activities/{made[0]}/people"' in page


def test_an_organiser_without_hours_goes_to_the_desk(app: Flask, community: Community) -> None:
    assert browser_of(app, community, "organiser").get("/me").location == "/desk"


def test_the_own_page_says_what_the_next_star_takes(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY])
    text = read(browser_of(app, community, "volunteer"), "/me?language=en")
    assert "98.5 more hours of service to One-star volunteer (at 100 hours)" in text


def test_the_service_day_leads_to_what_is_planned_on_it(
    client: FlaskClient, community: Community
) -> None:
    assert 'href="/activities?on=' in read(client, "/o/TX")


def test_the_same_number_stands_everywhere(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY], minutes=195)
    volunteer = browser_of(app, community, "volunteer")
    desk = browser_of(app, community, "organiser")
    pages = [
        read(volunteer, "/me"),
        read(volunteer, "/me/ledger"),
        read(volunteer, "/me/ledger?print=1"),
        read(desk, "/volunteers/TX00004/passbook"),
        read(desk, "/ranking?year=2026"),
    ]
    assert all("6.5" in page for page in pages)


def test_a_desk_counts_what_waits(app: Flask, community: Community) -> None:
    community.log(community.line(READER, 500))
    text = read(browser_of(app, community, "organiser"), "/desk?language=en")
    assert 'q-badge--lg">1<' in text


@pytest.mark.parametrize("name", ["volunteer", "leader"])
def test_a_desk_is_for_organisers(app: Flask, community: Community, name: str) -> None:
    assert browser_of(app, community, name).get("/desk").status_code == 404


def test_the_rules_are_explained_by_the_rule_itself(
    client: FlaskClient, community: Community
) -> None:
    text = read(client, "/rules?language=en")
    assert "1 point in every colour" in text
    assert "1.5 h × 1 per hour = 1.5" in text
    assert "together 70 % → 2.6 (rounded to 0.1)" in text
    assert client.get("/rules?org=NO").status_code == 404


def test_the_privacy_note_stands_in_the_footer(client: FlaskClient, community: Community) -> None:
    assert "Privacy" in read(client, "/privacy?language=en")
    assert 'href="/privacy"' in read(client, "/rules")


@pytest.mark.parametrize("path", ["/", "/me", "/desk", "/rules", "/privacy", "/o/TX"])
def test_reading_is_all_one_can_do(app: Flask, community: Community, path: str) -> None:
    assert browser_of(app, community, "organiser").post(path).status_code == 405


@pytest.mark.parametrize(
    ("name", "path"), [("", "/"), ("volunteer", "/me"), ("organiser", "/desk")]
)
def test_pages_keep_to_their_budget(app: Flask, community: Community, name: str, path: str) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY])
    client = browser_of(app, community, name) if name else app.test_client()
    with statements() as sent:
        assert client.get(path).status_code == 200
    assert len(sent) <= BUDGET
