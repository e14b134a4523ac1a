"""What waits: who sees it, who decides, and that what became impossible says why and stays."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.service.community import SERVICE_DAY, check_books
from tests.service.conftest import Town, key_in, statements

PAGE = "/waiting"


def own_row(town: Town, **more: Any) -> int:
    """Let the leader's own hours wait; return the record."""
    return town.community.logged(town.community.line(0, **more)).record_ids[0]


def long_day(town: Town, person: int = 3) -> int:
    return town.community.logged(town.community.line(person, 600)).record_ids[0]


def new_friend(town: Town) -> int:
    form = {
        "do": "record",
        "key": "friend",
        "service_on": SERVICE_DAY.isoformat(),
        "hours": "2",
        "friend_name-0": "秋分",
        "friend_tail-0": "0042",
    }
    town.browser("leader").post("/log/TX-red", data=form)
    return int(town.one("SELECT max(id) FROM service_records"))


def badge(page: str) -> int:
    found = re.search(r'q-badge">(\d+)', page)
    return int(found[1]) if found else 0


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


# ── who sees what ─────────────────────────────────────────────────────────────────────────


def test_nobody_decides_about_the_own_row_but_a_co_leader_does(town: Town) -> None:
    record = own_row(town)
    box = f'id="record-{record}"'
    assert box not in town.browser("leader").get(PAGE).text
    assert box not in town.browser("green_leader").get(PAGE).text
    page = town.browser("co_leader").get(PAGE).text
    assert box in page
    assert "Own hours: a co-leader or an organiser decides" in page


def test_volunteers_and_visitors_have_no_such_page(town: Town) -> None:
    assert town.browser("volunteer").get(PAGE).status_code == 404
    assert town.browser("visitor").get(PAGE).status_code == 303
    assert town.browser("leader").put(PAGE).status_code == 405


def test_the_badge_says_how_long_the_list_is(town: Town) -> None:
    own_row(town)
    long_day(town)
    new_friend(town)
    for who, count in (("co_leader", 3), ("organiser", 3), ("leader", 2), ("green_leader", 0)):
        page = town.browser(who).get(PAGE).text
        assert badge(page) == count, who
        assert page.count('class="q-wait"') == count, who


def test_an_empty_list_says_what_would_be_here(organiser: FlaskClient) -> None:
    assert "Nothing waits for you" in organiser.get(PAGE).text


# ── deciding ──────────────────────────────────────────────────────────────────────────────


def approve(client: FlaskClient, *records: int, key: str = "a", **more: Any) -> Any:
    return client.post(PAGE, data={"record": [str(one) for one in records], "key": key, **more})


