"""The dashboard: its figures are those of the records, its counts those of the pages behind."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.bulk import day_of
from app.db import transaction
from app.home.desk_figures import Figures, figures_of
from app.home.desk_rules import by_month, same_day_before
from app.organisations.models import Organisation
from app.sheets.reading import read_sheet
from app.teams.operations import move_team
from tests.activities.checks import announced
from tests.home.reading import todo_of
from tests.passbook.reader import assemble, browser_of, serve, statements, take_back
from tests.service.community import (
    NOW,
    ORDINARY_DAY,
    SERVICE_DAY,
    Community,
    check_books,
    make_community,
)

TODAY = date(2026, 2, 3)
BUDGET = 18
_RECORDS = """
SELECT r.service_on, r.team_id, r.colour_id, r.organisation_id, r.minutes, r.volunteer_id
FROM service_records r WHERE r.state = 'approved'
"""


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return assemble(db_session)


def read(client: FlaskClient, path: str = "/desk?language=en") -> str:
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.text


def served(session: Session, ids: set[int]) -> list[Any]:
    session.rollback()
    rows = session.execute(text(_RECORDS)).all()
    return [(day_of(row[0]), *row[1:]) for row in rows if row[3] in ids]


def figures(session: Session, ids: set[int], year: int, today: date = TODAY) -> Figures:
    return figures_of(session, sorted(ids), year, today)


# ── the figures are those of the records ──────────────────────────────────────────────────


def wild_history(community: Community, chance: random.Random) -> None:
    """Serve on dates around years' ends and a leap day, move a team, take some back."""
    dates = [
        date(2024, 2, 29), date(2024, 12, 31), date(2025, 1, 1), date(2025, 2, 3),
        date(2025, 2, 4), date(2025, 12, 28), date(2026, 1, 1), SERVICE_DAY, ORDINARY_DAY,
    ]  # fmt: skip
    with transaction() as session:
        move_team(
            session, community.red_id, organisation_id=community.estate_id,
            colour_id=session.execute(text("SELECT max(id) FROM colours")).scalar_one(),
            from_on=date(2025, 6, 1), actor_id=community.actor("organiser").login_id, now=NOW,
        )  # fmt: skip
    made: list[int] = []
    for person in range(6):
        for on in chance.sample(dates, 5):
            team_id = chance.choice((community.red_id, community.green_id))
            line = community.line(person, chance.randint(1, 30) * 7, team_id=team_id, service_on=on)
            made += community.logged(line, by="organiser").record_ids
    for record_id in chance.sample(made, 6):
        take_back(community, record_id)


@pytest.mark.parametrize("seed", range(3))
def test_the_figures_are_those_of_the_records(app: Flask, db_session: Session, seed: int) -> None:
    community = make_community(db_session)
    wild_history(community, random.Random(seed))
    check_books(db_session)
    whole = {community.root_id, community.estate_id}
    for ids in (whole, {community.root_id}, {community.estate_id}):
        rows = served(db_session, ids)
        for year in (2024, 2025, 2026):
            with app.test_request_context():
                found = figures(db_session, ids, year)
            own = [row for row in rows if row[0].year == year]
            days: Counter[tuple[date, int]] = Counter()
            for row in own:
                days[row[0], row[2]] += row[4]
            assert {(one.on, one.colour_id): one.minutes for one in found.days} == dict(days)
            assert found.tiles.minutes == sum(row[4] for row in own)
            assert found.tiles.records == sum(one.records for one in found.days) == len(own)
            assert found.tiles.people == len({row[5] for row in own})
            until = same_day_before(TODAY, year)
            before = [row for row in rows if row[0].year == year - 1 and row[0] <= until]
            assert sum(team.before for team in found.teams) == sum(row[4] for row in before)
            assert sum(team.minutes for team in found.teams) == found.tiles.minutes
            months = by_month(found.days)
            assert sum(sum(each.values()) for each in months.values()) == found.tiles.minutes


def test_a_day_without_records_has_no_row(db_session: Session, community: Community) -> None:
    record_id = community.logged(community.line(3, 60), by="organiser").record_ids[0]
    take_back(community, record_id)
    db_session.rollback()
    assert db_session.execute(text("SELECT count(*) FROM day_totals")).scalar_one() == 0


