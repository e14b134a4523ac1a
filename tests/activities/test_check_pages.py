"""Scan, confirm, done: the volunteer's pages of check-in, with one's own phone."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest
import time_machine

from app.activities import operations
from app.activities.models import Activity, CheckIn
from app.activities.rules import screen_code
from app.db import db, transaction
from app.people.models import Helper, Login, Volunteer
from app.people.rules.passwords import hash_password
from app.trail.models import TrailRow
from tests.activities.checks import BEGINS_AT, ENDS_AT, announced, codes, done
from tests.people.conftest import COST, PASSWORD
from tests.service.community import SERVICE_DAY, make_community
from tests.service.conftest import make_town as make_town
from tests.service.conftest import statements
from tests.service.conftest import town as town

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(town):
    with time_machine.travel(BEGINS_AT, tick=False) as traveller:
        yield traveller


@pytest.fixture
def activity_id(town, clock) -> int:
    return announced(town.community)


@pytest.fixture
def client(town, clock):
    return town.browser("volunteer")


def scan(client, activity_id, at=BEGINS_AT):
    return client.get(f"/in/{codes(activity_id, at)[0]}")


def send(client, wants, person, **more):
    return client.post("/in/here", data={"who": f"{wants}-{person}", **more})


def came() -> list[CheckIn]:
    db.session.rollback()
    return db.session.query(CheckIn).all()


def test_a_scan_leads_to_one_button_and_the_button_checks_in(client, town, activity_id):
    assert scan(client, activity_id).location == "/in/here"
    page = client.get("/in/here").text
    assert "楼道清扫" in page
    assert "Check in</button>" in page
    done_page = client.post(
        "/in/here", data={"who": f"in-{town.people[3]}"}, follow_redirects=True
    ).text
    assert "checked in at 8:30" in done_page
    assert [(row.volunteer_id, row.in_by) for row in came()] == [(town.people[3], "code")]
    assert len(came()[0].in_device or "") == 64


def test_going_takes_another_scan(client, town, activity_id, clock):
    scan(client, activity_id)
    send(client, "in", town.people[3])
    assert "Check out</button>" not in client.get("/in/here").text
    assert send(client, "out", town.people[3]).status_code == 422
    clock.move_to(ENDS_AT)
    scan(client, activity_id, ENDS_AT)
    assert "Check out</button>" in client.get("/in/here").text
    assert send(client, "out", town.people[3]).status_code == 303
    assert came()[0].out_at == ENDS_AT


def test_a_second_tap_is_told_and_does_nothing(client, town, activity_id):
    scan(client, activity_id)
    send(client, "in", town.people[3])
    again = send(client, "in", town.people[3])
    assert again.status_code == 422
    assert "checked in at" in again.text
    assert len(came()) == 1


def test_the_token_leaves_the_address_and_stands_nowhere(client, town, activity_id):
    token = codes(activity_id)[0]
    answer = client.get(f"/in/{token}")
    mac = token.rsplit("-", 1)[1]
    said = [answer.text, answer.location, client.get("/in/here").text]
    assert not any(mac in each for each in said)
    assert answer.headers["Referrer-Policy"] == "same-origin"
    send(client, "in", town.people[3])
    rows = db.session.query(TrailRow).all()
    assert not any(mac in f"{row.before}{row.after}{row.reason}" for row in rows)


def test_a_failure_is_logged_without_the_token(town, client, activity_id, monkeypatch, caplog):
    token = codes(activity_id)[0]
    monkeypatch.setattr("app.activities.check_views.read_token", lambda _token: 1 // 0)
    town.app.config["PROPAGATE_EXCEPTIONS"] = False
    with caplog.at_level(logging.ERROR):
        assert client.get(f"/in/{token}").status_code == 500
    assert "/in/<token>" in caplog.text
    assert token not in caplog.text


# ── signing in takes longer than a code lives ─────────────────────────────────────────────


@pytest.fixture
def elder(town, clock) -> str:
    """春分, who has a password; returns their number."""
    with transaction() as session:
        login = session.query(Login).filter_by(volunteer_id=town.people[3]).one()
        login.password_hash = hash_password(PASSWORD, COST)
        return str(session.get_one(Volunteer, town.people[3]).number)


def test_whoever_signs_in_after_scanning_comes_back_to_confirm(town, activity_id, elder, clock):
    client = town.app.test_client()
    scan(client, activity_id)
    assert client.get("/in/here").location == "/sign-in?next=%2Fin%2Fhere"
    clock.shift(14 * MINUTE)
    back = client.post(
        "/sign-in?next=/in/here", data={"account": elder, "password": PASSWORD, "next": "/in/here"}
    )
    assert back.location == "/in/here"
    assert send(client, "in", town.people[3]).status_code == 303
    # The minute of scanning counts, not that of having signed in.
    assert came()[0].in_at == BEGINS_AT


def test_after_a_quarter_of_an_hour_one_scans_again(client, town, activity_id, clock):
    scan(client, activity_id)
    clock.shift(15 * MINUTE + timedelta(seconds=1))
    assert client.get("/in/here").location == "/in"
    late = send(client, "in", town.people[3])
    assert late.status_code == 422
    assert "too old" in late.text
    assert came() == []


def test_what_was_scanned_in_one_browser_is_nothing_in_another(town, client, activity_id):
    scan(client, activity_id)
    taken = client.get_cookie("qicai_scan") or client.get_cookie("session_scan")
    assert taken is not None
    other = town.browser("co_leader")
    other.set_cookie(taken.key, taken.value)
    assert other.get("/in/here").location == "/in"


@pytest.mark.parametrize("token", ["x", "1-s-1-" + "0" * 32, "9" * 18 + "-p-0-" + "0" * 32])
def test_what_is_no_code_says_so_plainly(town, clock, token):
    answer = town.browser("visitor").get(f"/in/{token}")
    assert answer.status_code == 422
    assert "/in" in answer.text


def test_a_code_of_yesterday_says_so(client, activity_id):
    old = scan(client, activity_id, BEGINS_AT - timedelta(days=1))
    assert old.status_code == 422
    assert "too old" in old.text


@pytest.mark.parametrize("minutes", [-61, 241])
def test_outside_the_window_the_times_are_told(town, activity_id, clock, minutes):
    at = BEGINS_AT + minutes * MINUTE
    clock.move_to(at)
    client = town.browser("volunteer")
    scan(client, activity_id, at)
    page = client.get("/in/here")
    assert page.status_code == 422
    assert re.search(r"Check-in (opens|ended) at", page.text)
    assert send(client, "in", town.people[3]).status_code == 422
    assert came() == []


def test_a_cancelled_activity_says_so(client, town, activity_id):
    leader = town.community.actor("leader")
    done(operations.cancel_activity, activity_id, reason="大雨", actor=leader)
    scan(client, activity_id)
    assert "was cancelled" in send(client, "in", town.people[3]).text


def test_somebody_of_another_tree_finds_no_activity(client, town, activity_id):
    stranger = make_community(db.session(), code="BY")
    with transaction() as session:
        session.get_one(Login, town.community.actor("volunteer").login_id).volunteer_id = None
        session.get_one(Login, stranger.actor("volunteer").login_id).volunteer_id = None
    with transaction() as session:
        login = session.get_one(Login, town.community.actor("volunteer").login_id)
        login.volunteer_id = stranger.volunteers[3]
    scan(client, activity_id)
    assert client.get("/in/here").status_code == 404
    assert send(client, "in", stranger.volunteers[3]).status_code == 404


# ── families share phones ─────────────────────────────────────────────────────────────────


@pytest.fixture
def ward(town, clock) -> int:
    with transaction() as session:
        session.add(
            Helper(
                volunteer_id=town.people[5],
                helper_id=town.people[3],
                kind="guardian",
                from_on=SERVICE_DAY,
            )
        )
    return int(town.people[5])


def test_a_guardian_chooses_for_whom_and_is_named_in_the_trail(client, town, activity_id, ward):
    scan(client, activity_id)
    page = client.get("/in/here").text
    assert page.count('name="who"') == 2
    for person in (ward, town.people[3]):
        assert send(client, "in", person).status_code == 303
    assert {row.volunteer_id for row in came()} == {ward, town.people[3]}
    assert len({row.in_device for row in came()}) == 1
    noted = db.session.query(TrailRow).filter_by(operation="activity.check_in").all()
    assert [row.on_behalf_of_id for row in noted] == [ward, None]


@pytest.mark.parametrize("who", ["in-{stranger}", "out", "in-x", "-1", "in-" + "9" * 30])
def test_nobody_is_checked_in_by_a_stranger(client, town, activity_id, who):
    scan(client, activity_id)
    sent = client.post("/in/here", data={"who": who.format(stranger=town.people[5])})
    assert sent.status_code == 404
    assert came() == []


def test_nobody_chosen_is_a_bad_form(client, activity_id):
    scan(client, activity_id)
    assert client.post("/in/here", data={}).status_code == 422


# ── typing instead of scanning ────────────────────────────────────────────────────────────


def typed_code(activity_id) -> str:
    db.session.rollback()
    secret = db.session.get_one(Activity, activity_id).screen_secret
    return screen_code(activity_id, secret, BEGINS_AT).typed


def test_six_characters_lead_to_the_same_button(client, town, activity_id):
    code = typed_code(activity_id)
    written = f"{code[:3]} {code[3:]}".lower()
    assert client.post("/in", data={"characters": written}).location == "/in/here"
    assert send(client, "in", town.people[3]).status_code == 303


def test_wrong_characters_are_kept_and_told(client, activity_id):
    answer = client.post("/in", data={"characters": "AAA AAA"})
    assert answer.status_code == 422
    assert "This code is not right" in answer.text
    assert 'value="AAA AAA"' in answer.text


def test_characters_open_nothing_that_is_not_on_now(town, clock):
    evening = announced(town.community, starts_minute=1080)
    data = {"characters": typed_code(evening)}
    assert town.browser("volunteer").post("/in", data=data).status_code == 422


def test_guessing_has_to_wait_and_nothing_typed_is_kept(client, town, activity_id):
    statuses = [client.post("/in", data={"characters": "QQQQQQ"}).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    assert client.post("/in", data={"characters": typed_code(activity_id)}).status_code == 429
    kept = town.one("SELECT count(*) FROM sign_in_failures WHERE account LIKE '%QQQ%'")
    assert kept == 0


def test_guessing_here_keeps_nobody_from_signing_in(client, town, activity_id, elder):
    for _ in range(6):
        client.post("/in", data={"characters": "QQQQQQ"})
    other = town.app.test_client()
    answer = other.post("/sign-in", data={"account": elder, "password": PASSWORD})
    assert answer.status_code == 303


# ── budgets ───────────────────────────────────────────────────────────────────────────────


def test_a_check_in_stays_within_the_budget(client, town, activity_id):
    scan(client, activity_id)
    with statements() as reading:
        client.get("/in/here")
    with statements() as writing:
        send(client, "in", town.people[3])
    assert len(reading) <= 18
    assert len(writing) <= 18


@pytest.mark.parametrize(("path", "method"), [("/in/x", "post"), ("/in/here", "put")])
def test_wrong_methods_are_refused(client, path, method):
    assert getattr(client, method)(path).status_code == 405
