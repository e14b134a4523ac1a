"""The month's service day as Qicai proposes it, for a team and for all of an organiser's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.activities.operations.proposing import propose
from app.activities.rules.service_days import (
    coming_service_day,
    extra_days,
    usual_hours,
)
from app.db import db, transaction
from app.errors import NotFound
from app.notices.models import Notice
from app.organisations.models import SubstituteServiceDay
from app.people.models import Volunteer
from tests.activities.leading import PLAN, activities, activity, added, announced, sent, trail
from tests.races import race
from tests.service.community import NOW
from tests.service.conftest import MakeTown, Town, make_town, statements, town
from tests.service.test_side_by_side import at_once, counted_statements

__all__ = ["make_town", "town"]

PROPOSAL = "/teams/TX-red/activities/proposal"
JANUARY, FEBRUARY = date(2026, 1, 28), date(2026, 2, 28)
FORM = {"title": "服务日", "starts": "8:30", "ends": "11:30", "place": "东门", "in_charge": "0"}


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


def held(town: Town, *places: int) -> int:
    """Let last month's service day have been held with these people."""
    made = announced(town, service_on=JANUARY, title="一月服务日", places=20, content="打扫")
    added(town, made, *places)
    return made


def told(kind: str) -> list[int]:
    """Return who was told something of a kind."""
    db.session.rollback()
    query = select(Notice.volunteer_id).where(Notice.kind == kind).order_by(Notice.volunteer_id)
    return list(db.session.scalars(query))


# ── which day ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        pytest.param(date(2026, 2, 3), date(2026, 2, 28), id="this-month"),
        pytest.param(date(2026, 2, 28), date(2026, 2, 28), id="today"),
        pytest.param(date(2026, 3, 29), date(2026, 4, 25), id="next-month-s-substitute"),
        pytest.param(date(2026, 12, 29), date(2027, 1, 28), id="over-the-year"),
    ],
)
def test_the_coming_service_day(today: date, expected: date) -> None:
    substitutes = {(2026, 4): date(2026, 4, 25)}
    assert coming_service_day(today, service_day=28, substitutes=substitutes) == expected


def test_a_substitute_that_has_passed_leads_to_the_next_month() -> None:
    substitutes = {(2026, 2): date(2026, 2, 7)}
    on = coming_service_day(date(2026, 2, 10), service_day=28, substitutes=substitutes)
    assert on == date(2026, 3, 28)


def test_extra_days_are_the_weekends_left_of_the_service_month() -> None:
    march = date(2026, 3, 28)
    found = extra_days(march, date(2026, 3, 15), service_month=3)
    assert [on.day for on in found] == [15, 21, 22, 29]
    assert extra_days(FEBRUARY, date(2026, 2, 1), service_month=3) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("8:30—11:30", (510, 180)),
        ("14：00 - 16：30", (840, 150)),
        ("22:00至1:00", (1320, 180)),
        ("上午", (510, 180)),
        ("25:00—26:00", (510, 180)),
    ],
)
def test_the_usual_hours_are_read_from_the_setting(text: str, expected: tuple[int, int]) -> None:
    assert usual_hours(text) == expected


# ── one team ──────────────────────────────────────────────────────────────────────────────


def test_it_is_filled_in_from_last_month_and_who_came_is_ticked(
    town: Town, leader: FlaskClient
) -> None:
    held(town, 3, 7)
    page = leader.get(PROPOSAL).text
    assert 'value="一月服务日"' in page
    assert 'value="20"' in page
    for place, is_ticked in ((3, True), (4, False), (7, True)):
        who = town.people[place]
        ticked = f'name="expected" value="{who}" id="expected-{who}" checked' in page
        assert ticked is is_ticked, place


def test_whoever_got_hours_by_the_closing_is_expected_too(town: Town, leader: FlaskClient) -> None:
    made = held(town)
    line = town.community.line(5)._replace(activity_id=made)
    town.community.log(line)
    page = leader.get(PROPOSAL).text
    assert f'id="expected-{town.people[5]}" checked' in page


def test_before_any_activity_it_is_like_the_last_day_that_was_logged(
    town: Town, leader: FlaskClient
) -> None:
    line = town.community.line(3, service_on=JANUARY, content="慰问老人", place="敬老院")
    town.community.log(line, line._replace(volunteer_id=town.people[7]))
    page = leader.get(PROPOSAL).text
    assert "Filled in from Jan 28 Wed" in page
    for filled in ('value="慰问老人"', 'value="敬老院"', 'value="08:30"'):
        assert filled in page
    for place, is_ticked in ((3, True), (4, False), (7, True)):
        who = town.people[place]
        assert (f'id="expected-{who}" checked' in page) is is_ticked, place


