"""The leader's list, the plan and its moves, and the list of people."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from app.activities import operations
from app.db import db, transaction
from app.people.models import Helper, Volunteer
from tests.activities.leading import (
    FORM,
    ON,
    PLAN,
    activities,
    activity,
    added,
    announced,
    sent,
    trail,
)
from tests.service.community import NOW
from tests.service.conftest import Town, make_town, statements, town

__all__ = ["make_town", "town"]

BUDGET = 18
NEW = "/teams/TX-red/activities/new"


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


# ── the list ──────────────────────────────────────────────────────────────────────────────


def test_what_waits_for_its_closing_stands_on_top_with_the_days_left(
    town: Town, leader: FlaskClient
) -> None:
    announced(town, title="明天", service_on=date(2026, 2, 4))
    announced(town, title="上周", service_on=date(2026, 1, 30))
    announced(town, title="草稿", publish=False)
    page = leader.get("/teams/TX-red/activities").text
    # From 30 January ten working days lead to 13 February; nine of them are left.
    assert "9 working days left" in page
    assert page.index("上周") < page.index("草稿") < page.index("明天")


def test_after_ten_working_days_an_organiser_is_needed(town: Town, leader: FlaskClient) -> None:
    announced(town, service_on=date(2026, 1, 15))
    assert (
        "Late: its hours wait for an organiser now." in leader.get("/teams/TX-red/activities").text
    )


def test_a_team_without_activities_says_what_will_stand_here(leader: FlaskClient) -> None:
    assert "No activities yet" in leader.get("/teams/TX-red/activities").text


@pytest.mark.parametrize("count", [1, 12])
def test_the_pages_keep_their_budget(town: Town, leader: FlaskClient, count: int) -> None:
    made = [announced(town, title=f"清扫{i}", places=None) for i in range(count)]
    added(town, made[0], *range(min(count, 6)))
    paths = (f"/activities/{made[0]}/people", "/teams/TX-red/activities", NEW, "/activities/desk")
    for path in (*paths, f"/activities/{made[0]}/edit"):
        with statements() as run:
            assert leader.get(path).status_code == 200
        assert len(run) <= BUDGET, (path, run)


# ── the plan ──────────────────────────────────────────────────────────────────────────────


def test_a_new_one_begins_with_how_the_last_one_was(town: Town, leader: FlaskClient) -> None:
    announced(town, in_charge_id=town.people[3])
    page = leader.get(NEW).text
    for filled in ('value="楼道清扫"', 'value="08:30"', 'value="11:30"', 'value="东门"'):
        assert filled in page
    assert f'selected value="{town.people[3]}"' in page
    assert 'value="2026-02-05"' not in page, "the date is the one thing that always differs"


def test_the_first_one_begins_with_what_is_usual_here(leader: FlaskClient) -> None:
    assert 'value="08:30"' in leader.get(NEW).text


@pytest.mark.parametrize(("button", "state"), [("publish", "published"), ("save", "draft")])
def test_one_writes_it_down(leader: FlaskClient, button: str, state: str) -> None:
    answer = sent(leader, NEW, **FORM, do=button)
    (made,) = activities()
    assert answer.location == f"/activities/{made.id}/people"
    assert (made.title, made.minutes, made.places, made.state) == ("送餐", 120, None, state)
    assert trail()[-1] == "activity.create"


def test_whatever_is_filled_in_is_kept_and_told_to_everybody(
    town: Town, leader: FlaskClient
) -> None:
    more = {
        "service_on": "2026-02-07", "starts": "14:00", "ends": "16:30", "place": "二号楼",
        "content": "陪老人说话", "bring": "水杯", "places": "12", "least_age": "16",
        "in_charge": str(town.people[3]),
    }  # fmt: skip
    sent(leader, NEW, **{**FORM, **more}, do="publish")
    (made,) = activities()
    assert (made.service_on, made.starts_minute, made.minutes) == (date(2026, 2, 7), 840, 150)
    assert (made.places, made.least_age, made.in_charge_id) == (12, 16, town.people[3])
    page = town.browser("volunteer").get(f"/activities/{made.id}").text
    for said in ("送餐", "14:00—16:30", "二号楼", "陪老人说话", "水杯", "12", "16"):
        assert said in page, said


def test_a_second_tap_makes_no_second_one(leader: FlaskClient) -> None:
    data = {**FORM, "do": "publish", "key": "one-sending"}
    first, again = leader.post(NEW, data=data), leader.post(NEW, data=data)
    assert first.location == again.location
    assert len(activities()) == 1


def test_an_end_before_the_beginning_is_the_next_day(leader: FlaskClient) -> None:
    sent(leader, NEW, **{**FORM, "starts": "22:00", "ends": "1:00"})
    (made,) = activities()
    assert made.minutes == 180
    assert "Ends the next day." in leader.get(f"/activities/{made.id}/edit").text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("title", " ", "Give the activity a title."),
        ("service_on", "", "Fill in a date such as 2026-03-28."),
        ("service_on", "2029-01-01", "An activity lies between"),
        ("starts", "25:00", "Fill in a time such as 8:30."),
        ("places", "0", "Places are a whole number"),
        ("places", "many", "Fill in a whole number"),
        ("least_age", "140", "The least age is a whole number"),
        ("in_charge", "999999", "The person in charge is a volunteer of this community."),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    leader: FlaskClient, field: str, typed: str, said: str
) -> None:
    answer = sent(leader, NEW, **{**FORM, field: typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="食堂"' in answer.text
    assert activities() == []


def test_somebody_from_elsewhere_may_be_in_charge(town: Town, leader: FlaskClient) -> None:
    found = sent(leader, NEW, **FORM, find="立夏", do="find")
    assert found.status_code == 200
    assert f'<option selected value="{town.people[6]}">立夏' in found.text
    sent(leader, NEW, **{**FORM, "in_charge": town.people[6]})
    assert activities()[0].in_charge_id == town.people[6]


def test_walking_who_may_be_in_charge_tells_a_leader_no_names(
    town: Town, leader: FlaskClient
) -> None:
    sendings = ({"in_charge": town.people[6]}, {"find": "TX00007", "do": "find"})
    for more in sendings:
        page = sent(leader, NEW, **{**FORM, "title": "", **more}).text
        assert "立* (TX00007)" in page
        assert "立夏" not in page


def test_nobody_found_is_said(leader: FlaskClient) -> None:
    assert "Nobody found." in sent(leader, NEW, **FORM, find="不在", do="find").text


def test_a_change_is_saved_and_told(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    added(town, made, 3)
    answer = sent(leader, f"/activities/{made}/edit", **FORM)
    assert answer.location == f"/activities/{made}/people"
    assert activity(made).title == "送餐"
    assert town.one("SELECT count(*) FROM notices WHERE kind = 'activity.changed'") == 1


def test_what_another_changed_meanwhile_is_told_and_nothing_typed_is_lost(
    town: Town, leader: FlaskClient
) -> None:
    made = announced(town)
    old = sent(leader, f"/activities/{made}/edit", **{**FORM, "version": "0"})
    assert old.status_code == 422
    assert "Somebody changed this activity meanwhile" in old.text
    assert 'value="送餐"' in old.text
    assert "<dd>楼道清扫</dd>" in old.text
    # Seen and saved again, it counts.
    assert sent(leader, f"/activities/{made}/edit", **FORM).status_code == 303


def test_a_second_tap_on_a_change_finds_its_own(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    for _ in range(2):
        answer = leader.post(f"/activities/{made}/edit", data={**FORM, "version": "1"})
        assert answer.status_code == 303
    assert activity(made).version == 2


# ── its moves ─────────────────────────────────────────────────────────────────────────────


def test_a_draft_is_announced_begun_and_cancelled(town: Town, leader: FlaskClient) -> None:
    made = announced(town, publish=False)
    for move, state in (("publish", "published"), ("begin", "under_way")):
        assert leader.post(f"/activities/{made}/{move}").status_code == 303
        assert activity(made).state == state
    assert sent(leader, f"/activities/{made}/cancel", reason="大雨").status_code == 303
    assert (activity(made).state, activity(made).cancel_reason) == ("cancelled", "大雨")


def test_a_move_that_is_none_says_where_it_stands(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    page = leader.post(f"/activities/{made}/publish", follow_redirects=True).text
    assert "This activity was announced already." in page


def test_cancelling_asks_why(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    answer = sent(leader, f"/activities/{made}/cancel", reason="  ")
    assert answer.status_code == 422
    assert "Say why in a few words" in answer.text
    assert activity(made).state == "published"


# ── the people ────────────────────────────────────────────────────────────────────────────


def test_who_has_a_place_and_who_waits_in_which_turn(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    added(town, made, 3, 4, 5, 6)
    page = leader.get(f"/activities/{made}/people").text
    assert "2 of 2 places" in page
    placed, waiting = page.index('id="h-placed"'), page.index('id="h-waiting"')
    assert placed < page.index("春分") < waiting < page.index("谷雨") < page.index("立夏")
    assert "leader put them on the list" in page


def test_a_helper_is_named_as_such(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    with transaction() as session:
        session.add(
            Helper(
                volunteer_id=town.people[4],
                helper_id=town.people[3],
                kind="guardian",
                from_on=date(2025, 1, 1),
            )
        )
    added(town, made, 4, by="organiser")
    with transaction() as session:
        login_id = town.community.actor("volunteer").login_id
        session.connection().exec_driver_sql(f"UPDATE sign_ups SET made_by_id = {login_id}")
    assert "volunteer signed them up as guardian" in leader.get(f"/activities/{made}/people").text


def test_a_phone_is_never_shown_in_full(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    with transaction() as session:
        for place in (3, 4):
            session.get_one(Volunteer, town.people[place]).phone = f"1380000001{place}"
    added(town, made, 3)
    page = leader.get(f"/activities/{made}/people").text
    assert "138****0013" in page
    assert "13800000013" not in page
    assert "13800000014" not in page
    assert "no phone" in page


def test_a_member_is_added_with_one_tap_and_told_once(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    for _ in range(2):
        sent_to = f"/activities/{made}/people/add"
        assert leader.post(sent_to, data={"volunteer": town.people[3]}).status_code == 303
    assert activity(made).taken == 1
    assert town.one("SELECT count(*) FROM notices") == 1


def test_a_clash_is_told_when_somebody_is_added(town: Town, leader: FlaskClient) -> None:
    added(town, announced(town, title="送餐", starts_minute=600), 3)
    made = announced(town)
    page = leader.post(
        f"/activities/{made}/people/add", data={"volunteer": town.people[3]}, follow_redirects=True
    ).text
    assert "is signed up for something else at that time: 送餐" in page


def test_somebody_of_the_community_is_found_and_added(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    add = f"/activities/{made}/people/add"
    found = leader.post(add, data={"do": "find", "find": "小满"}).text
    assert f'name="volunteer" value="{town.people[7]}"' in found
    leader.post(add, data={"volunteer": town.people[7]})
    assert activity(made).taken == 1


def test_a_number_finds_somebody_without_telling_the_name(town: Town, leader: FlaskClient) -> None:
    add = f"/activities/{announced(town)}/people/add"
    found = leader.post(add, data={"do": "find", "find": "TX00008"}).text
    assert f'name="volunteer" value="{town.people[7]}"' in found
    assert "小*" in found
    assert "小满" not in found


@pytest.mark.parametrize("typed", ["", "abc", "-1", "9" * 30, "１２"])
def test_adding_nobody_is_refused(town: Town, leader: FlaskClient, typed: str) -> None:
    made = announced(town)
    answer = leader.post(f"/activities/{made}/people/add", data={"volunteer": typed})
    assert answer.status_code == 422
    assert activity(made).taken == 0


def test_a_stranger_is_not_found(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    answer = leader.post(f"/activities/{made}/people/add", data={"volunteer": 2**62})
    assert answer.status_code == 404


def test_who_is_removed_is_told_and_the_next_moves_up(town: Town, leader: FlaskClient) -> None:
    made = announced(town, places=1)
    added(town, made, 3, 4)
    answer = sent(leader, f"/activities/{made}/people/{town.people[3]}/remove", reason="重复报名")
    assert answer.status_code == 303
    page = leader.get(f"/activities/{made}/people").text
    assert "The place went to whoever had waited longest." in page
    query = "SELECT figures FROM notices WHERE kind = 'activity.removed'"
    assert "重复报名" in town.one(query)
    assert activity(made).taken == 1


def test_whoever_is_not_on_the_list_cannot_be_removed(town: Town, leader: FlaskClient) -> None:
    made = announced(town)
    for who in (town.people[3], 10**19):
        assert leader.get(f"/activities/{made}/people/{who}/remove").status_code == 404


def test_after_the_end_the_page_leads_to_the_closing(town: Town) -> None:
    made = announced(town)
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        page = town.browser("leader").get(f"/activities/{made}/people").text
    assert "It has ended and waits for its closing" in page
    assert f'href="/activities/{made}/close"' in page


# ── who may not ───────────────────────────────────────────────────────────────────────────


def test_another_leader_and_a_volunteer_find_nothing(town: Town) -> None:
    made = announced(town)
    paths = ("people", "edit", "cancel", f"people/{town.people[3]}/remove")
    for name in ("green_leader", "volunteer", "organiser_below"):
        browser = town.browser(name)
        for path in (*(f"/activities/{made}/{each}" for each in paths), NEW):
            assert browser.get(path).status_code == 404, (name, path)
        assert browser.post(f"/activities/{made}/publish").status_code == 404
    assert trail().count("activity.create") == 1


def test_an_id_too_long_for_any_row_is_not_found(leader: FlaskClient) -> None:
    assert leader.get(f"/activities/{10**25}/people").status_code == 404
    assert leader.get(f"/projects/{10**25}/change").status_code == 404


def test_a_visitor_is_asked_to_sign_in(town: Town) -> None:
    visitor = town.browser("visitor")
    assert visitor.get(NEW).location.startswith("/sign-in?next=")
    assert visitor.post(NEW, data=FORM).status_code == 401
    assert activities() == []


def test_plan_and_rows_say_the_same(town: Town) -> None:
    made = announced(town)
    assert operations.plan_of(activity(made)) == PLAN
    assert activity(made).service_on == ON
    db.session.rollback()
