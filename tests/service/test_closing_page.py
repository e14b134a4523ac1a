"""The page on which an activity is closed: filled in from who was there, one door to a day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from flask.testing import FlaskClient

from app.activities.models import CheckIn
from app.activities.operations import cancel_activity, create_activity, sign_up
from app.activities.rules import Plan
from app.db import transaction
from app.service.queries.evidence import SIGNED_IN
from tests.service.conftest import Town, key_in, statements

ON = date(2026, 2, 3)
BEFORE = datetime(2026, 2, 1, 1, 0, tzinfo=UTC)
# 17:00 in the town is now.
PLAN = Plan("楼道清扫", ON, 510, 180, place="东门")


def announced(town: Town, *places: int, **more: object) -> int:
    leader = town.community.actor("leader")
    with transaction() as session:
        activity_id = create_activity(
            session,
            town.community.red_id,
            PLAN._replace(**more),  # type: ignore[arg-type]
            actor=leader,
            now=BEFORE,
            publish=True,
        )
        for place in places:
            sign_up(session, activity_id, town.people[place], actor=leader, now=BEFORE)
    return activity_id


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


def page_of(leader: FlaskClient, activity_id: int) -> str:
    found = leader.get(f"/activities/{activity_id}/close")
    assert found.status_code == 200
    return found.text


def ticked(page: str) -> set[int]:
    boxes = re.findall(r'<input type="checkbox" name="present" value="(\d+)"([^>]*)>', page)
    return {int(one) for one, attributes in boxes if " checked" in attributes}


def send(leader: FlaskClient, activity_id: int, **fields: object):  # type: ignore[no-untyped-def]
    key = key_in(page_of(leader, activity_id))
    form = {"key": key, "do": "record", "hours": "3", "content": "楼道清扫", **fields}
    return leader.post(f"/activities/{activity_id}/close", data=form)


def test_whoever_has_a_place_is_ticked_with_the_plan_s_hours(
    town: Town, leader: FlaskClient
) -> None:
    activity_id = announced(town, 3, 4)
    page = page_of(leader, activity_id)
    assert ticked(page) == {town.people[3], town.people[4]}
    assert 'value="3"' in page


def test_check_ins_tick_who_came_and_propose_their_hours(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3, 4, 5)
    by = town.community.actor("leader").login_id
    came, left = datetime(2026, 2, 3, 0, 40, tzinfo=UTC), datetime(2026, 2, 3, 2, 40, tzinfo=UTC)
    with transaction() as session:
        for place, out_at in ((3, left), (4, None)):
            stay = {"in_at": came, "in_by": "code", "in_actor_id": by, "out_at": out_at}
            if out_at:
                stay |= {"out_by": "code", "out_actor_id": by}
            person = town.people[place]
            session.add(CheckIn(activity_id=activity_id, volunteer_id=person, **stay))
    page = page_of(leader, activity_id)
    assert ticked(page) == {town.people[3], town.people[4]}
    assert "in 8:40, out 10:40" in page
    assert "Did not check out: the planned end is proposed." in page
    done = send(leader, activity_id, present=[town.people[3]], **{f"hours-{town.people[3]}": "2"})
    assert done.status_code == 303
    assert town.one("SELECT evidence FROM service_records") == "signed_in"
    assert town.one("SELECT minutes FROM service_records") == 120


@pytest.mark.parametrize(
    ("by", "said", "key"),
    [
        ("code", "Signed in on the spot", "signed_in"),
        ("paper_code", "Signed in by the paper code", "signed_in_weak"),
    ],
)
def test_a_record_says_which_code_it_rests_on(
    town: Town, leader: FlaskClient, by: str, said: str, key: str
) -> None:
    activity_id, person = announced(town, 3), town.people[3]
    actor = town.community.actor("leader").login_id
    came = datetime(2026, 2, 3, 0, 40, tzinfo=UTC)
    with transaction() as session:
        stay = {"in_at": came, "in_by": by, "in_actor_id": actor}
        session.add(CheckIn(activity_id=activity_id, volunteer_id=person, **stay))
    send(leader, activity_id, present=[person], **{f"hours-{person}": "2"})
    record = town.one("SELECT id FROM service_records")
    assert said in leader.get(f"/records/{record}").text
    asked = "/integrity/records?evidence="
    organiser = town.browser("organiser")
    for each in SIGNED_IN:
        assert (f"/records/{record}" in organiser.get(asked + each).text) == (each == key)


def test_it_is_closed_and_says_who_did_not_come(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3, 4, 5)
    fields = {"present": [town.people[3]], "no_show": [town.people[4], town.people[3]]}
    assert send(leader, activity_id, **fields).status_code == 303
    states = "SELECT group_concat(attendance) FROM (SELECT attendance FROM sign_ups ORDER BY id)"
    if town.app.config["DATABASE_URL"].startswith("postgresql"):
        states = "SELECT string_agg(attendance, ',' ORDER BY id) FROM sign_ups"
    assert town.one(states) == "present,no_show,absent"
    assert "/log/" in leader.get(f"/activities/{activity_id}/close").location


def test_one_door_leads_to_a_day(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3)
    found = leader.get(f"/log/TX-red?on={ON}")
    assert found.location.endswith(f"/activities/{activity_id}/close")
    other = leader.get("/log/TX-red?on=2026-02-02")
    assert other.status_code == 200


def test_two_on_one_day_are_listed_and_the_plain_form_records_nothing(
    town: Town, leader: FlaskClient
) -> None:
    announced(town, 3)
    announced(town, 4, title="送餐", starts_minute=840)
    page = leader.get(f"/log/TX-red?on={ON}").text
    assert "送餐" in page
    assert "楼道清扫" in page
    form = {"key": key_in(page), "do": "record", "hours": "2", "service_on": str(ON)}
    refused = leader.post("/log/TX-red", data={**form, "present": [town.people[3]]})
    assert refused.status_code == 422
    assert town.count() == 0


def test_hours_that_do_not_fit_keep_everything_typed(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3, 4)
    fields = {"present": [town.people[3], town.people[4]], "note": "雨天"}
    refused = send(leader, activity_id, **fields, **{f"hours-{town.people[4]}": "13"})
    assert refused.status_code == 422
    assert ticked(refused.text) == {town.people[3], town.people[4]}
    assert "雨天" in refused.text
    assert 'value="13"' in refused.text
    assert town.count() == 0


def test_nobody_has_to_be_said(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3)
    assert send(leader, activity_id).status_code == 422
    both = send(leader, activity_id, nobody="y", present=[town.people[3]])
    assert both.status_code == 422
    assert send(leader, activity_id, nobody="y").status_code == 303
    assert "Nobody came" in page_of(leader, activity_id)


@pytest.mark.parametrize("state", ["draft", "cancelled", "to come"])
def test_what_cannot_be_closed_says_why(town: Town, leader: FlaskClient, state: str) -> None:
    activity_id = announced(town, 3, **({"starts_minute": 1200} if state == "to come" else {}))
    by = town.community.actor("leader")
    with transaction() as session:
        if state == "cancelled":
            cancel_activity(session, activity_id, reason="大雨", actor=by, now=BEFORE)
        if state == "draft":
            activity_id = create_activity(
                session, town.community.red_id, PLAN, actor=by, now=BEFORE
            )
    page = page_of(leader, activity_id)
    said = {"draft": "not been announced", "cancelled": "大雨", "to come": "not begun"}
    assert said[state] in page
    assert 'name="present"' not in page


def test_nobody_else_finds_it(town: Town) -> None:
    activity_id = announced(town, 3)
    for name in ("green_leader", "organiser_below"):
        assert town.browser(name).get(f"/activities/{activity_id}/close").status_code == 404
    assert town.browser("leader").get("/activities/999/close").status_code == 404


def test_the_page_takes_few_statements_however_many_come(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3)
    page_of(leader, activity_id)
    counts = []
    for places in ((4, 6), (5, 7)):
        with transaction() as session:
            by = town.community.actor("leader")
            for place in places:
                sign_up(session, activity_id, town.people[place], actor=by, now=BEFORE)
        with statements() as sent:
            page_of(leader, activity_id)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 19


def came(town: Town, activity_id: int, place: int, **stay: object) -> None:
    by = town.community.actor("leader").login_id
    given = {"in_at": datetime(2026, 2, 3, 0, 40, tzinfo=UTC), "in_by": "code", **stay}
    with transaction() as session:
        session.add(
            CheckIn(
                activity_id=activity_id,
                volunteer_id=town.people[place],
                in_actor_id=by,
                **given,
            )
        )


@pytest.mark.parametrize("half", ["in", "out"])
def test_a_leader_s_own_tick_is_the_leader_s_word(
    town: Town, leader: FlaskClient, half: str
) -> None:
    activity_id = announced(town, 3)
    by = town.community.actor("leader").login_id
    left = {"out_at": datetime(2026, 2, 3, 3, 30, tzinfo=UTC), "out_actor_id": by}
    ways = {"in_by": "leader", "out_by": "code"} if half == "in" else {"out_by": "leader"}
    came(town, activity_id, 3, **left, **ways)
    assert send(leader, activity_id, present=[town.people[3]]).status_code == 303
    assert town.one("SELECT evidence FROM service_records") == "entered"


def test_what_is_worth_a_look_stands_beside_the_name(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3, 4, 5)
    for place in (3, 4):
        came(town, activity_id, place, in_device="d1")
    late = {"out_at": datetime(2026, 2, 3, 8, 0, tzinfo=UTC), "out_by": "paper_code"}
    by = town.community.actor("leader").login_id
    came(town, activity_id, 5, in_by="paper_code", out_actor_id=by, **late)
    page = page_of(leader, activity_id)
    assert page.count("One device for 2 people.") == 2
    assert "Came by the paper code, which proves little." in page
    assert "Stayed longer than the plan; what is over it is not proposed." in page


def test_whoever_left_at_once_is_not_ticked(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3)
    gone = datetime(2026, 2, 3, 0, 40, 9, tzinfo=UTC)
    by = town.community.actor("leader").login_id
    came(town, activity_id, 3, out_at=gone, out_by="code", out_actor_id=by)
    assert ticked(page_of(leader, activity_id)) == set()


def test_a_guest_and_a_new_friend_are_added_on_the_page(town: Town, leader: FlaskClient) -> None:
    activity_id = announced(town, 3)
    asked = {"key": key_in(page_of(leader, activity_id)), "hours": "3", "add": town.people[6]}
    added = leader.post(f"/activities/{activity_id}/close", data=asked)
    assert town.people[6] in ticked(added.text)
    friend = {"friend_name-0": "新来", "friend_tail-0": "0009"}
    people = {"present": [town.people[6]], "guest": [town.people[6]]}
    assert send(leader, activity_id, **people, **friend).status_code == 303
    assert town.count("activity_id IS NOT NULL") == 2
