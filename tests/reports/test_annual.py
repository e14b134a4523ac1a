"""The annual report: every figure equals its source, nobody is named, it prints."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.activities.models import Activity
from app.db import db, transaction
from app.organisations.queries import settings_of_many, subtree_ids
from app.reports.annual_queries import Annual, annual_of
from tests.certificates.issuing import issued
from tests.imports.sheets import bring, csv
from tests.rewards.shelving import PRICE, give_points, redeemed, stocked
from tests.service.community import NAMES, NOW
from tests.service.conftest import Town, statements

QUERY_BUDGET = 18
MOST_BYTES = 150 * 1024
PATH = "/reports/annual/TX/2026"
LAST_YEAR = date(2025, 12, 6)


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def lived_in(town: Town) -> None:
    """Let people serve in two years, two colours and two organisations; some is taken back."""
    community = town.community
    for place, minutes in ((0, 60), (3, 150), (5, 45)):
        community.log(community.line(place, minutes), by="organiser")
    community.log(community.line(3, 90, service_on=date(2026, 1, 28)), by="organiser")
    community.log(community.line(3, 30, service_on=LAST_YEAR), by="organiser")
    green = {"team_id": community.green_id, "service_on": date(2026, 1, 20)}
    community.log(community.line(2, 6_0, **green), community.line(3, 6_1, **green), by="organiser")
    item = stocked(community)
    give_points(community, 3, PRICE)
    redeemed(community, 3, item)
    issued(community)
    activity(town, "closed")
    activity(town, "published")


def activity(town: Town, state: str) -> None:
    """Add an activity of the red team as it stands after its day."""
    plan: dict[str, Any] = {"title": "扫楼道", "content": "", "place": "东门", "bring": ""}
    plan |= {"starts_minute": 510, "minutes": 180, "published_at": NOW, "made_at": NOW}
    closed = {"closed_at": NOW} if state == "closed" else {}
    maker = town.community.actor("organiser").login_id
    secrets = {"screen_secret": "00" * 16, "paper_secret": "11" * 16}
    with transaction() as session:
        session.add(
            Activity(
                team_id=town.community.red_id,
                service_on=date(2026, 1, 27),
                state=state,
                made_by_id=maker,
                **plan,
                **closed,
                **secrets,
            )
        )


def reckoned(town: Town, top: int, year: int = 2026) -> Annual:
    db.session.rollback()
    session = db.session()
    places = settings_of_many(session, subtree_ids(session, top))
    found = annual_of(session, places, year, NOW.date())
    session.rollback()
    return found


def records(organisation_ids: set[int]) -> list[Any]:
    """Return what counts, read record by record."""
    db.session.rollback()
    rows = db.session.execute(
        text(
            "SELECT r.volunteer_id, r.team_id, r.organisation_id, c.key, r.service_on, r.minutes "
            "FROM service_records r JOIN colours c ON c.id = r.colour_id "
            "WHERE r.state = 'approved'"
        )
    ).all()
    db.session.rollback()
    return [
        (*row[:4], date.fromisoformat(str(row[4])), row[5])
        for row in rows
        if row[2] in organisation_ids
    ]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("year", [2025, 2026])
def test_the_figures_equal_the_records(town: Town, whole: bool, year: int) -> None:
    lived_in(town)
    community = town.community
    top = community.root_id if whole else community.estate_id
    ids = {community.root_id, community.estate_id} if whole else {community.estate_id}
    annual = reckoned(town, top, year)
    of_year = [row for row in records(ids) if row[4].year == year]
    everywhere = records({community.root_id, community.estate_id})
    earlier = {row[0] for row in everywhere if row[4].year < year}
    people = {row[0] for row in of_year}
    assert annual.served == (
        sum(row[5] for row in of_year),
        len(of_year),
        len(people),
        len(people - earlier),
        len({(row[1], row[4]) for row in of_year}),
    )
    by_colour: Counter[str] = Counter()
    by_team: Counter[int] = Counter()
    for row in of_year:
        by_colour[row[3]] += row[5]
        by_team[row[1]] += row[5]
    assert {one.key: one.minutes for one in annual.colours} == by_colour
    assert sorted(one.minutes for one in annual.teams) == sorted(by_team.values())
    for colour in annual.colours:
        assert colour.people == len({row[0] for row in of_year if row[3] == colour.key})


def test_what_else_there_was_is_counted(town: Town) -> None:
    lived_in(town)
    annual = reckoned(town, town.community.root_id)
    assert annual.activities == 1
    assert annual.certificates == (0, 1)
    assert annual.redeemed == (1, 1, PRICE)
    below = reckoned(town, town.community.estate_id)
    assert (below.activities, below.certificates, below.redeemed) == (0, (0, 0), (0, 0, 0))


def test_what_was_taken_back_does_not_count(town: Town) -> None:
    lived_in(town)
    before = reckoned(town, town.community.root_id)
    with transaction() as session:
        session.execute(text("UPDATE redemptions SET state = 'cancelled', reason = 'x', "
                             "settled_at = redeemed_at, settled_on = redeemed_on, "
                             "settled_by_id = made_by_id, refund_entry_id = entry_id"))  # fmt: skip
    after = reckoned(town, town.community.root_id)
    assert before.redeemed.times == 1
    assert after.redeemed == (0, 0, 0)


def test_a_paper_book_is_no_first_time(town: Town) -> None:
    lived_in(town)
    before = reckoned(town, town.community.root_id).served.first_timers
    book = csv("编号,积分,时长（小时）,截至日期,备注", "TX00006,0,10,2024-12-31,第7号")
    bring(town.community, "opening", book)
    assert reckoned(town, town.community.root_id).served.first_timers == before - 1


def test_the_page_says_it(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    page = organiser.get(PATH).text
    tiles = re.findall(r'<dd><span class="q-num">([\d,.]+)', page)[:4]
    assert tiles == ["7.8", "4", "1", "2"]
    assert "The year still runs" in page
    assert page.count('role="img"') >= 1


def test_nobody_is_named(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    main = organiser.get(PATH).text.split("<main")[1]
    assert not [name for name in NAMES if name in main]


def test_it_keeps_its_budget(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    organiser.get(PATH)
    with statements() as sent:
        page = organiser.get(PATH)
    assert len(sent) <= QUERY_BUDGET, sent
    assert len(page.data) < MOST_BYTES


def test_it_is_a_pdf_too(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    answered = organiser.get(f"{PATH}.pdf")
    assert answered.data.startswith(b"%PDF")
    assert "annual-report-TX-2026.pdf" in answered.headers["Content-Disposition"]


def test_the_way_there_leads_to_the_last_year_that_is_over(
    town: Town, organiser: FlaskClient
) -> None:
    lived_in(town)
    assert organiser.get("/reports/annual").location == "/reports/annual/TX/2025"
    assert 'href="/reports/annual"' in organiser.get("/reports/points").text


def test_a_year_without_anything_says_so(town: Town, organiser: FlaskClient) -> None:
    assert "Nothing to report yet" in organiser.get("/reports/annual/TX/2025").text


@pytest.mark.parametrize("tail", ["TX/2027", "TX/1999", "NO/2026", "TX/2027.pdf"])
def test_what_there_is_not_is_not_found(town: Town, organiser: FlaskClient, tail: str) -> None:
    assert organiser.get(f"/reports/annual/{tail}").status_code == 404


def test_an_organiser_below_reads_their_own_alone(town: Town) -> None:
    browser = town.browser("organiser_below")
    assert browser.get("/reports/annual/TX1/2026").status_code == 200
    assert browser.get(PATH).status_code == 404


def test_it_only_reads(town: Town, organiser: FlaskClient) -> None:
    assert organiser.post(PATH).status_code == 405
