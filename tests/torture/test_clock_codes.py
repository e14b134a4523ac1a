"""Whose code opened an account is written down after the clock was set back (I-12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import transaction
from app.people.operations import issue_activation_code
from app.people.operations.activation import activate
from app.rewards.operations.settling import hand_over
from app.service.operations import approve
from tests.claims.conftest import VOLUNTEER, claimed
from tests.imports.sheets import bring, csv
from tests.merging.histories import two_people
from tests.rewards.shelving import PRICE, give_points, redeemed, stocked
from tests.service.community import NOW, ORDINARY_DAY, Community
from tests.torture.bank import audited

BACK = (timedelta(hours=2), timedelta(days=2))
A_MOMENT = timedelta(minutes=5)
BEFORE = NOW - timedelta(days=3)
# These actors do not know who opened their account, so the rule lets them do it all: what they do
# of the issuer's after the opening is a planted fault.
Deed = Callable[[Community, datetime], None]


@pytest.fixture(params=BACK, ids=str)
def behind(request: pytest.FixtureRequest) -> datetime:
    """The instant it is once the clock was set back."""
    return NOW - request.param


@pytest.fixture
def community(db_session: Session) -> Community:
    return two_people(db_session)


def approving(community: Community) -> Deed:
    record_id = claimed(community, service_on=ORDINARY_DAY, now=BEFORE).record_id

    def approves(community: Community, now: datetime) -> None:
        with transaction() as session:
            approve(session, [record_id], actor=community.actor("leader"), now=now)

    return approves


def handing_over(community: Community) -> Deed:
    give_points(community, VOLUNTEER, PRICE)
    redemption_id = redeemed(community, VOLUNTEER, stocked(community), now=BEFORE).redemption_id
    assert redemption_id is not None

    def hands_over(community: Community, now: datetime) -> None:
        with transaction() as session:
            actor, key = community.actor("leader"), community.fresh_key()
            hand_over(session, redemption_id, key=key, actor=actor, now=now)

    return hands_over


def taking_over(community: Community) -> Deed:
    def takes_over(community: Community, now: datetime) -> None:
        line = f"TX{VOLUNTEER + 1:05},12.5,5,2024-12-31,第7号"
        sheet = csv("编号,积分,时长（小时）,截至日期,备注", line)
        bring(community, "opening", sheet, by="organiser", now=now)

    return takes_over


DEEDS = {
    "I-12": ("leader", approving),
    "R-01": ("leader", handing_over),
    "O-03": ("organiser", taking_over),
}


@pytest.fixture(params=DEEDS)
def deed(request: pytest.FixtureRequest, community: Community) -> tuple[str, str, Deed]:
    """What somebody may do of the volunteer's: by which check it is judged, who, and how."""
    who, prepared = DEEDS[request.param]
    return request.param, who, prepared(community)


def open_by_the_volunteer(community: Community, who: str, now: datetime) -> None:
    """Let the volunteer's code open somebody's account."""
    owner_id, issuer_id = (community.actor(each).login_id for each in (who, "volunteer"))
    with transaction() as session:
        code = issue_activation_code(session, owner_id, issuer_id=issuer_id, now=now)
        given: dict[str, Any] = {"password_hash": "new", "address": "-", "device": "-"}
        activate(session, login_id=owner_id, code=code, now=now, today=now.date(), **given)


def found(app: Flask) -> dict[str, list[str]]:
    """Return the codes of what an audit names, by its check."""
    with open_reading(app.config["DATABASE_URL"]) as reading:
        results = [each for each in audit(reading).results if each.violations]
    return {each.id: [sample["what"] for sample in each.samples] for each in results}


def test_what_an_account_did_before_it_was_opened_is_named_by_nobody(
    app: Flask, community: Community, behind: datetime, deed: tuple[str, str, Deed]
) -> None:
    _check, who, does = deed
    does(community, NOW)
    open_by_the_volunteer(community, who, behind)
    audited(app.config["DATABASE_URL"])


def test_what_it_did_since_is_named_once_the_clock_is_right_again(
    app: Flask, community: Community, behind: datetime, deed: tuple[str, str, Deed]
) -> None:
    check, who, does = deed
    community.logged(community.line(5), by=who)
    open_by_the_volunteer(community, who, behind)
    does(community, NOW + A_MOMENT)
    ((named, codes),) = found(app).items()
    assert named == check
    assert [code.rpartition("_through_")[2] for code in codes] == ["a_code"]
