"""Words for the WeChat group: announcement, reminder, cancelling, result; text, link, nobody."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient

from app.activities.operations import cancel_activity
from app.db import transaction
from app.people.models import Volunteer
from tests.activities.leading import added, announced
from tests.service.community import NAMES, NOW
from tests.service.conftest import Town, make_town, town

__all__ = ["make_town", "town"]

PHONE = "13800000028"
BOX = re.compile(r'<textarea[^>]*id="([\w-]+)"[^>]*>(.*?)</textarea>', re.S)


@pytest.fixture
def leader(town: Town) -> FlaskClient:
    return town.browser("leader")


@pytest.fixture
def activity_id(town: Town) -> int:
    """An activity with somebody in charge and somebody signed up, whose phones are known."""
    with transaction() as session:
        for one in session.query(Volunteer):
            one.phone = PHONE
    made = announced(town, in_charge_id=town.people[3])
    added(town, made, 4)
    return made


def words_of(client: FlaskClient, path: str) -> Mapping[str, str]:
    """Return what stands on a page to be copied; it names nobody, and shows no phone."""
    answer = client.get(path)
    assert answer.status_code == 200
    found = {name: html.unescape(text) for name, text in BOX.findall(answer.text)}
    for name, text in found.items():
        assert not re.search("|".join(NAMES), text), name
        assert not re.search(r"TX\d|\d{7}", text), name
    return found


def cancelled(town: Town, activity_id: int) -> None:
    actor = town.community.actor("leader")
    with transaction() as session:
        cancel_activity(session, activity_id, reason="春分老师病了", actor=actor, now=NOW)


def people_of(activity_id: int) -> str:
    return f"/activities/{activity_id}/people"


# ── announced ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("reader", ["leader", "volunteer", "visitor"])
def test_the_announcement_says_all_and_names_nobody(
    town: Town, activity_id: int, reader: str
) -> None:
    said = words_of(town.browser(reader), f"/activities/{activity_id}?language=en")["shared"]
    for each in ("TX-red: 楼道清扫", "Where: 东门", "Bring: 手套", "1 place left"):
        assert each in said
    assert said.endswith(f"Sign up: http://localhost/activities/{activity_id}")


def test_the_leader_s_page_says_the_same_as_everybody_s(
    town: Town, leader: FlaskClient, activity_id: int
) -> None:
    public = words_of(leader, f"/activities/{activity_id}")
    assert words_of(leader, people_of(activity_id)) == public
    assert set(public) == {"shared", "reminder"}


def test_a_phone_in_the_leader_s_words_is_masked(town: Town, leader: FlaskClient) -> None:
    made = announced(town, bring=f"手套，不认路打{PHONE}")
    said = words_of(leader, people_of(made))["shared"]
    assert "Bring: 手套，不认路打138****0028" in said


def test_a_draft_is_told_to_nobody(town: Town, leader: FlaskClient) -> None:
    assert words_of(leader, people_of(announced(town, publish=False))) == {}


# ── reminded ──────────────────────────────────────────────────────────────────────────────


def test_the_leader_reminds_until_it_begins(leader: FlaskClient, activity_id: int) -> None:
    said = words_of(leader, people_of(activity_id))["reminder"]
    assert said.startswith("A reminder for everybody who signed up:\nTX-red: 楼道清扫\nWhen: ")
    assert "Where: 东门" in said
    assert "place left" not in said
    assert said.endswith(
        f"withdraw, so that somebody else may: http://localhost/activities/{activity_id}"
    )


def test_nobody_is_reminded_of_what_has_begun(town: Town, activity_id: int) -> None:
    # It begins at 8:30 in Shanghai.
    begins_at = datetime.fromisoformat("2026-02-05T08:30+08:00")
    for at, boxes in ((begins_at - timedelta(minutes=1), 2), (begins_at, 1)):
        with time_machine.travel(at, tick=False):
            assert len(words_of(town.browser("leader"), people_of(activity_id))) == boxes


def test_only_whoever_runs_it_reminds(town: Town, activity_id: int) -> None:
    for reader in ("volunteer", "visitor", "green_leader"):
        assert "reminder" not in words_of(town.browser(reader), f"/activities/{activity_id}")


# ── cancelled, and what came of it ────────────────────────────────────────────────────────


def test_what_is_cancelled_says_so_without_its_reason(
    town: Town, leader: FlaskClient, activity_id: int
) -> None:
    cancelled(town, activity_id)
    found = words_of(leader, people_of(activity_id))
    assert set(found) == {"shared"}
    assert "It does not take place." in found["shared"]
    assert f"More about it: http://localhost/activities/{activity_id}" in found["shared"]
    assert "病" not in found["shared"]
    assert "place left" not in found["shared"]


def test_the_result_has_figures_and_the_way_to_one_s_own(town: Town, leader: FlaskClient) -> None:
    community = town.community
    batch_id = community.log(community.line(3), community.line(4), community.line(0)).batch_id
    said = words_of(leader, f"/log/{batch_id}")["group-text"]
    assert "2 people served 4 hours together" in said
    assert "1 more are being reviewed" in said
    assert said.endswith("own hours: http://localhost/me/ledger")


def test_the_links_bear_the_address_that_was_set(
    town: Town, leader: FlaskClient, activity_id: int
) -> None:
    town.app.config["PUBLIC_URL"] = "https://qicai.example"
    for said in words_of(leader, people_of(activity_id)).values():
        assert said.endswith(f"https://qicai.example/activities/{activity_id}")
