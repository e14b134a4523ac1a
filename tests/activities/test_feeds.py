"""Calendars to subscribe to: read back with the library, checked by the rules of RFC 5545."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities import operations
from app.activities.calendar_feed import calendar_text
from app.activities.queries import FeedEvent
from app.clock import now
from app.db import transaction
from app.people.models import Helper, Volunteer
from tests.activities.announcing import (
    PLAN,
    announced,
    cancelled,
    crowd,
    in_days,
    signed_up,
    today,
)
from tests.passbook.reader import assemble, browser_of, statements
from tests.service.community import Community

TEAM = "/calendars/teams/TX-red.ics?language=en"
AT = datetime(2026, 3, 1, 2, 3, 4, 567, tzinfo=UTC)
EVENT = FeedEvent(
    id=7,
    title="楼道清扫",
    content="",
    place="东门",
    bring="",
    service_on=in_days(7),
    starts_minute=1380,
    minutes=120,
    state="published",
    cancel_reason=None,
    version=3,
    made_at=AT,
    here_since=AT,
    organisation_id=1,
    team_name="红队",
    theme="扶贫帮困",
    own=None,
)
# Letters of any kind; what a form never lets through (surrogates) is none.
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=200)


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return assemble(db_session)


@pytest.fixture
def volunteer(app: Flask, community: Community) -> FlaskClient:
    client = browser_of(app, community, "volunteer")
    client.set_cookie("qicai_language", "en")
    return client


def events(client: FlaskClient, path: str = TEAM) -> list[Any]:
    """Read a calendar as a program does: whole, and refusing what is wrong in it."""
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.data)
    assert (calendar["version"], calendar["calscale"]) == ("2.0", "GREGORIAN")
    assert calendar.errors == []
    found = list(calendar.walk("VEVENT"))
    assert all(event.errors == [] for event in found)
    return found


def own_address(client: FlaskClient) -> str:
    """Make the secret address and return its path as the page shows it this once."""
    page = client.post("/me/calendar").text
    found = re.search(r"/calendars/own/[\w-]+\.ics", page)
    assert found is not None
    return found[0]


def written(**more: Any) -> bytes:
    event = EVENT._replace(**more)
    return calendar_text(
        "红队", [event], zones={1: "Asia/Shanghai"}, changed_at={}, url_of="https://x/{}".format
    )


# ── a team's ──────────────────────────────────────────────────────────────────────────────


def test_a_team_s_calendar_says_what_it_announced(
    client: FlaskClient, community: Community
) -> None:
    activity_id = announced(community, starts_minute=1320, minutes=240)
    announced(community, title="还没定", publish=False)
    (event,) = events(client)
    on = in_days(7)
    assert event.decoded("dtstart") == datetime(on.year, on.month, on.day, 14, tzinfo=UTC)
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(hours=4)
    assert (event["summary"], event["location"], event["status"]) == (
        "楼道清扫",
        "东门",
        "CONFIRMED",
    )
    assert event["url"] == f"http://localhost/activities/{activity_id}"
    assert "手套" in event["description"]
    assert event["sequence"] == 1


def test_a_change_rises_and_keeps_the_name(client: FlaskClient, community: Community) -> None:
    activity_id = announced(community)
    (before,) = events(client)
    plan = PLAN._replace(service_on=in_days(8))
    with transaction() as session:
        operations.change_activity(
            session,
            activity_id,
            plan,
            version=1,
            actor=community.actor("leader"),
            now=now() + timedelta(hours=1),
        )
    (after,) = events(client)
    assert after["uid"] == before["uid"]
    assert (before["sequence"], after["sequence"]) == (1, 2)
    assert after.decoded("last-modified") > before.decoded("last-modified")
    assert after.decoded("dtstamp") == after.decoded("last-modified")


def test_a_sign_up_is_no_change_of_the_plan(client: FlaskClient, community: Community) -> None:
    activity_id = announced(community)
    before = client.get(TEAM).data
    signed_up(community, activity_id)
    assert client.get(TEAM).data == before


def test_what_is_cancelled_stays_and_says_why(client: FlaskClient, community: Community) -> None:
    cancelled(community, announced(community), "大雨")
    (event,) = events(client)
    assert event["status"] == "CANCELLED"
    assert event["summary"] == "Cancelled: 楼道清扫"
    assert "大雨" in event["description"]


def test_what_did_not_change_is_not_sent_again(client: FlaskClient, community: Community) -> None:
    announced(community)
    first = client.get(TEAM)
    again = client.get(TEAM, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "max-age" in first.headers["Cache-Control"]
    announced(community)
    changed = client.get(TEAM, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_whoever_is_signed_in_may_keep_it_as_well(
    volunteer: FlaskClient, community: Community
) -> None:
    assert volunteer.get(TEAM).headers["Cache-Control"] == "private, max-age=900"


def test_a_team_that_is_none_has_no_calendar(client: FlaskClient, community: Community) -> None:
    assert client.get("/calendars/teams/nobody.ics").status_code == 404
    assert client.get("/activities/calendars/nobody").status_code == 404
    assert client.post(TEAM).status_code == 405


def test_its_page_gives_the_address(client: FlaskClient, community: Community) -> None:
    page = client.get("/activities/calendars/TX-red?language=en").text
    assert "http://localhost/calendars/teams/TX-red.ics?language=en" in page
    assert 'href="webcal://localhost/calendars/teams/TX-red.ics?language=en"' in page


# ── one's own ─────────────────────────────────────────────────────────────────────────────


def test_one_s_own_holds_one_s_own_sign_ups_only(
    app: Flask, volunteer: FlaskClient, community: Community
) -> None:
    mine, full = announced(community, title="我的"), announced(community, title="排队的", places=1)
    announced(community, title="别人的")
    signed_up(community, mine)
    signed_up(community, full, 4)
    signed_up(community, full)
    address = own_address(volunteer)
    # A calendar program has no cookie.
    found = {str(event["summary"]): event["status"] for event in events(app.test_client(), address)}
    assert list(found.values()) == ["CONFIRMED", "TENTATIVE"]
    assert {title[-3:] for title in found} == {"我的", "排队的"}


def test_another_address_stops_the_one_before(
    app: Flask, volunteer: FlaskClient, community: Community
) -> None:
    first, second = own_address(volunteer), own_address(volunteer)
    stranger = app.test_client()
    assert stranger.get(first).status_code == 404
    assert stranger.get(second).status_code == 200
    assert volunteer.post("/me/calendar/end").status_code == 303
    assert stranger.get(second).status_code == 404
    # Once more does nothing.
    assert volunteer.post("/me/calendar/end").status_code == 303


def test_the_address_is_shown_once_and_kept_as_a_digest(
    volunteer: FlaskClient, community: Community, db_session: Session
) -> None:
    address = own_address(volunteer)
    token = address.rsplit("/", 1)[1].removesuffix(".ics")
    assert token not in volunteer.get("/me/calendar").text
    db_session.rollback()
    kept = db_session.scalars(text("SELECT token_sha256 FROM calendar_feeds")).one()
    assert token not in kept
    trail = db_session.execute(text("SELECT operation, before, after FROM trail")).all()
    assert "make_calendar_feed" in {row[0] for row in trail}
    assert not any(token in str(row) for row in trail)


def test_of_somebody_who_left_there_is_nothing(
    app: Flask, volunteer: FlaskClient, community: Community
) -> None:
    address = own_address(volunteer)
    with transaction() as session:
        session.get_one(Volunteer, community.volunteers[3]).state = "left"
    assert app.test_client().get(address).status_code == 404


def test_while_acting_for_a_ward_it_is_theirs(
    app: Flask, volunteer: FlaskClient, community: Community, db_session: Session
) -> None:
    ward = community.volunteers[6]
    with transaction() as session:
        helper = Helper(
            volunteer_id=ward,
            helper_id=community.volunteers[3],
            kind="helper",
            from_on=in_days(-10),
        )
        session.add(helper)
    signed_up(community, announced(community), 6)
    volunteer.post(f"/me/acting/{ward}/begin")
    assert len(events(app.test_client(), own_address(volunteer))) == 1
    query = "SELECT on_behalf_of_id FROM trail WHERE operation = 'make_calendar_feed'"
    db_session.rollback()
    assert db_session.scalar(text(query)) == ward


@pytest.mark.parametrize("name", ["", "organiser"])
def test_whoever_is_no_volunteer_has_none(app: Flask, community: Community, name: str) -> None:
    client = browser_of(app, community, name) if name else app.test_client()
    assert client.get("/me/calendar").status_code == (404 if name else 303)
    assert client.post("/me/calendar").status_code == (404 if name else 401)


@pytest.mark.parametrize("token", ["x", "x" * 3000, "%E4%B8%AD", "..%2F.."])
def test_an_address_nobody_made_is_nobody_s(
    client: FlaskClient, community: Community, token: str
) -> None:
    assert client.get(f"/calendars/own/{token}.ics").status_code == 404


# ── what stands in it ─────────────────────────────────────────────────────────────────────


# The app is the same for each text.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=ANY_TEXT, place=ANY_TEXT, content=ANY_TEXT)
def test_any_text_comes_back_and_no_line_is_too_long(
    app: Flask, title: str, place: str, content: str
) -> None:
    with app.test_request_context():
        body = written(title=title, place=place, content=content)
    assert all(len(line) <= 75 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    kept = title.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(c for c in kept if c == "\n" or c.isprintable() or c in "\u3000\u00a0")
    assert event["summary"] == kept


def test_commas_semicolons_backslashes_and_lines_are_escaped(app: Flask) -> None:
    with app.test_request_context():
        body = written(title="扫,楼;道\\n", content="一\n二")
    unfolded = body.replace(b"\r\n ", b"").decode()
    assert "SUMMARY:扫\\,楼\\;道\\\\n\r\n" in unfolded
    assert "一\\n二" in unfolded


def test_a_title_cannot_smuggle_a_line_in(app: Flask) -> None:
    with app.test_request_context():
        body = written(title="x\r\nATTACH:https://evil.example\r\nEND:VEVENT")
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    assert "attach" not in event


def test_every_event_has_what_the_rules_ask_for(app: Flask) -> None:
    with app.test_request_context():
        (event,) = Calendar.from_ical(written()).walk("VEVENT")
    for name in ("uid", "dtstamp", "dtstart", "dtend", "summary", "sequence", "status"):
        assert len(event.get(name, [])) if name == "uid" else name in event, name
    assert event.decoded("dtstart").utcoffset() == timedelta(0)
    assert event.decoded("dtstamp") == AT.replace(microsecond=0)


def test_a_long_calendar_takes_few_statements(client: FlaskClient, community: Community) -> None:
    crowd(community, 3000, today() - timedelta(days=5))
    with statements() as sent:
        found = events(client)
    assert len(found) == 1000
    assert len(sent) <= 10