# ── what waits ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(3))
def test_each_count_is_that_of_the_page_behind(app: Flask, community: Community, seed: int) -> None:
    chance = random.Random(seed)
    # A leader's own row waits for somebody else.
    own = [ORDINARY_DAY - timedelta(days=i) for i in range(chance.randint(1, 5))]
    for on in own:
        community.logged(community.line(0, 60, service_on=on))
    ended = [
        announced(community, title=f"清扫{i}", service_on=date(2026, 1, 10 + i))
        for i in range(chance.randint(1, 4))
    ]
    organiser = browser_of(app, community, "organiser")
    todo = todo_of(read(organiser))
    waiting = read(organiser, "/waiting")
    assert todo["/waiting"] == len(own) == len(re.findall(r'name="record"', waiting))
    desk = read(organiser, "/activities/desk")
    links = set(re.findall(r"/activities/(\d+)/people", desk))
    assert todo["/activities/desk"] == len(ended) == len(links)


def test_what_there_is_none_of_is_left_out(app: Flask, community: Community) -> None:
    page = read(browser_of(app, community, "organiser"))
    assert "Nothing waits for you." in page
    assert todo_of(page) == {}


def test_an_auditor_is_told_of_nothing_they_cannot_do(app: Flask, community: Community) -> None:
    community.logged(community.line(0, 60))
    page = read(browser_of(app, community, "organiser_too"))
    assert "/waiting" not in todo_of(page)


# ── whose, and which year ─────────────────────────────────────────────────────────────────


def test_an_organisation_shows_what_is_below_it(app: Flask, community: Community) -> None:
    serve(community, [ORDINARY_DAY])
    community.logged(community.line(4, 600 // 2, team_id=community.green_id), by="organiser")
    organiser = browser_of(app, community, "organiser")
    assert '<span class="q-num">6.5<span' in read(organiser)
    assert '<span class="q-num">5<span' in read(organiser, "/desk?org=TX1&language=en")


@pytest.mark.parametrize("path", ["/desk?org=XX", "/desk/figures.xlsx?org=XX"])
def test_another_organisation_is_not_there(
    app: Flask, community: Community, db_session: Session, path: str
) -> None:
    with transaction() as session:
        session.add(Organisation(code="XX", name="别处", created_at=NOW))
    assert browser_of(app, community, "organiser").get(path).status_code == 404


@pytest.mark.parametrize("path", ["/desk?org=nowhere", "/desk?org=%20"])
def test_what_is_no_organisation_is_not_found(app: Flask, community: Community, path: str) -> None:
    assert browser_of(app, community, "organiser").get(path).status_code == 404


@pytest.mark.parametrize("year", ["1999", "x", "²⁰²⁶"])
def test_a_year_without_hours_asks_for_the_usual(
    app: Flask, community: Community, year: str
) -> None:
    serve(community, [SERVICE_DAY])
    assert 'id="h-calendar"' in read(browser_of(app, community, "organiser"), f"/desk?year={year}")


def test_nothing_is_changed_by_posting(app: Flask, community: Community) -> None:
    organiser = browser_of(app, community, "organiser")
    assert organiser.post("/desk").status_code == 405
    assert organiser.post("/desk/figures.xlsx").status_code == 405


# ── the page ──────────────────────────────────────────────────────────────────────────────


def test_the_list_of_what_waits_comes_before_the_charts_on_a_phone(
    app: Flask, community: Community
) -> None:
    serve(community, [SERVICE_DAY])
    page = read(browser_of(app, community, "organiser"))
    column = page[: page.index('id="h-todo"')].rindex('class="q-stack24 q-first"')
    assert page.index('id="h-months"') < column
    for name in ("only-wide", "only-narrow"):
        assert len(re.findall(f'<svg class="q-chart (?:q-heat )?{name}"[^>]*role="img"', page)) == 2
    assert page.count("<caption") == 2
    assert "style=" not in page


def test_an_empty_community_says_what_will_stand_there(app: Flask, community: Community) -> None:
    page = read(browser_of(app, community, "organiser"))
    assert "Once hours are approved" in page
    assert 'id="h-calendar"' not in page


def test_with_everything_to_show_it_keeps_to_its_budget(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY])
    community.logged(community.line(0, 60))
    announced(community, title="清扫", service_on=date(2026, 1, 10))
    organiser = browser_of(app, community, "organiser")
    with statements() as sent:
        read(organiser)
    assert len(sent) <= BUDGET
    assert not [each for each in sent if "FROM service_records s " in each]


def test_the_workbook_has_the_figures_shown(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY], minutes=100)
    organiser = browser_of(app, community, "organiser")
    answer = organiser.get("/desk/figures.xlsx?year=2026", headers={"Accept-Language": "en"})
    assert answer.headers["Cache-Control"] == "no-store"
    sheet = read_sheet(answer.data, "figures.xlsx")
    january = next(row for row in sheet.rows if row and row[0] == "2026-01")
    assert round(float(str(january[-1])) * 60) == 200
