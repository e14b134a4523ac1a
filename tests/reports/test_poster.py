"""The sheet for the notice board: hours by team of one month, and nobody's name."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.organisations.queries import subtree_ids
from app.reports.poster_queries import Month, month_of
from tests.passbook.reader import take_back
from tests.ranking.disturbing import records_of
from tests.service.community import NAMES
from tests.service.conftest import Town, statements

QUERY_BUDGET = 18
JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


@pytest.fixture
def lived(town: Town) -> Town:
    """Two teams in January, one on its last day; one record taken back; February besides."""
    community = town.community
    log = community.log
    log(community.line(2, 60, service_on=date(2026, 1, 1)), by="organiser")
    log(community.line(3, 90, service_on=date(2026, 1, 28)), by="organiser")
    log(community.line(3, 30, service_on=date(2026, 1, 31)), by="organiser")
    green = {"team_id": community.green_id, "service_on": date(2026, 1, 20)}
    log(community.line(3, 200, **green), by="organiser")
    log(community.line(5, 45, service_on=date(2026, 1, 10)), by="organiser")
    take_back(community, records_of(community, 5)[0])
    log(community.line(2, 75, service_on=date(2026, 2, 1)), by="organiser")
    return town


def january(town: Town) -> Month:
    db.session.rollback()
    return month_of(db.session(), subtree_ids(db.session(), town.community.root_id), *JANUARY)


def test_the_figures_are_those_of_the_records(lived: Town) -> None:
    found = january(lived)
    assert (found.minutes, found.people, found.service_day_minutes) == (380, 2, 90)
    assert [(team.key, team.minutes, team.people) for team in found.teams] == [
        ("green", 200, 1),
        ("red", 180, 2),
    ]


def test_the_sheet_names_teams_and_no_volunteer(lived: Town) -> None:
    page = lived.browser("organiser").get("/reports/poster/TX/2026/1?language=en").text
    assert "2 neighbours served 6.3 hours together" in page
    assert not [name for name in NAMES if name in page.split("q-poster__org")[1]]


def test_a_retired_team_still_stands_where_it_served(lived: Town) -> None:
    before = january(lived)
    with transaction() as session:
        session.execute(text("UPDATE teams SET retired_on = '2026-02-01'"))
    assert january(lived) == before


@pytest.mark.parametrize("path", ["2026/13", "2026/0", "1999/1", "2199/1"])
def test_months_that_are_none_or_to_come_are_not_found(lived: Town, path: str) -> None:
    browser = lived.browser("organiser")
    answer = browser.get(f"/reports/poster/TX/{path}")
    assert answer.status_code == 404


def test_an_empty_month_says_what_will_stand_here(lived: Town) -> None:
    page = lived.browser("organiser").get("/reports/poster/TX/2025/5?language=en").text
    assert "No hours in this month" in page


def test_it_leads_to_the_month_before(lived: Town) -> None:
    location = lived.browser("organiser").get("/reports/poster").location
    assert location.startswith("/reports/poster/TX/")


def test_it_asks_few_statements(lived: Town) -> None:
    browser: FlaskClient = lived.browser("organiser")
    browser.get("/reports/poster/TX/2026/1")
    with statements() as seen:
        browser.get("/reports/poster/TX/2026/1")
    assert len(seen) <= QUERY_BUDGET
