"""A leader tries other weights on the own team: who would rise, who would fall."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.ranking.rules import Row
from app.ranking.rules.schemes import Weights
from app.ranking.rules.weighing import ranked_by_weights
from tests.passbook.reader import assemble, browser_of, statements
from tests.ranking.year import serve_on
from tests.service.community import Community

PAGE = "/ranking/what-if?year=2025"


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    """The fourth person served longest on one date, the fifth on two; the sixth elsewhere."""
    made = assemble(db_session)
    serve_on(made, 3, [(date(2025, 11, 3), 240)])
    serve_on(made, 4, [(date(2025, 11, 4), 60), (date(2025, 11, 5), 60)])
    serve_on(made, 5, [(date(2025, 11, 6), 300)], team_id=made.green_id)
    return made


@pytest.fixture
def leader(app: Flask, community: Community) -> FlaskClient:
    browser = browser_of(app, community, "leader")
    browser.set_cookie("qicai_language", "en")
    return browser


def test_a_score_orders_and_the_equal_share_a_rank() -> None:
    rows = [Row("3", "", 60, 1, 0, 100), Row("1", "", 120, 1, 0, 0), Row("2", "", 60, 2, 0, 900)]
    by_dates = ranked_by_weights(rows, Weights(0, 1, 0, 0))
    assert [(rank, row.volunteer_no) for rank, row in by_dates] == [(1, "2"), (2, "1"), (2, "3")]


def test_who_rises_and_who_falls_is_told(leader: FlaskClient) -> None:
    page = leader.get(f"{PAGE}&per_hour=0&per_date=5").text
    assert "up 1 place" in page
    assert "down 1 place" in page
    assert "so far no. 2" in page
    assert "Nobody moves" in leader.get(PAGE).text


def test_the_ranking_of_the_team_leads_there(leader: FlaskClient) -> None:
    assert "/ranking/what-if?" in leader.get("/ranking?year=2025").text


def test_a_leader_tries_the_own_team_only(leader: FlaskClient, community: Community) -> None:
    assert leader.get(f"{PAGE}&team=TX-green").status_code == 404
    # An organisation in the address widens nothing.
    assert "谷雨" not in leader.get(f"{PAGE}&org=TX&per_hour=0&per_date=5").text


@pytest.mark.parametrize("typed", ["per_hour=0&per_date=0", "per_hour=1001", "per_hour=x"])
def test_weights_that_are_none_are_refused(leader: FlaskClient, typed: str) -> None:
    page = leader.get(f"{PAGE}&{typed}")
    assert page.status_code == 422
    assert "whole number" in page.text.lower()


def test_a_volunteer_finds_none(app: Flask, community: Community) -> None:
    assert browser_of(app, community, "volunteer").get(PAGE).status_code == 404


def test_an_organiser_tries_a_team_that_is_named(app: Flask, community: Community) -> None:
    browser = browser_of(app, community, "organiser")
    assert browser.get(PAGE).status_code == 404
    assert browser.get(f"{PAGE}&team=TX-red").status_code == 200


def test_it_only_reads_and_keeps_its_budget(leader: FlaskClient) -> None:
    assert leader.post(PAGE).status_code == 405
    with statements() as sent:
        assert leader.get(f"{PAGE}&per_hour=0&per_date=5").status_code == 200
    assert len(sent) <= 18
