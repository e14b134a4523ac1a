"""The leader's page: prefilled, forgiving, and never twice."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db import transaction
from app.ledger.operations import (
    NewEntry,
    begin_posting,
    lock_holders,
    post,
    reserve,
    system_account,
)
from app.ledger.rules import Leg
from app.people.models import Volunteer
from app.teams.models import Membership
from tests.service.community import NOW, ORDINARY_DAY, SERVICE_DAY, check_books
from tests.service.conftest import MakeTown, Town, key_in, statements

RED = "/log/TX-red"


def form_of(town: Town, *people: int, key: str = "k1", **more: Any) -> dict[str, Any]:
    """Return what the form of the latest service day sends."""
    return {
        "do": "record",
        "key": key,
        "service_on": SERVICE_DAY.isoformat(),
        "hours": "2.5",
        "content": "扫楼道",
        "present": [str(town.people[i]) for i in people],
        **more,
    }


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


# ── who may ───────────────────────────────────────────────────────────────────────────────


def test_a_leader_of_one_team_is_led_to_its_form(leader: FlaskClient) -> None:
    answer = leader.get("/log")
    assert (answer.status_code, answer.location) == (303, RED)


def test_an_organiser_chooses_among_the_teams(town: Town) -> None:
    page = town.browser("organiser").get("/log").text
    assert "/log/TX-red" in page
    assert "/log/TX-green" in page


@pytest.mark.parametrize("who", ["volunteer", "green_leader", "organiser_below"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_team_out_of_reach_does_not_exist(town: Town, who: str, method: str) -> None:
    assert getattr(town.browser(who), method)(RED).status_code == 404


def test_no_such_team(leader: FlaskClient) -> None:
    assert leader.get("/log/TX-none").status_code == 404


def test_other_methods_are_refused(leader: FlaskClient) -> None:
    assert leader.put(RED).status_code == 405
    assert leader.post("/log").status_code == 405


# ── how it opens ──────────────────────────────────────────────────────────────────────────


def test_the_latest_service_day_is_chosen_and_nobody_ticked(leader: FlaskClient) -> None:
    page = leader.get(RED).text
    assert f'name="service_on" value="{SERVICE_DAY}"' in page
    assert 'name="present"' in page
    assert not [
        line for line in page.split("<input") if 'name="present"' in line and " checked" in line
    ]


def test_a_service_day_too_late_to_enter_does_not_open_by_itself(leader: FlaskClient) -> None:
    with time_machine.travel(NOW + timedelta(days=10), tick=False):
        page = leader.get(RED).text
        assert f'name="service_on" value="{NOW.date() + timedelta(days=10)}"' in page
        # It is still one tap away.
        assert "latest service day" in page


def test_last_time_s_hours_content_and_people_are_proposed(town: Town) -> None:
    town.community.log(*[town.community.line(i, 150, content="夜巡", place="东门") for i in (2, 3)])
    page = town.browser("leader").get(RED).text
    assert 'name="hours" value="2.5"' in page
    assert 'value="夜巡"' in page
    assert 'value="东门"' in page
    assert page.count("data-last") == 2


def test_a_date_may_be_asked_for_in_the_address(leader: FlaskClient) -> None:
    page = leader.get(f"{RED}?on={ORDINARY_DAY}").text
    assert f'name="service_on" value="{ORDINARY_DAY}"' in page
    assert f'name="on" value="{ORDINARY_DAY}"' in page


@pytest.mark.parametrize("on", ["", "x", "2026-13-40", "0001-01-01", "9999-12-31", "２０２６"])
def test_a_strange_date_in_the_address_is_no_failure(leader: FlaskClient, on: str) -> None:
    assert leader.get(RED, query_string={"on": on}).status_code == 200


@pytest.mark.parametrize(
    ("on", "said"), [("x", "Fill in a date such as"), ("9999-12-31", "lies in the future")]
)
def test_a_day_that_cannot_be_shown_is_told_and_the_usual_one_shown(
    leader: FlaskClient, on: str, said: str
) -> None:
    page = leader.get(RED, query_string={"on": on}).text
    assert said in page
    assert f'name="service_on" value="{SERVICE_DAY}"' in page


def test_a_team_nobody_belonged_to_by_the_service_day_opens_on_today(town: Town) -> None:
    begin_today(town)
    page = town.browser("leader").get(RED).text
    assert f'name="service_on" value="{NOW.date()}"' in page
    assert "latest service day" not in page
    assert ticked_or_not(page) == set(town.people[:6])


def test_a_guest_of_the_service_day_opens_it_even_without_members(town: Town) -> None:
    town.community.log(town.community.line(3, service_on=SERVICE_DAY))
    begin_today(town)
    page = town.browser("leader").get(RED).text
    assert f'name="service_on" value="{SERVICE_DAY}"' in page


def begin_today(town: Town) -> None:
    """Let everybody of the red team have joined only today."""
    with transaction() as session:
        session.execute(
            update(Membership)
            .where(Membership.team_id == town.community.red_id)
            .values(from_on=NOW.date())
        )


def ticked_or_not(page: str) -> set[int]:
    return {int(found) for found in re.findall(r'name="present" value="(\d+)"', page)}


def test_another_day_is_an_address_so_that_back_leads_back(leader: FlaskClient) -> None:
    page = leader.get(RED).text
    form = page.split("data-dayform")[0].rsplit("<form", 1)[1]
    assert 'method="get"' in form
    assert f'href="{RED}?on={SERVICE_DAY}"' in page
    assert f'href="{RED}?on={NOW.date()}"' in page
    assert "another day opens an empty form" in page


def test_an_added_guest_comes_along_to_another_day(town: Town, leader: FlaskClient) -> None:
    page = pressed(leader, add=str(town.people[6]))
    assert f'href="{RED}?on={NOW.date()}&amp;guest={town.people[6]}"' in page
    other = leader.get(RED, query_string={"on": ORDINARY_DAY, "guest": town.people[6]}).text
    assert f'name="guest" value="{town.people[6]}"' in other


@pytest.mark.parametrize("guest", ["x", "-1", "9" * 30])
def test_a_strange_guest_in_the_address_is_nobody(leader: FlaskClient, guest: str) -> None:
    answer = leader.get(RED, query_string={"guest": guest})
    assert (answer.status_code, 'name="guest"' in answer.text) == (200, False)


def test_who_is_recorded_shows_as_recorded(town: Town) -> None:
    town.community.log(town.community.line(3, 150, service_on=SERVICE_DAY))
    page = town.browser("co_leader").get(RED).text
    assert "2.5 h recorded" in page
    assert f'id="present-{town.people[3]}"' not in page


@pytest.mark.parametrize(
    ("person", "tag"),
    [(3, ("q-tag--ok", "check", "recorded")), (0, ("q-tag--warn", "clock", "waiting"))],
)
def test_what_waits_has_no_green_tick(town: Town, person: int, tag: tuple[str, str, str]) -> None:
    # The first person is the leader, whose own row somebody else decides.
    town.community.log(town.community.line(person, 150, service_on=SERVICE_DAY))
    page = town.browser("co_leader").get(RED).text
    tone, icon, state = tag
    assert re.search(
        rf'"q-tag {tone}"><svg[^>]*><use href="[^"]*#{icon}"/></svg>2.5 h {state}', page
    )


def test_hours_with_another_team_are_told(town: Town) -> None:
    line = town.community.line(3, 120, service_on=SERVICE_DAY, team_id=town.community.green_id)
    town.community.log(line, by="green_leader")
    assert "2 hours that day with TX-green" in town.browser("leader").get(RED).text


# ── buttons that only change the form ─────────────────────────────────────────────────────


def pressed(leader: FlaskClient, **form: Any) -> str:
    answer = leader.post(RED, data=form)
    assert answer.status_code == 200
    return answer.text


def ticked(page: str) -> set[int]:
    boxes = [line for line in page.split("<input") if 'name="present"' in line]
    return {int(box.split('value="')[1].split('"')[0]) for box in boxes if " checked" in box}


def test_all_can_be_ticked_without_script_and_what_was_typed_stays(
    town: Town, leader: FlaskClient
) -> None:
    page = pressed(leader, do="all", hours="1.75", content="测量血压")
    assert ticked(page) == set(town.people[:6])
    assert 'value="1.75"' in page
    assert "测量血压" in page
    assert town.count() == 0


def test_none_and_same_as_last_time(town: Town, leader: FlaskClient) -> None:
    town.community.log(town.community.line(2), town.community.line(4))
    chosen = pressed(leader, do="same")
    assert ticked(chosen) == {town.people[2], town.people[4]}
    assert ticked(pressed(leader, do="none", present=str(town.people[2]))) == set()


def test_the_search_hides_rows_but_keeps_their_ticks(town: Town, leader: FlaskClient) -> None:
    page = pressed(leader, do="refresh", find="春分", present=str(town.people[1]))
    assert ticked(page) == {town.people[1]}
    assert page.count('<li class="q-mem" hidden') == 5


def test_a_guest_is_found_by_number_and_added(town: Town, leader: FlaskClient) -> None:
    found = pressed(leader, do="find", find_guest="tx00007", present=str(town.people[3]))
    assert f'name="add" value="{town.people[6]}"' in found
    added = pressed(leader, add=str(town.people[6]), present=str(town.people[3]))
    assert ticked(added) == {town.people[3], town.people[6]}
    assert f'name="guest" value="{town.people[6]}"' in added


def test_nobody_from_elsewhere_can_be_added(town: Town, leader: FlaskClient) -> None:
    stranger = make_stranger()
    assert 'name="add"' not in pressed(leader, do="find", find_guest="寒露")
    assert "寒露" not in pressed(leader, add=str(stranger))
    answer = leader.post(RED, data=form_of(town, 3, present=[str(stranger)]))
    assert (answer.status_code, town.count()) == (422, 0)
    assert "寒露" not in answer.text


def test_walking_the_ids_of_guests_tells_a_leader_no_names(town: Town, leader: FlaskClient) -> None:
    walked = {"guest": town.people[6:], "on": ORDINARY_DAY}
    pages = [
        leader.get(RED, query_string=walked).text,
        pressed(leader, do="none", present=[str(one) for one in town.people[6:]]),
        pressed(leader, add=str(town.people[6])),
        pressed(leader, do="find", find_guest="TX0000"),
    ]
    for page in pages:
        assert "立*" in page
        assert "TX00007" in page
        assert not any(hidden in page for hidden in ("立夏", "小满"))
    named = town.browser("organiser").get(RED, query_string=walked).text
    assert "立夏" in named


def test_a_guest_whose_name_is_typed_in_full_is_named(leader: FlaskClient) -> None:
    assert "立夏" in pressed(leader, do="find", find_guest=" 立夏 ")
    assert "立*" in pressed(leader, do="find", find_guest="TX00007")


def make_stranger() -> int:
    from app.organisations.operations import create_organisation
    from app.people.operations import add_volunteer

    with transaction() as session:
        other = create_organisation(session, code="ZZ", name="别处", actor_id=None, now=NOW)
        made = add_volunteer(session, organisation_id=other.id, name="寒露", actor_id=None, now=NOW)
        return made.id


# ── recording ─────────────────────────────────────────────────────────────────────────────


def test_a_day_is_recorded_and_says_who_got_what(town: Town, leader: FlaskClient) -> None:
    answer = leader.post(RED, data=form_of(town, 2, 3, **{f"hours-{town.people[3]}": "1.5"}))
    assert answer.status_code == 303
    page = leader.get(answer.location).text
    assert "惊蛰" in page
    assert "+3.8 points" in page
    assert "1.5 hours" in page
    assert "2 people served 4 hours together" in page
    assert town.count("state = 'approved'") == 2


def test_the_text_for_the_group_names_nobody(town: Town, leader: FlaskClient) -> None:
    answer = leader.post(RED, data=form_of(town, 2, 3))
    copied = leader.get(answer.location).text.split("<textarea")[1].split("</textarea>")[0]
    assert "2 people" in copied
    for private in ("惊蛰", "春分", "TX0000"):
        assert private not in copied


def test_the_leader_s_own_row_waits(town: Town, leader: FlaskClient) -> None:
    answer = leader.post(RED, data=form_of(town, 0, 3))
    page = leader.get(answer.location).text
    assert "Own hours: a co-leader or an organiser decides" in page
    assert (town.count("state = 'approved'"), town.count("waits_reason = 'own_row'")) == (1, 1)


def test_a_guest_is_recorded_as_one(town: Town, leader: FlaskClient) -> None:
    leader.post(RED, data=form_of(town, 6, guest=str(town.people[6])))
    assert town.count("is_guest AND state = 'approved'") == 1


def test_from_and_to_give_the_hours(town: Town, leader: FlaskClient) -> None:
    form = form_of(town, 3, proposed="2.5", starts="08:30", ends="11:30")
    assert leader.post(RED, data=form).status_code == 303
    assert town.count("minutes = 180 AND starts_minute = 510") == 1


def test_from_and_to_against_the_hours_typed_are_told(town: Town, leader: FlaskClient) -> None:
    form = form_of(town, 3, proposed="2", starts="08:30", ends="11:30")
    answer = leader.post(RED, data=form)
    assert (answer.status_code, town.count()) == (422, 0)
    assert "From 8:30 to 11:30 it is 3 hours, not 2.5." in answer.text


def test_a_night_becomes_two_records_and_one_person(town: Town, leader: FlaskClient) -> None:
    on = (SERVICE_DAY - timedelta(days=1)).isoformat()
    form = form_of(town, 3, service_on=on, proposed="2.5")
    answer = leader.post(RED, data={**form, "starts": "22:00", "ends": "01:00", "next_day": "y"})
    assert town.count() == 2
    page = leader.get(answer.location).text
    assert "1 people served 3 hours" in page


def test_new_friends_wait_for_an_organiser(town: Town, leader: FlaskClient) -> None:
    form = form_of(town, 3, **{"friend_name-0": "秋分", "friend_tail-0": "００４２"})
    answer = leader.post(RED, data=form)
    assert "New friend: an organiser confirms the person first" in leader.get(answer.location).text
    assert town.one("SELECT phone FROM volunteers WHERE state = 'proposed'") == "0042"
    assert town.count("waits_reason = 'new_person' AND state = 'submitted'") == 1
    assert "0042" not in leader.get(answer.location).text


def test_a_friend_refused_is_not_added_and_comes_back(town: Town, leader: FlaskClient) -> None:
    form = form_of(town, 3, **{"friend_name-0": "秋分", "friend_tail-0": "0042"})
    answer = leader.post(RED, data={**form, "friend_hours-0": "13"})
    assert answer.status_code == 422
    assert "秋分" in answer.text
    assert town.one("SELECT count(*) FROM volunteers WHERE state = 'proposed'") == 0
    assert town.count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"present": []}, "Tick who came."),
        ({"hours": ""}, "Fill in how long each was there."),
        ({"hours": "NaN"}, "Fill in hours such as 2 or 2.5."),
        ({"hours": "１２０"}, "Fill in hours such as 2 or 2.5."),
        ({"service_on": ""}, "Choose the day."),
        ({"service_on": "28"}, "Fill in a date such as 2026-03-28."),
        ({"service_on": "2026-02-30"}, "Fill in a date such as 2026-03-28."),
        ({"service_on": "2027-01-01"}, "lies in the future"),
        ({"present": ["x"]}, "Tick the people again."),
        ({"starts": "8:30"}, "Fill in both times, or neither."),
        ({"starts": "25:00", "ends": "26:00"}, "Fill in a time such as 8:30."),
        ({"friend_name-0": "秋分"}, "Fill in the last 4 digits of the phone."),
        ({"friend_tail-0": "0042"}, "Fill in the name."),
        ({"content": "x" * 201}, "200"),
    ],
)
def test_a_bad_form_comes_back_as_typed(
    town: Town, leader: FlaskClient, wrong: dict[str, Any], said: str
) -> None:
    answer = leader.post(RED, data={**form_of(town, 3, place="东门外"), **wrong})
    assert (answer.status_code, town.count()) == (422, 0)
    assert said in answer.text
    assert "东门外" in answer.text
    assert "<title>Error: " in answer.text
    assert 'href="#' in answer.text


def test_hours_of_one_row_that_are_none_are_told_at_the_row(
    town: Town, leader: FlaskClient
) -> None:
    form = form_of(town, 2, 3, **{f"hours-{town.people[3]}": "zwei"})
    answer = leader.post(RED, data=form)
    assert (answer.status_code, town.count()) == (422, 0)
    assert f'id="present-{town.people[3]}-error"' in answer.text
    assert "zwei" in answer.text
    assert ticked(answer.text) == {town.people[2], town.people[3]}


def test_what_is_accepted_counts_and_what_is_refused_comes_back(
    town: Town, leader: FlaskClient
) -> None:
    form = form_of(town, 2, 3, **{f"hours-{town.people[3]}": "13"})
    answer = leader.post(RED, data=form)
    assert answer.status_code == 422
    assert "A day holds at most 720 minutes; this record alone has 780." in answer.text
    assert ticked(answer.text) == {town.people[3]}
    assert "2.5 h recorded" in answer.text
    assert key_in(answer.text) != "k1"
    assert town.count("state = 'approved'") == 1
    mended = {**form, "key": key_in(answer.text), f"hours-{town.people[3]}": "2"}
    again = leader.post(RED, data={**mended, "present": [str(town.people[3])]})
    assert again.status_code == 303
    assert town.count("state = 'approved'") == 2


def test_an_organiser_may_let_a_long_day_count_with_a_reason(town: Town) -> None:
    organiser = town.browser("organiser")
    form = form_of(town, 3, hours="9")
    answer = organiser.post(RED, data=form)
    assert (answer.status_code, town.count()) == (422, 0)
    assert 'name="over_limit_reason"' in answer.text
    reason = {"over_limit_reason": "防汛", "key": key_in(answer.text)}
    assert organiser.post(RED, data={**form, **reason}).status_code == 303
    assert town.count("state = 'approved' AND reason = '防汛'") == 1


def test_a_leader_s_long_or_late_day_waits(town: Town, leader: FlaskClient) -> None:
    leader.post(RED, data=form_of(town, 3, hours="9"))
    late = {"service_on": "2025-12-01", "key": "k2"}
    leader.post(RED, data={**form_of(town, 2), **late})
    assert town.count("waits_reason = 'over_limit'") == 1
    assert town.count("waits_reason = 'late'") == 1


# ── never twice ───────────────────────────────────────────────────────────────────────────


def test_a_double_tap_leads_to_the_same_result(
    town: Town, leader: FlaskClient, db_session: Session
) -> None:
    first = leader.post(RED, data=form_of(town, 0, 2, 3))
    second = leader.post(RED, data=form_of(town, 0, 2, 3))
    assert (first.location, second.location) == (first.location, first.location)
    assert town.count() == 3
    check_books(db_session)


def test_a_double_tap_with_a_new_friend_makes_one(town: Town, leader: FlaskClient) -> None:
    form = form_of(town, 3, **{"friend_name-0": "秋分", "friend_tail-0": "0042"})
    for _ in range(2):
        assert leader.post(RED, data=form).status_code == 303
    assert town.one("SELECT count(*) FROM volunteers WHERE state = 'proposed'") == 1


def test_back_and_changed_content_posts_nothing_and_shows_what_went_through(
    town: Town, leader: FlaskClient
) -> None:
    leader.post(RED, data=form_of(town, 2, 3))
    answer = leader.post(RED, data=form_of(town, 2, 3, 4, hours="3"))
    assert (answer.status_code, town.count()) == (422, 2)
    assert "This form was sent before with other content." in answer.text
    assert answer.text.count("2.5 h recorded") == 2
    assert ticked(answer.text) == {town.people[4]}
    assert 'value="3"' in answer.text
    again = form_of(town, 4, hours="3", key=key_in(answer.text))
    assert leader.post(RED, data=again).status_code == 303
    assert town.count() == 3


def test_another_tab_or_another_leader_does_not_double_anybody(
    town: Town, leader: FlaskClient
) -> None:
    leader.post(RED, data=form_of(town, 2, 3))
    co_leader = town.browser("co_leader")
    answer = co_leader.post(RED, data=form_of(town, 3, 4, key="k2", content="别的话", hours="2"))
    assert (answer.status_code, town.count()) == (422, 3)
    assert "Repeat: 2.5 hours are recorded for this day already." in answer.text
    assert 'name="keep"' in answer.text


def test_whoever_served_twice_is_kept_twice(town: Town, leader: FlaskClient) -> None:
    leader.post(RED, data=form_of(town, 3))
    answer = leader.post(RED, data=form_of(town, 3, key="k2"))
    kept = form_of(town, 3, key=key_in(answer.text), keep=str(town.people[3]))
    assert leader.post(RED, data=kept).status_code == 303
    assert town.count("state = 'approved'") == 2


def test_a_recorded_person_may_be_added_again_on_purpose(town: Town, leader: FlaskClient) -> None:
    leader.post(RED, data=form_of(town, 3))
    page = pressed(leader, add=str(town.people[3]), service_on=SERVICE_DAY.isoformat())
    assert "2.5 hours are recorded already; this comes on top." in page
    assert f'name="keep" value="{town.people[3]}" checked' in page


# ── as many as there are ──────────────────────────────────────────────────────────────────


def fill_team(town: Town, count: int) -> list[int]:
    with transaction() as session:
        people = [
            Volunteer(
                organisation_id=town.community.root_id,
                number=f"XX{i:05}",
                name=f"新人{i}",
                name_keys=f"xinren{i}",
                kind="resident",
                state="active",
                is_named=False,
                created_at=NOW,
            )
            for i in range(count)
        ]
        session.add_all(people)
        session.flush()
        session.add_all(
            Membership(
                team_id=town.community.red_id,
                volunteer_id=person.id,
                role="member",
                from_on=date(2025, 1, 1),
            )
            for person in people
        )
        return [person.id for person in people]


def test_two_hundred_people_take_as_many_statements_as_two(make_town: MakeTown) -> None:
    town = make_town()
    ids = fill_team(town, 203)
    leader = town.browser("leader")
    counts = []
    # The very first day opens the community's accounts as well.
    for key, present in (("first", ids[:1]), ("few", ids[1:3]), ("many", ids[3:])):
        form = form_of(town, key=key) | {"present": [str(each) for each in present]}
        with statements() as sent:
            assert leader.post(RED, data=form).status_code == 303
        counts.append(len(sent))
    assert counts[2] == counts[1]
    assert town.count() == 203


def test_the_form_asks_the_database_a_bounded_number_of_times(make_town: MakeTown) -> None:
    town = make_town()
    fill_team(town, 60)
    town.community.log(*[town.community.line(i) for i in range(2, 6)])
    leader = town.browser("leader")
    with statements() as sent:
        leader.get(RED)
    assert len(sent) <= 22, sent


# ── the result and taking it back ─────────────────────────────────────────────────────────


def test_the_result_is_for_those_of_the_team(town: Town, leader: FlaskClient) -> None:
    there = leader.post(RED, data=form_of(town, 3)).location
    seen = {
        who: town.browser(who).get(there).status_code
        for who in ("co_leader", "organiser", "green_leader", "volunteer", "organiser_below")
    }
    assert seen == {
        "co_leader": 200,
        "organiser": 200,
        "green_leader": 404,
        "volunteer": 404,
        "organiser_below": 404,
    }
    assert leader.get("/log/999999").status_code == 404
    assert leader.get("/log/999999/undo").status_code == 404


def test_a_leader_takes_the_own_entry_back(
    town: Town, leader: FlaskClient, db_session: Session
) -> None:
    there = leader.post(RED, data=form_of(town, 0, 3)).location
    question = leader.get(f"{there}/undo").text
    assert "Take this entry back?" in question
    answer = leader.post(f"{there}/undo", data={"key": key_in(question)})
    assert answer.status_code == 303
    assert (town.count("state = 'reversed'"), town.count("state = 'rejected'")) == (1, 1)
    assert "This entry was taken back" in leader.get(there).text
    assert leader.post(f"{there}/undo", data={"key": "other"}).status_code == 422
    check_books(db_session)


def test_an_organiser_gives_a_reason_for_it(town: Town, leader: FlaskClient) -> None:
    there = leader.post(RED, data=form_of(town, 3)).location
    organiser = town.browser("organiser")
    answer = organiser.post(f"{there}/undo", data={"key": "a"})
    assert answer.status_code == 422
    assert "Give the reason in a few words." in answer.text
    assert organiser.post(f"{there}/undo", data={"key": "b", "reason": "记错"}).status_code == 303


def test_a_co_leader_may_not_undo_another_s_entry(town: Town, leader: FlaskClient) -> None:
    there = leader.post(RED, data=form_of(town, 3)).location
    answer = town.browser("co_leader").post(f"{there}/undo", data={"key": "a"})
    assert answer.status_code == 422
    assert town.count("state = 'approved'") == 1


def test_who_has_spent_it_is_named_and_nothing_is_taken_back(
    town: Town, leader: FlaskClient, db_session: Session
) -> None:
    there = leader.post(RED, data=form_of(town, 2, 3)).location
    spend(town, 3)
    answer = leader.post(f"{there}/undo", data={"key": "a"})
    assert answer.status_code == 422
    assert "these people have spent some of it already: 春分." in answer.text
    assert town.count("state = 'approved'") == 2
    check_books(db_session)


def spend(town: Town, person: int) -> None:
    with transaction() as session:
        volunteer_id, root_id = town.people[person], town.community.root_id
        begin_posting(session)
        held = lock_holders(session, [volunteer_id])[volunteer_id]
        redeemed = system_account(session, root_id, "points_redeemed", "points")
        legs = (Leg(held.points_id, -100), Leg(redeemed, 100))
        entry = NewEntry("redemption", "item", 1, legs)
        post(session, [entry], reserve(session, 1, NOW), actor_id=None)
