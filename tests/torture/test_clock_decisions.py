"""Who decides after the clock was set back decides at the instant of the entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.adjustments.rules import Amounts
from app.claims.operations import withdraw_claim
from app.db import db, transaction
from app.rewards.operations.settling import cancel, hand_over
from app.service.operations import (
    approve,
    approve_each,
    propose_correction,
    reject,
    reverse_record,
    undo_batch,
)
from app.service.operations.desk import send_back_each
from tests.adjustments import community as adjusting
from tests.claims.conftest import VOLUNTEER, claimed, split
from tests.disputes import community as disputing
from tests.merging.histories import join, two_people
from tests.rewards.shelving import PRICE, give_points, redeemed, stocked
from tests.service.community import NOW, Community, state_of
from tests.torture.bank import audited, rows

BACK = (timedelta(hours=1), timedelta(days=1))
BEFORE_ENTRY = "SELECT count(*) AS n FROM service_records WHERE decided_at < recorded_at"


@pytest.fixture(params=BACK, ids=str)
def behind(request: pytest.FixtureRequest) -> datetime:
    """The instant it is once the clock was set back."""
    return NOW - request.param


@pytest.fixture
def community(db_session: Session, app: Flask) -> Iterator[Community]:
    made = two_people(db_session)
    yield made
    assert rows(BEFORE_ENTRY)[0].n == 0
    audited(app.config["DATABASE_URL"])


def days() -> Iterator[date]:
    """Days with nothing on them, all of which the leader's entries are late for or not."""
    on = date(2026, 1, 26)
    while True:
        yield on
        on -= timedelta(days=1)


def by(community: Community, who: str, now: datetime) -> dict[str, Any]:
    return {"actor": community.actor(who), "now": now}


def test_what_waits_is_approved_sent_back_taken_back_split_and_settled(
    community: Community, behind: datetime
) -> None:
    on = days()
    hours = [claimed(community, service_on=next(on)).record_id for _ in range(6)]
    with transaction() as session:
        approve(session, hours[:1], **by(community, "leader", behind))
    with transaction() as session:
        approve_each(session, hours[1:2], key="each", **by(community, "leader", behind))
    with transaction() as session:
        reject(session, hours[2], reason="哪一天", key="no", **by(community, "leader", behind))
    with transaction() as session:
        given = by(community, "leader", behind)
        send_back_each(session, hours[3:4], reason="哪一天", key="back", **given)
    with transaction() as session:
        withdraw_claim(session, hours[4], key="gone", **by(community, "volunteer", behind))
    split(
        community,
        hours[5],
        community.line(VOLUNTEER, 60, service_on=date(2026, 1, 21)),
        now=behind,
    )
    settled = claimed(community).record_id
    community.logged(community.line(VOLUNTEER), now=behind)
    found = [state_of(db.session(), each) for each in [*hours, settled]]
    assert found == ["approved"] * 2 + ["rejected"] * 5


def test_corrected_reversed_and_undone(community: Community, behind: datetime) -> None:
    on = days()
    logged = [
        community.log(community.line(VOLUNTEER, service_on=day))
        for day, _ in zip(on, range(3), strict=False)
    ]
    old = [each.outcomes[0].record_ids[0] for each in logged]
    with transaction() as session:
        proposals = [
            propose_correction(
                session,
                record_id,
                community.line(VOLUNTEER, 60, service_on=date(2026, 1, 26) - timedelta(days=i)),
                reason="少一小时",
                **by(community, "leader", NOW),
            )
            for i, record_id in enumerate(old)
        ]
    with transaction() as session:
        approve(session, proposals[0], reason="对", **by(community, "organiser", behind))
    with transaction() as session:
        reverse_record(session, old[1], reason="错", **by(community, "organiser", behind))
    with transaction() as session:
        given = by(community, "organiser", behind)
        undo_batch(session, logged[2].batch_id or 0, reason="错", **given)
    states = [state_of(db.session(), each[0]) for each in proposals]
    assert states == ["approved", "rejected", "rejected"]


def test_disputes_adjustments_and_redemptions_end(community: Community, behind: datetime) -> None:
    disputes = [
        disputing.disputed(community, disputing.served(community, minutes=60, service_on=on))
        for on in (date(2026, 1, 26), date(2026, 1, 27))
    ]
    said: dict[str, Any] = {"by": "leader", "now": behind, "reason": "查过了"}
    disputing.act(community, "refuse", disputes[0], **said)
    line = disputing.line_of(community)
    disputing.act(community, "correct", disputes[1], line, **said)
    asked = [adjusting.ask(community, Amounts(0, 100)) for _ in range(2)]
    adjusting.answer(community, "confirm", asked[0], by="organiser_too", now=behind)
    adjusting.answer(community, "refuse", asked[1], by="organiser_too", now=behind, reason="不对")
    item_id = stocked(community)
    give_points(community, VOLUNTEER, 2 * PRICE)
    tickets = [int(redeemed(community, VOLUNTEER, item_id).redemption_id or 0) for _ in range(2)]
    with transaction() as session:
        hand_over(session, tickets[0], key="over", **by(community, "leader", behind))
    with transaction() as session:
        cancel(session, tickets[1], reason="", key="cancel", **by(community, "volunteer", behind))


def test_two_people_are_joined(community: Community, behind: datetime) -> None:
    community.logged(community.line(6))
    join(community, now=behind)
