"""What never was announced stays its leader's, and a calendar ends with the right to read it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities import operations
from app.clock import now, today_in
from app.db import transaction
from app.people.models import Helper
from app.people.operations import end_acting
from tests.activities.announcing import ZONE, announced, cancelled, in_days, signed_up
from tests.activities.test_feeds import TEAM, events, own_address
from tests.passbook.reader import assemble, browser_of
from tests.service.community import Community

TITLE = "还没定的事"
LISTS = ("/activities", "/activities/past", "/activities/calendar?month={month}")


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return assemble(db_session)


@pytest.fixture
def dropped(community: Community) -> int:
    """A draft that its leader dropped."""
    activity_id = announced(community, title=TITLE, publish=False)
    cancelled(community, activity_id)
    return activity_id


def shown(client: FlaskClient) -> list[bool]:
    """Return on which of the lists the activity of the test stands."""
    month = f"{in_days(7):%Y-%m}"
    return [TITLE in client.get(path.format(month=month)).text for path in LISTS]


@pytest.mark.parametrize("name", ["", "volunteer", "green_leader"])
def test_a_dropped_draft_is_nobody_s_to_read(
    app: Flask, client: FlaskClient, community: Community, dropped: int, name: str
) -> None:
    reader = browser_of(app, community, name) if name else client
    assert reader.get(f"/activities/{dropped}").status_code == 404
    assert shown(reader) == [False, False, False]
    assert events(client, TEAM) == []


def test_its_leader_still_reads_it(app: Flask, community: Community, dropped: int) -> None:
    page = browser_of(app, community, "leader").get(f"/activities/{dropped}")
    assert page.status_code == 200
    assert TITLE in page.text


@pytest.mark.parametrize("begun", [False, True], ids=["announced", "begun as a draft"])
def test_what_people_knew_of_stays_when_it_is_cancelled(
    client: FlaskClient, community: Community, begun: bool
) -> None:
    activity_id = announced(community, title=TITLE, publish=not begun)
    if begun:
        leader = community.actor("leader")
        with transaction() as session:
            operations.begin_activity(session, activity_id, actor=leader, now=now())
    cancelled(community, activity_id)
    page = client.get(f"/activities/{activity_id}")
    assert page.status_code == 200
    assert "大雨" in page.text
    assert [event["status"] for event in events(client, TEAM)] == ["CANCELLED"]


def test_whoever_acts_for_somebody_no_more_reads_their_calendar_no_more(
    app: Flask, community: Community
) -> None:
    ward, client = community.volunteers[6], browser_of(app, community, "volunteer")
    with transaction() as session:
        acting = Helper(
            volunteer_id=ward,
            helper_id=community.volunteers[3],
            kind="helper",
            from_on=in_days(-10),
        )
        session.add(acting)
        session.flush()
        acting_id = acting.id
    signed_up(community, announced(community), 6)
    client.post(f"/me/acting/{ward}/begin")
    address = own_address(client)
    assert len(events(app.test_client(), address)) == 1
    organiser = community.actor("organiser").login_id
    with transaction() as session:
        end_acting(session, acting_id, actor_id=organiser, now=now(), today=today_in(ZONE))
    assert app.test_client().get(address).status_code == 404