def test_what_is_ticked_is_approved_and_counts(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    records = [own_row(town), own_row(town, service_on=SERVICE_DAY)]
    answer = approve(organiser, *records)
    assert answer.status_code == 303
    assert "2 approved." in organiser.get(PAGE).text
    assert town.count("state = 'approved'") == 2
    check_books(db_session)


def test_a_double_tap_approves_once(town: Town, organiser: FlaskClient) -> None:
    record = own_row(town)
    assert approve(organiser, record).status_code == 303
    assert approve(organiser, record).status_code == 303
    assert town.count("state = 'approved'") == 1


def test_nothing_ticked_is_told(town: Town, organiser: FlaskClient) -> None:
    own_row(town)
    answer = approve(organiser)
    assert answer.status_code == 422
    assert "Tick what you approve." in answer.text


def test_a_long_day_needs_the_organiser_s_reason(town: Town, organiser: FlaskClient) -> None:
    record = long_day(town)
    refused = approve(organiser, record)
    assert refused.status_code == 422
    assert "Give the reason in a few words." in refused.text
    assert f'id="record-{record}" checked' in refused.text
    assert approve(organiser, record, key="b", reason="防汛").status_code == 303
    assert town.count("state = 'approved' AND reason = '防汛'") == 1


def test_a_co_leader_sees_but_does_not_decide_what_is_the_organiser_s(town: Town) -> None:
    record = long_day(town)
    co_leader = town.browser("co_leader")
    page = co_leader.get(PAGE).text
    assert "An organiser decides." in page
    assert f'id="record-{record}"' not in page
    assert approve(co_leader, record, reason="x").status_code == 422
    assert town.count("state = 'approved'") == 0


def test_what_cannot_be_approved_says_why_and_stays_while_the_rest_counts(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    fine, long = own_row(town, service_on=SERVICE_DAY), long_day(town)
    answer = approve(organiser, fine, long)
    assert answer.status_code == 422
    assert "1 approved." in answer.text
    assert f'id="record-{long}" checked' in answer.text
    assert town.count(f"id = {fine} AND state = 'approved'") == 1
    assert town.count(f"id = {long} AND state = 'submitted'") == 1
    check_books(db_session)


def test_what_another_has_approved_meanwhile_is_told(town: Town, organiser: FlaskClient) -> None:
    record = own_row(town)
    approve(town.browser("co_leader"), record)
    answer = approve(organiser, record)
    assert answer.status_code == 422
    assert "Somebody has dealt with this record in the meantime." in answer.text
    assert town.count("state = 'approved'") == 1


@pytest.mark.parametrize("record", ["999999", "0", "x", "9" * 30])
def test_a_record_that_is_none_is_refused(organiser: FlaskClient, record: str) -> None:
    assert organiser.post(PAGE, data={"record": record, "key": "a"}).status_code in {404, 422}


def test_a_record_of_another_team_is_not_there(town: Town) -> None:
    record = own_row(town)
    assert approve(town.browser("green_leader"), record).status_code == 404
    assert town.count("state = 'approved'") == 0


def test_the_list_asks_the_database_a_bounded_number_of_times(
    town: Town, organiser: FlaskClient
) -> None:
    for person in (2, 3, 4, 5):
        long_day(town, person)
    with statements() as first:
        organiser.get(PAGE)
    with statements() as sent:
        organiser.get(PAGE)
    # The first reads what the organisation decides; the process keeps it.
    assert (len(first), len(sent)) <= (18, 16), sent


# ── sending back ──────────────────────────────────────────────────────────────────────────


def test_a_record_is_sent_back_with_a_reason(town: Town, organiser: FlaskClient) -> None:
    record = own_row(town)
    there = f"/records/{record}/send-back"
    question = organiser.get(there).text
    assert "Send this back?" in question
    without = organiser.post(there, data={"key": "a"})
    assert (without.status_code, town.count("state = 'submitted'")) == (422, 1)
    done = organiser.post(there, data={"key": key_in(question), "reason": "没有来"})
    assert done.status_code == 303
    assert town.count("state = 'rejected' AND reason = '没有来'") == 1
    assert "没有来" in town.browser("leader").get(f"/records/{record}").text


def test_who_may_not_decide_is_told(town: Town) -> None:
    record = own_row(town)
    leader = town.browser("leader")
    answer = leader.post(f"/records/{record}/send-back", data={"key": "a", "reason": "x"})
    assert answer.status_code == 422
    assert "Nobody approves service of their own" in answer.text
    assert town.browser("green_leader").get(f"/records/{record}/send-back").status_code == 404


# ── new friends ───────────────────────────────────────────────────────────────────────────


def test_a_new_friend_is_welcomed_and_the_hours_count(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    record = new_friend(town)
    there = f"/records/{record}/welcome"
    assert there in organiser.get(PAGE).text
    question = organiser.get(there).text
    assert "phone ending in 0042" in question
    form = {"key": key_in(question)}
    assert organiser.post(there, data=form).status_code == 303
    assert organiser.post(there, data=form).status_code == 303
    assert town.count("state = 'approved'") == 1
    assert town.one("SELECT number FROM volunteers WHERE name = '秋分'") == "TX00009"
    check_books(db_session)


def test_approving_by_the_list_asks_for_the_person_first(
    town: Town, organiser: FlaskClient
) -> None:
    answer = approve(organiser, new_friend(town))
    assert answer.status_code == 422
    assert "Confirm this new friend as a volunteer first" in answer.text


def test_only_an_organiser_welcomes(town: Town) -> None:
    record = new_friend(town)
    for who in ("leader", "co_leader", "green_leader", "organiser_below", "volunteer"):
        assert town.browser(who).get(f"/records/{record}/welcome").status_code == 404
        assert town.browser(who).post(f"/records/{record}/welcome").status_code == 404
    assert town.one("SELECT count(*) FROM volunteers WHERE state = 'proposed'") == 1


def test_somebody_known_already_is_pointed_out(town: Town, organiser: FlaskClient) -> None:
    form = {"do": "record", "key": "f", "hours": "2", "friend_tail-0": "0042"}
    form["service_on"] = SERVICE_DAY.isoformat()
    town.browser("leader").post("/log/TX-red", data={**form, "friend_name-0": "清明"})
    record = town.one("SELECT max(id) FROM service_records")
    page = organiser.get(f"/records/{record}/welcome").text
    assert "Perhaps one of these people" in page
    assert "TX00005" in page