def test_without_a_last_month_it_is_what_is_usual(make_town: MakeTown) -> None:
    town = make_town(service_day_hours="14:00—16:00", service_day_place="文化站")
    page = town.browser("leader").get(PROPOSAL).text
    for filled in ('value="TX-red"', 'value="14:00"', 'value="16:00"', 'value="文化站"'):
        assert filled in page


def test_who_has_left_is_neither_expected_nor_in_charge(town: Town, leader: FlaskClient) -> None:
    announced(town, service_on=JANUARY, places=None, in_charge_id=town.people[7])
    added(town, activities()[0].id, 7)
    with transaction() as session:
        session.get_one(Volunteer, town.people[7]).state = "left"
    page = leader.get(PROPOSAL).text
    assert f"expected-{town.people[7]}" not in page
    assert f'value="{town.people[7]}"' not in page


def test_announced_those_ticked_have_a_place(town: Town, leader: FlaskClient) -> None:
    data = {**FORM, "expected": [town.people[3], town.people[4]], "do": "publish"}
    answer = sent(leader, PROPOSAL, **data)
    (made,) = activities()
    assert answer.location == f"/activities/{made.id}/people"
    assert (made.service_on, made.state, made.is_proposed, made.taken) == (
        FEBRUARY, "published", True, 2,
    )  # fmt: skip
    assert trail()[-2:] == ["activity.propose", "activity.sign_up"]
    assert told("activity.signed_up") == [town.people[3], town.people[4]]


def test_when_the_places_end_the_rest_wait_in_turn(town: Town, leader: FlaskClient) -> None:
    people = [town.people[place] for place in (5, 3, 4)]
    sent(leader, PROPOSAL, **{**FORM, "places": "2"}, expected=people, do="publish")
    (made,) = activities()
    assert (made.taken, told("activity.signed_up")) == (2, sorted(people[:2]))
    assert told("activity.waiting") == people[2:]


def test_a_leader_ticked_too_is_told_of_an_act_of_their_own(
    town: Town, leader: FlaskClient
) -> None:
    sent(leader, PROPOSAL, **FORM, expected=[town.people[0], town.people[3]], do="publish")
    assert told("activity.confirmed") == [town.people[0]]
    assert told("activity.signed_up") == [town.people[3]]


def test_forty_ticked_take_as_many_statements_as_two(town: Town) -> None:
    community, counts = town.community, []
    with transaction() as session:
        newcomers = [
            Volunteer(
                organisation_id=community.root_id,
                number=f"TX{place + 100:05}",
                name=f"人{place}",
                name_keys="",
                kind="resident",
                state="active",
                is_named=False,
                created_at=NOW,
            )
            for place in range(32)
        ]
        session.add_all(newcomers)
        session.flush()
        people = [*town.people, *(one.id for one in newcomers)]
    for day, many in ((FEBRUARY, people[:3]), (date(2026, 3, 28), people)):
        with counted_statements() as said, transaction() as session:
            propose(
                session,
                community.red_id,
                PLAN._replace(service_on=day, places=None, least_age=None),
                [day],
                expected=many,
                publish=True,
                actor=community.actor("leader"),
                now=NOW,
            )
        counts.append(len(said))
    assert [each.taken for each in activities()] == [3, 40]
    assert counts[0] == counts[1] < 35


def test_a_draft_signs_nobody_up(town: Town, leader: FlaskClient) -> None:
    sent(leader, PROPOSAL, **FORM, expected=[town.people[3]], do="save")
    (made,) = activities()
    assert (made.state, made.taken) == ("draft", 0)


def test_who_cannot_be_signed_up_is_named(town: Town, leader: FlaskClient) -> None:
    with transaction() as session:
        session.get_one(Volunteer, town.people[3]).born_on = date(2015, 1, 1)
    data = {**FORM, "least_age": "16", "expected": [town.people[3]], "do": "publish"}
    location = sent(leader, PROPOSAL, **data).location
    assert "春分 was not signed up: This activity is for people of 16" in leader.get(location).text


def test_nobody_but_those_on_the_page_is_signed_up(town: Town, leader: FlaskClient) -> None:
    sent(leader, PROPOSAL, **FORM, expected=[town.people[7], 10**15], do="publish")
    assert activities()[0].taken == 0


def test_sent_twice_it_is_made_once(leader: FlaskClient) -> None:
    for _ in range(2):
        assert leader.post(PROPOSAL, data={**FORM, "do": "publish"}).status_code == 303
    assert len(activities()) == 1
    assert "Left as it is" in leader.get("/teams/TX-red/activities").text


def test_what_was_cancelled_may_be_proposed_again(town: Town, leader: FlaskClient) -> None:
    sent(leader, PROPOSAL, **FORM, do="publish")
    sent(leader, f"/activities/{activities()[0].id}/cancel", reason="雨")
    sent(leader, PROPOSAL, **FORM, do="publish")
    assert [each.state for each in activities()] == ["cancelled", "published"]


