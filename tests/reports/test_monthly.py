"""The monthly report: right figures, told once to who organises, off where it is switched off."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from app.db import db, transaction
from app.notices.operations.telling import tell_logins
from app.notices.working import go_round
from app.organisations.operations import change_setting
from app.organisations.queries import subtree_ids
from app.reports import monthly_telling
from app.reports.monthly_queries import month_report
from tests.reports import lived
from tests.service.community import NOW
from tests.service.conftest import Town, statements

QUERY_BUDGET = 18
PATH = "/reports/monthly/TX/2026-01"
FIRST = datetime(2026, 2, 1, 1, tzinfo=UTC)
TOLD = "SELECT count(*) FROM notices WHERE kind = 'report.monthly'"


@pytest.fixture
def lived_in(town: Town) -> Town:
    lived.live(town.community, 1)
    return town


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def tell(town: Town, at: datetime = FIRST, *, goes_on: bool = True) -> bool:
    db.session.rollback()
    return monthly_telling.tell_months(town.community.root_id, None, at, lambda: goes_on)


# ── the page ──────────────────────────────────────────────────────────────────────────────


def test_each_month_s_hours_are_its_records(lived_in: Town) -> None:
    community = lived_in.community
    ids = subtree_ids(db.session(), community.root_id)
    found = month_report(db.session(), community.root_id, ids, date(2026, 1, 1))
    db.session.rollback()
    every = lived.records()

    def minutes(year: int, month: int, colour_id: int | None = None) -> int:
        return sum(
            one.minutes
            for one in every
            if (one.service_on.year, one.service_on.month) == (year, month)
            and colour_id in {None, one.colour_id}
        )

    assert found.figures["minutes"] == minutes(2026, 1) > 0
    assert found.before["minutes"] == minutes(2025, 12) > 0
    assert found.year_ago["minutes"] == 0
    for colour in found.colours:
        assert colour.minutes == minutes(2026, 1, colour.colour_id)
        assert colour.minutes_before == minutes(2025, 12, colour.colour_id)
    assert sum(colour.minutes for colour in found.colours) == found.figures["minutes"]


def test_the_page_sets_the_months_side_by_side(lived_in: Town, organiser: FlaskClient) -> None:
    page = organiser.get(PATH).text
    assert re.findall(r'<th scope="col" class="r">([^<]+)</th>', page)[:4] == [
        "Jan 2026", "Against the month before", "Dec 2025", "Jan 2025",
    ]  # fmt: skip
    assert organiser.get("/reports/monthly").location.endswith("/reports/monthly/TX/2026-01")
    assert "The month still runs" in organiser.get("/reports/monthly/TX/2026-02").text


def test_an_empty_month_says_so(organiser: FlaskClient) -> None:
    assert "Nothing to report yet" in organiser.get("/reports/monthly/TX/2020-01").text


@pytest.mark.parametrize(
    "tail", ["TX/2026-03", "TX/2026-13", "TX/1999-12", "TX/0000-01", "TX/²⁰²⁶-01", "NO/2026-01"]
)
def test_what_there_is_not_is_not_found(organiser: FlaskClient, tail: str) -> None:
    assert organiser.get(f"/reports/monthly/{tail}").status_code == 404


def test_an_organiser_below_reads_their_own_alone(town: Town) -> None:
    below = town.browser("organiser_below")
    assert below.get("/reports/monthly/TX1/2026-01").status_code == 200
    assert below.get(PATH).status_code == 404
    assert below.post(PATH).status_code == 405


def test_it_keeps_its_budget(lived_in: Town, organiser: FlaskClient) -> None:
    organiser.get(PATH)
    with statements() as sent:
        organiser.get(PATH)
    assert len(sent) <= QUERY_BUDGET, sent


# ── telling ───────────────────────────────────────────────────────────────────────────────


def test_who_organises_is_told_once_of_their_own(lived_in: Town) -> None:
    assert tell(lived_in)
    told = lived.rows(
        "SELECT login_id, path, once FROM notices WHERE kind = 'report.monthly' ORDER BY login_id"
    )
    actors = lived_in.community.actors
    assert [(row[0], row[1]) for row in told] == sorted(
        [
            (actors["organiser"].login_id, PATH),
            (actors["organiser_too"].login_id, PATH),
            (actors["organiser_below"].login_id, "/reports/monthly/TX1/2026-01"),
        ]
    )
    for hours in (1, 26, 60):
        tell(lived_in, FIRST + timedelta(hours=hours))
    assert lived_in.one(TOLD) == 3


def test_killed_midway_the_rest_is_told_later(
    lived_in: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = []

    def broken(*given: object, **named: object) -> None:
        times.append(1)
        tell_logins(*given, **named)  # type: ignore[arg-type]
        if len(times) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(monthly_telling, "tell_logins", broken)
    with pytest.raises(KeyboardInterrupt):
        tell(lived_in)
    db.session.rollback()
    assert 0 < lived_in.one(TOLD) < 3
    tell(lived_in)
    assert lived_in.one(TOLD) == 3


def test_a_worker_that_stops_tells_later(lived_in: Town) -> None:
    assert not tell(lived_in, goes_on=False)
    assert lived_in.one(TOLD) == 0


def test_after_the_first_days_nobody_is_told(lived_in: Town) -> None:
    assert tell(lived_in, datetime(2026, 2, 8, 1, tzinfo=UTC))
    assert lived_in.one(TOLD) == 0


def test_the_first_is_the_first_where_the_organisation_is(lived_in: Town) -> None:
    tell(lived_in, datetime(2026, 1, 31, 17, tzinfo=UTC))
    assert lived_in.one(TOLD) == 3
    assert "2026-01" in str(lived.rows("SELECT once FROM notices WHERE kind = 'report.monthly'"))


def test_it_is_off_where_it_is_switched_off(lived_in: Town) -> None:
    with transaction() as session:
        change_setting(
            session,
            lived_in.community.estate_id,
            key="monthly_report",
            value="0",
            actor_id=None,
            now=FIRST,
        )
    tell(lived_in)
    assert lived_in.one(TOLD) == 2


def test_where_nothing_happened_nobody_is_told(town: Town) -> None:
    assert tell(town)
    assert town.one(TOLD) == 0


def test_the_day_s_round_does_it_and_the_inbox_shows_it(
    lived_in: Town, organiser: FlaskClient
) -> None:
    db.session.rollback()
    for at in (FIRST, FIRST, FIRST + timedelta(days=1)):
        go_round(lived_in.app, at)
    assert lived_in.one(TOLD) == 3
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        page = organiser.get("/me/notices").text
    assert "Report of 2026-01: 涂新社区" in page
