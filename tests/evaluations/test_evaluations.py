"""What is said of an activity: once by its leader, once a link by those it served."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.activities.models import Activity
from app.db import db
from app.errors import NotFound
from app.evaluations.rules import average_tenths, invite_token, read_invite
from tests.service.conftest import Town, key_in
from tests.service.test_closing_page import announced, send


@pytest.fixture
def closed(town: Town) -> int:
    """An activity at which the fourth person was, closed by the leader."""
    activity_id = announced(town, 3)
    leader = town.browser("leader")
    assert send(leader, activity_id, present=[town.people[3]]).status_code == 303
    return activity_id


def address(activity_id: int, number: int = 1) -> str:
    secret = db.session().get_one(Activity, activity_id).paper_secret
    db.session.rollback()
    return f"/thanks/{invite_token(activity_id, number, secret)}"


def give(browser: FlaskClient, path: str, **fields: Any) -> Any:
    page = browser.get(path)
    assert page.status_code == 200
    form = {"key": key_in(page.text), "stars": "5", "word": "很好", **fields}
    return browser.post(path, data=form)


@pytest.mark.parametrize(
    ("stars", "tenths"), [([], None), ([5], 50), ([4, 5], 45), ([1, 1, 2], 13), ([1, 2, 2], 17)]
)
def test_the_average_is_reckoned_in_tenths(stars: list[int], tenths: int | None) -> None:
    assert average_tenths(stars) == tenths


@pytest.mark.parametrize("start", ["", "1", "1-0-", "1-999-", "１-1-", "1-1-x"])
def test_what_is_no_link_does_not_exist(start: str) -> None:
    with pytest.raises(NotFound):
        read_invite(start + "0" * 32)


def test_somebody_served_says_it_once(town: Town, closed: int) -> None:
    stranger = town.browser("visitor")
    path = address(closed)
    assert give(stranger, path).status_code == 303
    assert 'name="stars"' not in stranger.get(path).text
    assert stranger.post(path, data={"stars": "1"}).status_code == 422
    assert town.one("SELECT stars FROM evaluations") == 5


def test_a_link_that_nobody_handed_out_does_not_exist(town: Town, closed: int) -> None:
    stranger = town.browser("visitor")
    path = address(closed)
    assert stranger.get(path[:-1] + ("0" if path[-1] != "0" else "1")).status_code == 404
    assert stranger.get("/thanks/999-1-" + "0" * 32).status_code == 404


@pytest.mark.parametrize("name", ["volunteer", "leader"])
def test_whoever_served_there_does_not_praise_it(town: Town, closed: int, name: str) -> None:
    refused = give(town.browser(name), address(closed))
    assert refused.status_code == 422
    assert town.one("SELECT count(*) FROM evaluations") == 0


@pytest.mark.parametrize("fields", [{"stars": "6"}, {"stars": ""}, {"word": "长" * 201}])
def test_what_does_not_fit_is_said_and_kept(
    town: Town, closed: int, fields: dict[str, str]
) -> None:
    refused = give(town.browser("visitor"), address(closed), **fields)
    assert refused.status_code == 422
    assert town.one("SELECT count(*) FROM evaluations") == 0


def test_the_leader_says_it_once_and_reads_the_others(town: Town, closed: int) -> None:
    leader = town.browser("leader")
    path = f"/activities/{closed}/evaluations"
    first = re.search(r"/thanks/[0-9a-f-]+", leader.get(path).text)
    assert first
    give(town.browser("visitor"), first[0], stars="4", word="谢谢")
    assert give(leader, path, stars="3").status_code == 303
    page = leader.get(path).text
    assert "3.5 of 5 stars" in page
    assert "谢谢" in page
    assert first[0] not in page
    assert leader.post(path, data={"stars": "5"}).status_code == 422
    assert town.one("SELECT count(*) FROM evaluations") == 2


def books(town: Town) -> tuple[object, ...]:
    """Return all that may be counted: postings, served minutes, totals, places in the ranking."""
    return (
        town.one("SELECT count(*) FROM entries"),
        town.one("SELECT sum(amount) FROM postings WHERE amount > 0"),
        town.one("SELECT sum(minutes) FROM service_records WHERE state = 'approved'"),
        town.one("SELECT sum(minutes + points_hundredths) FROM service_totals"),
        town.one("SELECT sum(minutes) FROM standings"),
    )


@pytest.mark.parametrize("stars", ["1", "5"])
def test_it_changes_neither_points_nor_served_minutes(town: Town, closed: int, stars: str) -> None:
    before = books(town)
    me = town.browser("volunteer").get("/me").text
    give(town.browser("visitor"), address(closed), stars=stars)
    give(town.browser("leader"), f"/activities/{closed}/evaluations", stars=stars)
    assert town.one("SELECT count(*) FROM evaluations") == 2
    assert books(town) == before
    assert town.browser("volunteer").get("/me").text.count("3 hours") == me.count("3 hours")


def test_a_phone_in_what_was_said_is_masked(town: Town, closed: int) -> None:
    give(town.browser("visitor"), address(closed), word="打我电话13800000028")
    assert town.one("SELECT word FROM evaluations") == "打我电话138****0028"


def test_what_is_still_open_is_not_evaluated(town: Town) -> None:
    activity_id = announced(town, 3)
    leader = town.browser("leader")
    page = leader.get(f"/activities/{activity_id}/evaluations").text
    assert "/thanks/" not in page
    refused = give(town.browser("visitor"), address(activity_id))
    assert refused.status_code == 422


def test_another_team_s_leader_finds_nothing(town: Town, closed: int) -> None:
    assert town.browser("green_leader").get(f"/activities/{closed}/evaluations").status_code == 404
