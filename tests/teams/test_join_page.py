"""The public page on which visitors ask to join: bounded, and it tells nobody anything."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from app.db import db, transaction
from app.people.models import Volunteer
from app.people.rules.consent import PRIVACY_VERSION
from app.teams.models import JoinRequest, JoinTry, JoinWish, Team
from app.teams.operations import ask_to_join, asking_of
from app.teams.operations.joining import MOST_FROM_AN_ADDRESS, MOST_OF_A_PHONE, GuardianMissing
from app.trail.models import TrailRow
from tests.teams.conftest import NOW, TODAY

PHONE = "13800000071"
FORM = {"name": "秋分", "phone": PHONE, "age": "adult", "agrees": "y"}
CHILD = {
    "age": "child",
    "born_on": "2018-05-01",
    "guardian_name": "白露",
    "guardian_phone": "13800000072",
    "guardian_agrees": "y",
}


@pytest.fixture
def visitor(browser):
    # The cast has requests of its own.
    with transaction() as session:
        session.query(JoinWish).delete()
        session.query(JoinRequest).delete()
    return browser("visitor")


def team_id(code: str = "TX-red") -> int:
    return db.session.query(Team).filter_by(code=code).one().id


def requests() -> list[JoinRequest]:
    db.session.expire_all()
    return db.session.query(JoinRequest).order_by(JoinRequest.id).all()


def test_a_request_is_kept_with_its_consent(visitor):
    people = db.session.query(Volunteer).count()
    answer = visitor.post("/join", data=FORM | {"teams": [team_id(), team_id("TX-blue")]})
    assert answer.location == "/join/sent"
    assert "Your request has arrived" in visitor.get("/join/sent").text
    (kept,) = requests()
    assert (kept.name, kept.phone, kept.consent_by) == ("秋分", PHONE, "self")
    assert (kept.privacy_version, kept.wants_advice) == (PRIVACY_VERSION, False)
    assert db.session.query(JoinWish).count() == 2
    assert db.session.query(Volunteer).count() == people


def test_the_trail_names_the_request_but_neither_name_nor_phone(visitor):
    visitor.post("/join", data=FORM)
    (row,) = db.session.query(TrailRow).filter_by(operation="ask_to_join")
    assert (row.actor_id, row.subject_id) == (None, requests()[0].id)
    after = str(row.after)
    assert PRIVACY_VERSION in after
    assert "秋分" not in after
    assert PHONE[-4:] not in after


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"phone": ""},
        {"phone": "12"},
        {"agrees": ""},
        {"age": ""},
        {"teams": ["999999"]},
        {"teams": ["x"]},
        {"born_on": "2018-05-01"},
        {"age": "child"},
        {"age": "child", "born_on": "1980-01-01"},
        {**CHILD, "guardian_name": ""},
        {**CHILD, "guardian_phone": "1"},
        {**CHILD, "guardian_agrees": ""},
        {"born_on": "2999-01-01"},
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(visitor, wrong):
    answer = visitor.post("/join", data=FORM | wrong)
    assert answer.status_code == 422
    assert "q-errsum" in answer.text
    assert ("name" in wrong) or 'value="秋分"' in answer.text
    assert requests() == []


def test_a_child_s_guardian_agrees(visitor):
    assert visitor.post("/join", data=FORM | CHILD).status_code == 303
    (kept,) = requests()
    assert (kept.consent_by, kept.guardian_name) == ("guardian", "白露")


def test_a_child_without_a_guardian_is_refused_by_the_core_too():
    with pytest.raises(GuardianMissing):
        asking_of(
            organisation_id=1, name="秋分", phone=PHONE, born_on=date(2018, 5, 1),
            guardian_name="", guardian_phone="", team_ids=[], today=TODAY,
        )  # fmt: skip


def test_asking_twice_is_one_request_and_looks_the_same(visitor):
    first = visitor.post("/join", data=FORM | {"teams": [team_id()]})
    again = visitor.post("/join", data=FORM | {"teams": [team_id("TX-blue")]})
    assert (first.status_code, first.location) == (again.status_code, again.location)
    assert len(requests()) == 1
    assert db.session.query(JoinWish).count() == 2


def test_a_known_phone_is_answered_like_any_other(visitor):
    known = db.session.query(Volunteer).filter_by(name="谷雨").one()
    with transaction():
        known.phone = PHONE
    answers = [visitor.post("/join", data=FORM | {"name": name}) for name in ("谷雨", "无名")]
    assert {(each.status_code, each.location) for each in answers} == {(303, "/join/sent")}


def test_a_family_s_phone_asks_for_a_few_and_no_more(visitor):
    for name in ("立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏"):
        assert visitor.post("/join", data=FORM | {"name": name}).status_code == 303
    assert len(requests()) == MOST_OF_A_PHONE


def test_a_machine_is_answered_alike_and_nothing_is_kept(visitor):
    answer = visitor.post("/join", data=FORM | {"homepage": "https://spam.example"})
    assert (answer.status_code, answer.location) == (303, "/join/sent")
    assert requests() == []
    assert db.session.query(TrailRow).filter_by(operation="ask_to_join").count() == 0


def test_an_address_asks_so_often_a_day_and_not_more(visitor):
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        for n in range(MOST_FROM_AN_ADDRESS):
            sent = FORM | {"phone": f"138000001{n:02}"}
            assert visitor.post("/join", data=sent).status_code == 303
        refused = visitor.post("/join", data=FORM)
        assert refused.status_code == 429
        assert "try again tomorrow" in refused.text
        clock.shift(timedelta(days=1, minutes=1))
        assert visitor.post("/join", data=FORM).status_code == 303


def test_of_an_address_nothing_can_be_read_and_nothing_stays(visitor):
    visitor.post("/join", data=FORM)
    (kept,) = db.session.scalars(select(JoinTry.address_sha256))
    assert "127.0.0.1" not in kept
    with time_machine.travel(datetime.now(UTC) + timedelta(days=3), tick=False):
        visitor.post("/join", data=FORM | {"phone": "13800000099"})
    (left,) = db.session.scalars(select(JoinTry.address_sha256))
    # Another day, another key: nobody is followed.
    assert left != kept


def test_a_refused_request_forgets_name_and_phone(visitor, cast):
    visitor.post("/join", data=FORM | CHILD)
    with transaction():
        row = requests()[0]
        row.state, row.reason, row.decided_at = "refused", "zu jung", NOW
        row.decided_by_id = cast.logins["organiser"]
    with time_machine.travel(NOW + timedelta(days=181), tick=False):
        visitor.post("/join", data=FORM | {"phone": "13800000099"})
    old = requests()[0]
    assert (old.name, old.phone, old.guardian_name, old.guardian_phone) == ("", "", "", "")
    assert (old.reason, old.born_on) == ("zu jung", None)


def test_another_community_of_the_instance_is_asked_by_its_code(visitor):
    assert visitor.post("/join?org=BY", data=FORM).location == "/join/sent?org=BY"
    assert visitor.get("/join?org=nowhere").status_code == 404
    assert "TX-red" not in visitor.get("/join?org=BY").text


def test_two_who_send_at_once_make_one_request(app, cast):
    asking = asking_of(
        organisation_id=1, name="秋分", phone=PHONE, born_on=None,
        guardian_name="", guardian_phone="", team_ids=[team_id()], today=TODAY,
    )  # fmt: skip
    for _ in range(2):
        with transaction() as session:
            ask_to_join(session, asking, address_sha256="x", is_machine=False, now=NOW)
    assert db.session.query(JoinRequest).filter_by(phone=PHONE).count() == 1


def test_the_way_there_stands_on_the_public_home_and_at_sign_in(visitor):
    assert "/join?org=" in visitor.get("/o/TX").text
    assert 'href="/join"' in visitor.get("/sign-in").text
