"""A new friend of the service day is somebody new, or somebody known: then the hours are theirs."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db import transaction
from app.people.models import Volunteer
from tests.service.community import SERVICE_DAY, check_books
from tests.service.conftest import Town, key_in

TAIL = "0042"


def proposed(town: Town, name: str = "谷雨") -> int:
    """Let the leader write somebody down as a new friend; return the record."""
    form = {
        "do": "record",
        "key": f"friend {name}",
        "service_on": SERVICE_DAY.isoformat(),
        "hours": "2",
        "friend_name-0": name,
        "friend_tail-0": TAIL,
    }
    town.browser("leader").post("/log/TX-red", data=form)
    return int(town.one("SELECT max(id) FROM service_records"))


def known(town: Town, name: str = "谷雨") -> int:
    return int(town.one("SELECT id FROM volunteers WHERE name = :n AND state = 'active'", n=name))


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def match(client: FlaskClient, record: int, who: object, **more: str) -> int:
    page = client.get(f"/records/{record}/welcome").text
    sent = {"key": key_in(page), "who": str(who), **more}
    return client.post(f"/records/{record}/welcome", data=sent).status_code


def test_the_hours_go_to_whom_the_friend_is(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    record, person = proposed(town), known(town)
    people = town.one("SELECT count(*) FROM volunteers WHERE number IS NOT NULL")
    assert match(organiser, record, person) == 303
    assert town.count(f"id = {record} AND state = 'approved' AND volunteer_id = {person}") == 1
    assert town.one("SELECT count(*) FROM volunteers WHERE number IS NOT NULL") == people
    friend = "FROM volunteers WHERE state = 'matched'"
    assert town.one(f"SELECT matched_to_id {friend}") == person
    assert town.one(f"SELECT phone {friend}") is None
    check_books(db_session)


def test_it_is_suggested_by_name_and_by_the_end_of_the_phone(
    town: Town, organiser: FlaskClient, db_session: Session
) -> None:
    assert "谷雨" in organiser.get(f"/records/{proposed(town)}/welcome").text
    other = proposed(town, "大寒")
    assert 'name="who"' not in organiser.get(f"/records/{other}/welcome").text
    with transaction():
        db_session.get_one(Volunteer, known(town)).phone = f"1380000{TAIL}"
    assert "谷雨" in organiser.get(f"/records/{other}/welcome").text


def test_who_it_is_must_be_said(town: Town, organiser: FlaskClient) -> None:
    record = proposed(town)
    for who in ("", "999999", "x", str(known(town, "立夏"))):
        assert match(organiser, record, who) == 422
    assert town.count("state = 'approved'") == 0
    assert match(organiser, record, "new") == 303
    assert town.one("SELECT count(*) FROM volunteers WHERE name = '谷雨' AND state = 'active'") == 2


def test_sent_twice_it_counts_once(town: Town, organiser: FlaskClient, db_session: Session) -> None:
    record, person = proposed(town), known(town)
    page = organiser.get(f"/records/{record}/welcome").text
    sent = {"key": key_in(page), "who": str(person)}
    organiser.post(f"/records/{record}/welcome", data=sent)
    organiser.post(f"/records/{record}/welcome", data=sent)
    assert town.count("state = 'approved'") == 1
    check_books(db_session)


def test_hours_the_person_has_already_are_not_given_again(
    town: Town, organiser: FlaskClient
) -> None:
    person = known(town)
    index = town.people.index(person)
    like = town.community.line(index, 120, service_on=SERVICE_DAY, content="")
    town.community.logged(like)
    record = proposed(town)
    page = organiser.get(f"/records/{record}/welcome").text
    sent = {"key": key_in(page), "who": str(person)}
    answer = organiser.post(f"/records/{record}/welcome", data=sent)
    assert answer.status_code == 422
    assert re.search(r"has these hours already|overlap|already", answer.text)
    assert town.one("SELECT count(*) FROM volunteers WHERE state = 'matched'") == 0


def test_nobody_lets_their_own_hours_count_by_matching(town: Town) -> None:
    """I-12: the approver is never whom the hours go to."""
    organiser_as_volunteer = town.browser("leader")
    record = proposed(town, "立春")
    assert organiser_as_volunteer.get(f"/records/{record}/welcome").status_code == 404
    assert town.count("state = 'approved'") == 0


def test_the_matched_friend_stands_in_no_list(town: Town, organiser: FlaskClient) -> None:
    record, person = proposed(town), known(town)
    match(organiser, record, person)
    page = organiser.get("/admin/people?q=谷雨").text
    assert page.count(">谷雨</a>") == 1
    assert "New friend" not in page.split("<tbody>")[1]


def test_a_member_is_no_guest_of_the_own_team(town: Town, organiser: FlaskClient) -> None:
    record, person = proposed(town, "立春"), known(town, "立春")
    member = town.one(
        "SELECT count(*) FROM memberships m JOIN teams t ON t.id = m.team_id "
        "WHERE t.code = 'TX-red' AND m.volunteer_id = :v",
        v=person,
    )
    assert match(organiser, record, person) == 303
    assert town.count(f"id = {record} AND is_guest") == (0 if member else 1)


def test_the_trail_names_the_friend_and_whose_the_hours_became(
    town: Town, organiser: FlaskClient
) -> None:
    person = known(town)
    match(organiser, proposed(town), person)
    query = "SELECT subject_id FROM trail WHERE operation = 'match_friend'"
    assert town.one(query) == person
