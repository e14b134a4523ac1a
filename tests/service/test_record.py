"""The page of one record: its facts and history, correcting it, reversing it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db import transaction
from app.people.models import Helper
from tests.service.community import ORDINARY_DAY, SERVICE_DAY, balances, check_books
from tests.service.conftest import Town, key_in, statements


def served(town: Town, person: int = 3, minutes: int = 150, **more: Any) -> int:
    line = town.community.line(person, minutes, **{"service_on": SERVICE_DAY, **more})
    return town.community.logged(line).record_ids[0]


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


# ── seeing it ─────────────────────────────────────────────────────────────────────────────


def test_a_record_tells_its_facts_and_its_sentence(town: Town, organiser: FlaskClient) -> None:
    page = organiser.get(f"/records/{served(town, place='东门', note='带水壶')}").text
    for said in (
        "春分 (TX00004)",
        "TX-red",
        "东门",
        "带水壶",
        "2.5 hours",
        "3.8 points",
        "2.5 h × 1 per hour = 2.5, service day adds 50 % → 3.8 (rounded to 0.1)",
        "Recorded by",
        "Approved by",
    ):
        assert said in page, said


def test_without_a_bonus_the_sum_stands_once(town: Town, organiser: FlaskClient) -> None:
    record_id = served(town, service_on=ORDINARY_DAY, minutes=120)
    page = organiser.get(f"/records/{record_id}").text
    assert "1 per hour, no bonus that day" in page
    assert "× 1 per hour" not in page
    assert page.count("2 points") == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("volunteer", 200),
        ("leader", 200),
        ("co_leader", 200),
        ("organiser", 200),
        ("green_leader", 404),
        ("organiser_below", 404),
        ("visitor", 303),
    ],
)
def test_who_may_see_it(town: Town, who: str, status: int) -> None:
    # The volunteer of the community is the fourth person, whose record it is.
    assert town.browser(who).get(f"/records/{served(town)}").status_code == status


def test_a_volunteer_sees_no_buttons_and_no_other_record(town: Town) -> None:
    volunteer = town.browser("volunteer")
    page = volunteer.get(f"/records/{served(town)}").text
    assert "/correct" not in page
    assert "/reverse" not in page
    assert volunteer.get(f"/records/{served(town, 4)}").status_code == 404
    assert volunteer.get("/records/999999").status_code == 404


@pytest.mark.parametrize(
    ("who", "person", "path", "label"),
    [
        ("volunteer", 3, "/me/ledger", "Ledger"),
        ("leader", 3, f"/log/TX-red?on={SERVICE_DAY}", "TX-red"),
        ("organiser", 3, f"/log/TX-red?on={SERVICE_DAY}", "TX-red"),
        ("leader", 0, "/me/ledger", "Ledger"),
        ("co_leader", 0, "/waiting", "Waiting for review"),
        ("organiser", 0, "/waiting", "Waiting for review"),
    ],
)
def test_it_leads_back_to_the_list_of_whoever_reads(
    town: Town, who: str, person: int, path: str, label: str
) -> None:
    # The first person is the leader, whose own row waits.
    browser = town.browser(who)
    page = browser.get(f"/records/{served(town, person)}").text
    link = re.search(r'<a class="q-back[^>]*href="([^"]*)">.*?</svg>([^<]*)</a>', page)
    assert link
    assert link.groups() == (path, label)
    assert browser.get(path).status_code == 200


def test_a_helper_is_led_back_to_the_passbook_of_whom_they_act_for(town: Town) -> None:
    with transaction() as session:
        session.add(
            Helper(
                volunteer_id=town.people[4], helper_id=town.people[3], kind="helper",
                from_on=ORDINARY_DAY,
            )
        )  # fmt: skip
    page = town.browser("volunteer").get(f"/records/{served(town, 4)}").text
    assert 'href="/volunteers/TX00005/passbook"' in page


def test_other_methods_are_refused(town: Town, organiser: FlaskClient) -> None:
    record = served(town)
    assert organiser.post(f"/records/{record}").status_code == 405
    for act in ("correct", "reverse", "send-back", "welcome"):
        assert organiser.delete(f"/records/{record}/{act}").status_code == 405


@pytest.mark.parametrize("act", ["correct", "reverse", "send-back"])
def test_acts_out_of_reach_do_not_exist(town: Town, act: str) -> None:
    record = served(town)
    for who in ("volunteer", "green_leader", "organiser_below"):
        assert town.browser(who).get(f"/records/{record}/{act}").status_code == 404
        assert town.browser(who).post(f"/records/{record}/{act}").status_code == 404
    assert town.browser("organiser").get(f"/records/999999/{act}").status_code == 404


def test_the_page_asks_the_database_a_bounded_number_of_times(
    town: Town, organiser: FlaskClient
) -> None:
    record = served(town)
    with statements() as sent:
        organiser.get(f"/records/{record}")
    assert len(sent) <= 16, sent


# ── correcting ────────────────────────────────────────────────────────────────────────────


def correction(**more: Any) -> dict[str, Any]:
    return {
        "service_on": SERVICE_DAY.isoformat(),
        "hours": "2",
        "team": "TX-red",
        "content": "清扫",
        "reason": "早走了",
        "key": "c",
        **more,
    }


def test_a_correction_replaces_the_record_in_one_step(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    record = served(town)
    form = organiser.get(f"/records/{record}/correct").text
    assert 'value="2.5"' in form
    done = organiser.post(f"/records/{record}/correct", data=correction(key=key_in(form)))
    assert done.status_code == 303
    assert balances(db_session, town.people[3]) == (120, 300)
    old = organiser.get(f"/records/{record}").text
    assert "Corrected by record" in old
    assert "Reversed by" in old
    assert "早走了" in old
    assert f"Corrects record {record}" in organiser.get(done.location).text
    check_books(db_session)


def test_a_correction_sent_twice_corrects_once(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    there = f"/records/{served(town)}/correct"
    locations = {organiser.post(there, data=correction()).location for _ in range(2)}
    assert len(locations) == 1
    assert town.count() == 2
    check_books(db_session)


def test_the_own_record_waits_for_somebody_else(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    record = served(town, 0)
    organiser.post("/waiting", data={"record": str(record), "key": "a"})
    leader = town.browser("leader")
    done = leader.post(f"/records/{record}/correct", data=correction())
    assert done.status_code == 303
    assert "waits for somebody else" in leader.get(done.location).text
    assert town.count("state = 'submitted' AND waits_reason = 'correction'") == 1
    assert balances(db_session, town.people[0]) == (150, 380)
    assert "So far: 2.5 hours" in town.browser("co_leader").get("/waiting").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"hours": ""},
        {"hours": "1e9"},
        {"hours": "25"},
        {"service_on": ""},
        {"service_on": "2030-01-01"},
        {"team": "TX-none"},
        {"starts": "24:00"},
        {"content": "清扫", "hours": "2.5"},
    ],
)
def test_a_bad_correction_comes_back(
    town: Town, organiser: FlaskClient, wrong: dict[str, str]
) -> None:
    record = served(town)
    answer = organiser.post(f"/records/{record}/correct", data=correction(place="北门", **wrong))
    assert answer.status_code == 422
    assert "北门" in answer.text
    assert town.count() == 1


def test_a_leader_moves_nothing_to_a_team_of_others(town: Town) -> None:
    record = served(town)
    answer = town.browser("leader").post(
        f"/records/{record}/correct", data=correction(team="TX-green")
    )
    assert (answer.status_code, town.count()) == (422, 1)


# ── reversing ─────────────────────────────────────────────────────────────────────────────


def test_an_organiser_reverses_with_a_reason(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    record = served(town, service_on=ORDINARY_DAY)
    there = f"/records/{record}/reverse"
    refused = organiser.post(there, data={"key": "a"})
    assert (refused.status_code, town.count("state = 'reversed'")) == (422, 0)
    assert "Give the reason in a few words." in refused.text
    done = organiser.post(there, data={"key": key_in(refused.text), "reason": "记错人"})
    assert done.status_code == 303
    assert balances(db_session, town.people[3]) == (0, 0)
    page = organiser.get(done.location).text
    assert "Reason of the reversal" in page
    assert "记错人" in page
    check_books(db_session)


def test_a_record_reversed_is_not_reversed_again(town: Town, organiser: FlaskClient) -> None:
    there = f"/records/{served(town)}/reverse"
    assert organiser.post(there, data={"key": "a", "reason": "x"}).status_code == 303
    assert organiser.post(there, data={"key": "a", "reason": "x"}).status_code == 303
    assert organiser.post(there, data={"key": "b", "reason": "x"}).status_code == 422


def test_a_leader_takes_back_only_the_own_entry(town: Town) -> None:
    there = f"/records/{served(town)}/reverse"
    assert town.browser("co_leader").post(there, data={"key": "a"}).status_code == 422
    assert town.browser("leader").post(there, data={"key": "a"}).status_code == 303