@race("rows of teams", seen="UNIQUE constraint failed: activities.team_id|uq_activities_proposed")
def test_leader_and_organiser_at_the_same_moment_make_one(app: Flask, town: Town) -> None:
    community = town.community

    def act(name: str) -> Callable[[], object]:
        def run() -> object:
            with transaction() as session:
                return propose(
                    session,
                    community.red_id,
                    PLAN._replace(service_on=FEBRUARY),
                    [FEBRUARY],
                    publish=True,
                    actor=community.actor(name),
                    now=NOW,
                ).made

        return run

    at_once(app, *(act(name) for name in ("leader", "organiser", "co_leader")))
    assert len(activities()) == 1


def test_in_the_service_month_more_days_may_be_ticked(make_town: MakeTown) -> None:
    town = make_town(service_month="2")
    leader = town.browser("leader")
    assert "More days of the service month" in leader.get(PROPOSAL).text
    data = {**FORM, "extra_on": ["2026-02-22", "2026-02-23"], "expected": town.people[3]}
    answer = sent(leader, PROPOSAL, **data, do="publish")
    assert answer.location == "/teams/TX-red/activities"
    made = [(each.service_on.day, each.taken) for each in activities()]
    # A Monday was not offered; the extra day is everybody's own to sign up for.
    assert made == [(22, 0), (28, 1)]


def test_the_substitute_day_is_what_is_proposed(town: Town, leader: FlaskClient) -> None:
    with transaction() as session:
        session.add(
            SubstituteServiceDay(
                organisation_id=town.community.root_id,
                year=2026,
                month=2,
                substitute_on=date(2026, 2, 14),
                reason="春节",
            )
        )
    sent(leader, PROPOSAL, **FORM, do="save")
    assert activities()[0].service_on == date(2026, 2, 14)


def test_a_refusal_keeps_ticks_and_texts(town: Town, leader: FlaskClient) -> None:
    data = {**FORM, "title": "", "expected": town.people[4], "do": "publish"}
    answer = sent(leader, PROPOSAL, **data)
    assert answer.status_code == 422
    assert f'id="expected-{town.people[4]}" checked' in answer.text
    assert activities() == []


def test_another_team_s_leader_finds_nothing(town: Town) -> None:
    assert town.browser("green_leader").get(PROPOSAL).status_code == 404
    with pytest.raises(NotFound), transaction() as session:
        propose(
            session,
            town.community.red_id,
            PLAN,
            [PLAN.service_on],
            publish=True,
            actor=town.community.actor("green_leader"),
            now=NOW,
        )


# ── all teams ─────────────────────────────────────────────────────────────────────────────


def test_an_organiser_sees_which_teams_have_their_day_and_what_is_late(town: Town) -> None:
    announced(town, service_on=FEBRUARY, title="二月服务日")
    announced(town, service_on=date(2026, 1, 30), title="没登记")
    page = town.browser("organiser").get("/activities/desk").text
    late, missing, there = (
        page.index(f'id="{each}"') for each in ("h-late", "h-missing", "h-there")
    )
    assert late < page.index("没登记") < missing < page.index("TX-green") < there
    assert there < page.index("二月服务日")
    assert "9 working days left" in page


def test_drafts_are_made_for_those_who_have_none_and_only_once(town: Town) -> None:
    announced(town, service_on=FEBRUARY, title="二月服务日")
    organiser = town.browser("organiser")
    assert "1 draft made" in organiser.post("/activities/desk/drafts", follow_redirects=True).text
    again = organiser.post("/activities/desk/drafts", follow_redirects=True).text
    assert "Every team has something on its service day already." in again
    made = [each for each in activities() if each.is_proposed]
    assert [(each.team_id, each.state) for each in made] == [(town.community.green_id, "draft")]


def test_an_organiser_below_sees_the_own_teams_only(town: Town) -> None:
    page = town.browser("organiser_below").get("/activities/desk").text
    assert "TX-green" in page
    assert "TX-red" not in page


def test_the_pages_keep_their_budget(town: Town, leader: FlaskClient) -> None:
    held(town, 3, 4, 5)
    organiser = town.browser("organiser")
    for browser, path in ((leader, PROPOSAL), (organiser, "/activities/desk")):
        with statements() as run:
            assert browser.get(path).status_code == 200
        assert len(run) <= 18, run


def test_the_activity_of_a_proposal_is_like_any_other(town: Town, leader: FlaskClient) -> None:
    sent(leader, PROPOSAL, **FORM, do="save")
    made = activities()[0].id
    assert leader.post(f"/activities/{made}/publish").status_code == 303
    assert activity(made).state == "published"
