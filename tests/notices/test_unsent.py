"""What was not sent, for those who look after it: what and why, never an address."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app.clock import now
from app.db import db
from app.notices.access import NOWHERE, unsent_scope
from app.notices.channels import ChannelFailed
from app.notices.kinds import know_kinds
from app.notices.queries import unsent_messages
from app.notices.rules import Kind
from app.notices.working import send_due
from app.people.models import Volunteer
from app.teams.rules import Actor, Ward
from tests.notices.conftest import SMS, give_address, told, volunteer_id
from tests.notices.test_outbox import switch_off
from tests.service.conftest import statements
from tests.web.cast import Cast, sign_in_as

PAGE = "/me/notices/settings"
TITLE = "Messages that were not sent"


@pytest.fixture
def failed(app: Flask, cast: Cast, sms: SMS) -> None:
    """One message that was refused, and one whose connection broke off."""
    person = volunteer_id(cast)
    give_address(person, "sms", "13800000028")
    sms.fails = [
        ChannelFailed("refused", is_final=True),
        ChannelFailed("broken_off", is_uncertain=True),
    ]
    # Of either only the group is shown: the title may say too much for whoever looks after mail.
    know_kinds([Kind("test.fetch", "Fetch %(what)s", "", group="record", is_urgent=True)])
    told(person, "test.off", at=now(), figures={})
    told(person, "test.fetch", at=now(), figures={"what": "rice"}, subject_id=2)
    send_due(app, worker="one")


def name_of_volunteer(cast: Cast) -> str:
    return db.session.get_one(Volunteer, volunteer_id(cast)).name


def page_of(app: Flask, cast: Cast, role: str, language: str = "en") -> str:
    client = sign_in_as(app, cast, role)
    client.set_cookie("qicai_language", language)
    return client.get(PAGE).text


@pytest.mark.usefixtures("failed")
def test_an_organiser_sees_what_whose_and_why_and_no_address(app: Flask, cast: Cast) -> None:
    page = page_of(app, cast, "organiser")
    for said in (
        TITLE,
        "2 messages of the last 30 days",
        "The mail server refused it.",
        "Activities",
    ):
        assert said in page, said
    assert "rice" not in page
    assert page.count("Perhaps sent") == 1
    assert name_of_volunteer(cast) in page
    assert "13800000028" not in page


@pytest.mark.usefixtures("failed")
def test_an_administrator_sees_it_without_names(app: Flask, cast: Cast) -> None:
    page = page_of(app, cast, "admin")
    assert "The connection broke off while it was sent." in page
    assert name_of_volunteer(cast) not in page


@pytest.mark.usefixtures("failed")
@pytest.mark.parametrize("role", ["volunteer", "leader", "auditor"])
def test_nobody_else_sees_any(app: Flask, cast: Cast, role: str) -> None:
    page = page_of(app, cast, role)
    assert TITLE not in page
    assert "refused it" not in page


@pytest.mark.usefixtures("failed")
def test_an_organiser_of_elsewhere_sees_none_of_it(cast: Cast) -> None:
    session, since = db.session(), now() - timedelta(days=30)
    home = session.get_one(Volunteer, volunteer_id(cast)).organisation_id
    for organisation_ids, count in ([home], 2), ([home + 1000], 0):
        assert len(unsent_messages(session, organisation_ids, since=since, limit=9)) == count


def test_while_acting_for_somebody_none_is_shown() -> None:
    ward = Ward(7, "冬至")
    office = Actor(1, 2, "夏至", organises=frozenset({1}), is_admin=True, acting_for=ward)
    assert unsent_scope(office) == NOWHERE
    assert unsent_scope(replace(office, acting_for=None)) == {1}


def test_what_somebody_did_not_want_is_no_failure(app: Flask, cast: Cast, sms: SMS) -> None:
    person = volunteer_id(cast)
    give_address(person, "sms", "13800000028")
    told(person, "test.off", at=now() - timedelta(minutes=1), figures={})
    switch_off(person)
    send_due(app, worker="one")
    assert "everything that was due went out" in page_of(app, cast, "organiser")


def test_however_many_there_are_the_page_keeps_its_budget(app: Flask, cast: Cast, sms: SMS) -> None:
    person = volunteer_id(cast)
    give_address(person, "sms", "13800000028")
    sms.fails = [ChannelFailed("refused", is_final=True)] * 40
    for subject_id in range(40):
        told(person, "test.off", at=now(), figures={}, subject_id=subject_id)
    while send_due(app, worker="one"):
        pass
    client = sign_in_as(app, cast, "organiser")
    client.set_cookie("qicai_language", "en")
    with statements() as said:
        page = client.get(PAGE).text
    assert len(said) <= 18
    assert "40 messages of the last" in page
    assert "The latest 30 are shown." in page
