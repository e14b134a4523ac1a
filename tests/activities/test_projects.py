"""Recurring services: made ahead, once; changed from a date on; ended without losing anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.activities import operations as on_activities
from app.activities.models import Project
from app.activities.operations.ahead import make_all_ahead
from app.activities.operations.making import DateTaken
from app.activities.operations.projects import (
    FromThePast,
    PeopleSignedUp,
    ProjectOver,
    change_project,
    create_project,
    end_project,
)
from app.activities.rules import FARTHEST
from app.activities.rules.series import EndsBefore, Series, WeeksUnfit
from app.db import db, transaction
from app.errors import NotFound
from app.people.models import Volunteer
from app.teams.models import Team
from tests.activities.leading import PLAN, activities, added, sent, trail
from tests.races import race
from tests.service.community import NOW
from tests.service.conftest import Town, make_town, statements, town
from tests.service.test_side_by_side import at_once

__all__ = ["make_town", "town"]

# The town's present is Tuesday 3 February 2026, 17:00: today's class has begun already.
TODAY = date(2026, 2, 3)
TUESDAY = 1
SERIES = Series(PLAN._replace(service_on=TODAY, title="四点半课堂", starts_minute=960), TUESDAY)
FORM = {
    "title": "四点半课堂",
    "weekday": "1",
    "every_weeks": "1",
    "service_on": "2026-02-03",
    "until_on": "",
    "starts": "16:00",
    "ends": "17:30",
    "in_charge": "0",
}
NEW = "/teams/TX-red/projects/new"


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


def done(town: Town, work: Callable[..., Any], *given: Any, by: str = "leader", **more: Any) -> Any:
    with transaction() as session:
        return work(session, *given, actor=town.community.actor(by), now=NOW, **more)


def made(town: Town, series: Series = SERIES, key: str = "k") -> int:
    return int(done(town, create_project, town.community.red_id, series, key=key))


def daily(town: Town, today: date) -> None:
    with transaction() as session:
        make_all_ahead(session, town.community.root_id, today, NOW + (today - TODAY))


def dates(state: str = "published") -> list[date]:
    return [each.service_on for each in activities() if each.state == state]


# ── ahead ─────────────────────────────────────────────────────────────────────────────────


def test_eight_weeks_are_announced_ahead(town: Town) -> None:
    made(town)
    assert dates() == [TODAY + timedelta(weeks=week) for week in range(1, 9)]
    assert trail()[-2:] == ["project.create", "project.make_ahead"]


def test_every_other_week_until_a_last_day(town: Town) -> None:
    made(town, SERIES._replace(every_weeks=2, until_on=date(2026, 3, 10)))
    assert [on.day for on in dates()] == [17, 3]


def test_holidays_are_left_out_only_where_asked(town: Town) -> None:
    made(town, SERIES._replace(skips_holidays=True))
    # 17 February 2026 is the first day of the year of the horse.
    assert date(2026, 2, 17) not in dates()
    made(town, key="other")
    assert date(2026, 2, 17) in dates()


def test_made_twice_it_is_there_once(town: Town) -> None:
    assert made(town) == made(town)
    for _ in range(2):
        daily(town, TODAY)
    assert len(activities()) == 8


def test_the_daily_work_goes_on_with_the_next_weeks(town: Town) -> None:
    made(town)
    daily(town, TODAY + timedelta(days=14))
    assert len(dates()) == 10
    assert trail()[-1] == "project.make_ahead"


def test_a_date_cancelled_by_hand_is_not_made_again(town: Town) -> None:
    made(town)
    first = activities()[0].id
    done(town, on_activities.cancel_activity, first, reason="停电")
    daily(town, TODAY)
    assert len(activities()) == 8


@race(
    "rows of projects",
    seen="UNIQUE constraint failed: activities.project_id|uq_activities_project_id_service_on",
)
def test_two_at_the_same_moment_make_each_date_once(app: Flask, town: Town) -> None:
    made(town)
    later = TODAY + timedelta(days=21)
    at_once(app, *[lambda: daily(town, later)] * 3)
    assert len(dates()) == len(set(dates())) == 11


def test_a_retired_team_and_who_has_left_are_left_out(town: Town) -> None:
    made(town, SERIES._replace(plan=SERIES.plan._replace(in_charge_id=town.people[3])))
    with transaction() as session:
        session.get_one(Volunteer, town.people[3]).state = "left"
    daily(town, TODAY + timedelta(days=7))
    assert [each.in_charge_id for each in activities()][-2:] == [town.people[3], None]
    with transaction() as session:
        session.get_one(Team, town.community.red_id).retired_on = TODAY + timedelta(days=8)
    daily(town, TODAY + timedelta(days=14))
    assert len(activities()) == 9


@pytest.mark.parametrize(
    ("series", "refusal"),
    [
        (SERIES._replace(every_weeks=9), WeeksUnfit),
        (SERIES._replace(until_on=date(2026, 2, 1)), EndsBefore),
    ],
)
def test_what_cannot_come_back_is_refused(
    town: Town, series: Series, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        made(town, series)


# ── change and end ────────────────────────────────────────────────────────────────────────


def changed(town: Town, project_id: int, **more: Any) -> int:
    series = more.pop("series", SERIES)
    return int(done(town, change_project, project_id, series, **more))


def test_a_change_counts_from_its_date_on_and_whoever_signed_up_is_told(town: Town) -> None:
    old = made(town)
    added(town, activities()[1].id, 3)
    plan = SERIES.plan._replace(service_on=date(2026, 2, 15), place="西门")
    new = changed(town, old, series=SERIES._replace(plan=plan))
    found = [(each.project_id, each.place) for each in activities()]
    assert found == [(old, "东门")] + [(new, "西门")] * 7
    project = db.session.get_one(Project, old)
    assert (project.until_on, project.ended_at) == (date(2026, 2, 14), NOW)
    assert town.one("SELECT count(*) FROM notices WHERE kind = 'activity.changed'") == 1


def test_another_weekday_asks_what_becomes_of_those_signed_up(town: Town) -> None:
    old = made(town)
    added(town, activities()[0].id, 3)
    wednesdays = SERIES._replace(weekday=2)
    with pytest.raises(PeopleSignedUp) as refused:
        changed(town, old, series=wednesdays)
    assert refused.value.figures == {"people": 1, "dates": [date(2026, 2, 10)]}
    assert dates("cancelled") == []
    changed(town, old, series=wednesdays, cancels=False)
    # The one people count on stays; the seven others went, and eight Wednesdays came.
    assert dates()[:3] == [date(2026, 2, 4), date(2026, 2, 10), date(2026, 2, 11)]
    assert len(dates("cancelled")) == 7


def test_an_end_cancels_only_what_nobody_counts_on(town: Town) -> None:
    project = made(town)
    added(town, activities()[3].id, 3)
    with pytest.raises(PeopleSignedUp):
        done(town, end_project, project, TODAY)
    assert len(dates()) == 8
    done(town, end_project, project, TODAY, cancels=False)
    assert dates() == [date(2026, 3, 3)]
    assert trail()[-1] == "project.end"


def test_an_end_that_cancels_tells_why(town: Town) -> None:
    project = made(town)
    added(town, activities()[0].id, 3)
    with pytest.raises(on_activities.CancelReasonMissing):
        done(town, end_project, project, TODAY, cancels=True)
    done(town, end_project, project, TODAY, cancels=True, reason="学期结束")
    assert dates() == []
    query = "SELECT figures FROM notices WHERE kind = 'activity.cancelled'"
    assert "学期结束" in town.one(query)


def test_an_end_to_come_lets_it_go_on_till_then(town: Town) -> None:
    project = made(town)
    done(town, end_project, project, date(2026, 3, 1))
    daily(town, TODAY + timedelta(days=30))
    assert dates() == [date(2026, 2, 10), date(2026, 2, 17), date(2026, 2, 24)]


@pytest.mark.parametrize("last_on", [date.max, date(9000, 1, 1)])
def test_an_end_beyond_all_years_is_as_far_as_one_plans(town: Town, last_on: date) -> None:
    project_id = made(town)
    done(town, end_project, project_id, last_on)
    db.session.rollback()
    assert db.session.get_one(Project, project_id).until_on == TODAY + FARTHEST
    assert len(dates()) == 8


def test_one_date_is_not_moved_onto_another(town: Town) -> None:
    made(town)
    first, second = activities()[:2]
    plan = SERIES.plan._replace(service_on=second.service_on)
    change = (town, on_activities.change_activity, first.id)
    with pytest.raises(DateTaken):
        done(*change, plan, version=first.version)
    done(*change, plan._replace(service_on=TODAY + timedelta(days=8)), version=first.version)
    assert dates()[:2] == [TODAY + timedelta(days=8), second.service_on]


def test_what_has_ended_is_not_changed(town: Town) -> None:
    project = made(town)
    done(town, end_project, project, TODAY)
    with pytest.raises(ProjectOver):
        changed(town, project)
    with pytest.raises(ProjectOver):
        done(town, end_project, project, TODAY)


def test_the_past_is_not_changed(town: Town) -> None:
    project = made(town)
    yesterday = SERIES.plan._replace(service_on=TODAY - timedelta(days=1))
    with pytest.raises(FromThePast):
        changed(town, project, series=SERIES._replace(plan=yesterday))
    with pytest.raises(FromThePast):
        done(town, end_project, project, TODAY - timedelta(days=2))


def test_another_team_s_leader_finds_nothing(town: Town) -> None:
    project = made(town)
    with pytest.raises(NotFound):
        changed(town, project, by="green_leader")
    with pytest.raises(NotFound):
        done(town, end_project, 999999, TODAY)
    green = town.browser("green_leader")
    for path in (f"/projects/{project}/change", f"/projects/{project}/end", NEW):
        assert green.get(path).status_code == 404


# ── its pages ─────────────────────────────────────────────────────────────────────────────


def test_one_is_written_down_and_listed(town: Town, leader: FlaskClient) -> None:
    answer = sent(leader, NEW, **FORM, do="save")
    assert answer.location == "/teams/TX-red/projects"
    page = leader.get(answer.location).text
    for said in ("Every Tuesday 16:00—17:30", "8 announced ahead", "Next:"):
        assert said in page


def test_the_first_page_says_what_will_stand_here(leader: FlaskClient) -> None:
    assert "Nothing comes back yet" in leader.get("/teams/TX-red/projects").text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("every_weeks", "9", "It comes back every 1 to 8 weeks."),
        ("every_weeks", "", "Fill in a number."),
        ("until_on", "2026-01-01", "The last day lies before the first."),
        ("weekday", "7", "Not a valid choice"),
        ("starts", "", "Fill in a time such as 8:30."),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    leader: FlaskClient, field: str, typed: str, said: str
) -> None:
    answer = sent(leader, NEW, **{**FORM, field: typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="四点半课堂"' in answer.text
    assert activities() == []


def test_the_page_asks_about_those_signed_up(town: Town, leader: FlaskClient) -> None:
    project = made(town)
    added(town, activities()[0].id, 3)
    path = f"/projects/{project}/change"
    answer = sent(leader, path, **{**FORM, "weekday": "2"})
    assert answer.status_code == 422
    assert "1 people are signed up on" in answer.text
    answer = sent(
        leader, path, **{**FORM, "weekday": "2"}, what_of_others="cancel", reason="改到周三"
    )
    assert answer.status_code == 303
    assert dates()[0] == date(2026, 2, 4)


def test_it_is_ended_on_its_page(town: Town, leader: FlaskClient) -> None:
    project = made(town)
    path = f"/projects/{project}/end"
    assert sent(leader, path, last_on="").status_code == 422
    assert sent(leader, path, last_on="2026-02-01").status_code == 422
    assert sent(leader, path, last_on="2026-02-03").status_code == 303
    assert "Ended" in leader.get("/teams/TX-red/projects").text


def test_the_pages_keep_their_budget(town: Town, leader: FlaskClient) -> None:
    project = made(town)
    added(town, activities()[0].id, 3)
    for path in (NEW, "/teams/TX-red/projects", f"/projects/{project}/change"):
        with statements() as run:
            assert leader.get(path).status_code == 200
        assert len(run) <= 18, run
