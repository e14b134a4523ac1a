"""What was said of the activities at which somebody served, in their own record and the desk's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.db import db, transaction
from app.evaluations.models import Evaluation
from app.evaluations.queries import evaluations_count, evaluations_of
from app.people.models import Helper, Role
from app.service.operations import reverse_record
from app.teams.models import Membership
from tests.evaluations.test_evaluations import address, closed, give
from tests.service.community import NOW
from tests.service.conftest import Town, statements

__all__ = ["closed"]

BUDGET = 18
SERVED, ELSEWHERE = 3, 4
MINE = "/me/evaluations"


@pytest.fixture
def said(town: Town, closed: int) -> int:
    """The activity of which somebody served and its leader have said something."""
    give(town.browser("visitor"), address(closed), stars="4", word="谢谢")
    give(town.browser("leader"), f"/activities/{closed}/evaluations", stars="3", word="下雨")
    return closed


def words(town: Town, place: int) -> list[tuple[str, int, str]]:
    db.session.rollback()
    found = evaluations_of(db.session(), town.people[place])
    db.session.rollback()
    return [(one.rater, one.stars, one.word) for one in found]


def at_desk(town: Town, name: str, place: int = SERVED) -> str:
    answer = town.browser(name).get(f"/admin/people/{town.people[place]}/evaluations")
    return answer.text if answer.status_code == 200 else str(answer.status_code)


def crowd(activity_id: int, count: int) -> None:
    """Let very many who were served say something."""
    with transaction() as session:
        session.add_all(
            Evaluation(
                activity_id=activity_id,
                rater="served",
                invite_number=10 + number,
                stars=5,
                word=f"第{number}位",
                made_at=NOW + timedelta(minutes=number),
            )
            for number in range(count)
        )


# ── whose they are ────────────────────────────────────────────────────────────────────────


def test_whoever_served_there_has_them_the_newest_first(town: Town, said: int) -> None:
    assert words(town, SERVED) == [("leader", 3, "下雨"), ("served", 4, "谢谢")]
    first = evaluations_of(db.session(), town.people[SERVED])[0]
    assert (first.activity_id, first.title, first.team_name) == (said, "楼道清扫", "TX-red")
    assert evaluations_count(db.session(), town.people[SERVED]) == 2


def test_whoever_was_not_there_has_none(town: Town, said: int) -> None:
    assert words(town, ELSEWHERE) == []


def test_a_page_of_them_is_read_at_a_time(town: Town, said: int) -> None:
    found = evaluations_of(db.session(), town.people[SERVED], offset=1, size=1)
    assert [one.word for one in found] == ["谢谢"]


def test_a_record_taken_back_takes_them_along(town: Town, said: int) -> None:
    record_id = town.one("SELECT id FROM service_records")
    organiser = town.community.actor("organiser")
    with transaction() as session:
        reverse_record(session, record_id, actor=organiser, now=NOW, reason="没有来")
    assert words(town, SERVED) == []


# ── one's own page ────────────────────────────────────────────────────────────────────────


def test_the_volunteer_reads_them_and_no_name(town: Town, said: int) -> None:
    volunteer = town.browser("volunteer")
    page = volunteer.get(MINE).text
    for each in ("谢谢", "4 of 5", "by somebody served", "the leader's word", "楼道清扫"):
        assert each in page
    assert "立春" not in page
    for way in ("/me/account", "/me/activities"):
        assert f'href="{MINE}"' in volunteer.get(way).text


def test_nothing_said_is_told_plainly(town: Town, closed: int) -> None:
    assert "Nothing was said yet" in town.browser("volunteer").get(MINE).text


def test_whoever_acts_for_somebody_reads_theirs(town: Town, said: int) -> None:
    leader = town.browser("co_leader")
    ward, helper = town.people[SERVED], town.people[1]
    with transaction() as session:
        row = Helper(volunteer_id=ward, helper_id=helper, kind="helper", from_on=NOW.date())
        session.add(row)
    assert "谢谢" not in leader.get(MINE).text
    assert leader.post(f"/me/acting/{ward}/begin").status_code == 303
    assert "谢谢" in leader.get(MINE).text


def test_very_many_stand_on_pages(town: Town, said: int) -> None:
    crowd(said, 120)
    volunteer = town.browser("volunteer")
    assert "第119位" in volunteer.get(MINE).text
    assert "谢谢" in volunteer.get(f"{MINE}?page=3").text
    for wild in ("0", "-1", "x", "9" * 30):
        assert volunteer.get(f"{MINE}?page={wild}").status_code == 200


# ── at the desk ───────────────────────────────────────────────────────────────────────────


def test_an_organiser_reads_them_from_the_person_s_card(town: Town, said: int) -> None:
    assert "谢谢" in at_desk(town, "organiser")
    card = town.browser("organiser").get(f"/admin/people/{town.people[SERVED]}").text
    assert f'href="/admin/people/{town.people[SERVED]}/evaluations"' in card


@pytest.mark.parametrize("name", ["leader", "green_leader", "volunteer", "organiser_below"])
def test_nobody_else_finds_them(town: Town, said: int, name: str) -> None:
    assert at_desk(town, name) == "404"


def test_an_administrator_who_also_leads_does_not_read_them(town: Town, said: int) -> None:
    leader = town.community.actor("leader").login_id
    with transaction() as session:
        session.add(Role(login_id=leader, role="admin", from_on=NOW.date()))
        assert session.query(Membership).filter_by(role="leader").first()
    assert at_desk(town, "leader") == "404"


def test_nobody_there_is_not_found(town: Town) -> None:
    organiser = town.browser("organiser")
    for wild in (999_999, 10**19):
        assert organiser.get(f"/admin/people/{wild}/evaluations").status_code == 404


@pytest.mark.parametrize("name", ["volunteer", "organiser"])
def test_the_pages_keep_their_budget(town: Town, said: int, name: str) -> None:
    crowd(said, 100)
    browser: FlaskClient = town.browser(name)
    path = MINE if name == "volunteer" else f"/admin/people/{town.people[SERVED]}/evaluations"
    with statements() as sent:
        assert browser.get(path).status_code == 200
    assert len(sent) <= BUDGET
