"""Two act on the same people at one instant: one stands in line, and nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.errors import RuleBroken
from app.merging.operations import joining
from app.merging.operations.planning import plan_merge
from app.service.operations import approve
from tests.merging.histories import GONE, KEPT, balances, join, one, two_people, violations
from tests.races import race
from tests.rewards.shelving import give_points, redeemed, stocked
from tests.service.community import NOW, Community
from tests.service.test_side_by_side import at_once

TIMES = 3


@pytest.fixture
def community(db_session: Session) -> Community:
    made = two_people(db_session)
    made.log(made.line(GONE, content="巡逻"), made.line(KEPT), by="organiser")
    db_session.rollback()
    return made


def quietly(act: Callable[[], Any]) -> Callable[[], Any]:
    """Return an act whose refusal is its result, with the session left clean."""

    def run() -> Any:
        try:
            return act()
        except RuleBroken as refusal:
            db.session.rollback()
            return refusal

    return run


@race(
    "rows of accounts",
    "rows of volunteers",
    seen="whoever is gone holds and serves nothing|deadlock detected",
)
def test_both_ways_at_once_one_way_wins(app: Flask, community: Community) -> None:
    results = at_once(
        app,
        quietly(lambda: join(community)),
        quietly(lambda: join(community, kept=GONE, gone=KEPT, by="organiser_too")),
    )
    assert sorted(isinstance(one, RuleBroken) for one in results) == [False, True]
    assert one("SELECT count(*) FROM merges") == 1
    sums = [balances(community, person) for person in (KEPT, GONE)]
    assert sorted(sums) == [(0, 0), (240, 400)]
    assert violations(app) == []


@race("rows of accounts", seen="whoever is gone holds and serves nothing")
def test_a_leader_enters_for_who_goes_meanwhile(app: Flask, community: Community) -> None:
    line = community.line(GONE, 60, content="种花")
    at_once(
        app, quietly(lambda: join(community)), quietly(lambda: community.logged(line, by="leader"))
    )
    total = balances(community, KEPT).minutes
    assert total in (240, 300)
    assert balances(community, GONE) == (0, 0)
    assert violations(app) == []


@race("rows of accounts", seen="whoever is gone holds and serves nothing")
def test_who_goes_redeems_meanwhile(app: Flask, community: Community) -> None:
    give_points(community, GONE, 500)
    item = stocked(community, price_hundredths=250)
    done = at_once(
        app,
        quietly(lambda: join(community)),
        quietly(lambda: redeemed(community, GONE, item, price=250)),
    )
    paid = not isinstance(done[1], RuleBroken) and done[1].redemption_id is not None
    assert balances(community, KEPT).points_hundredths == 900 - 250 * paid
    assert balances(community, GONE) == (0, 0)
    assert violations(app) == []


@race("rows of accounts", seen="whoever is gone holds and serves nothing")
def test_what_waits_is_approved_meanwhile(app: Flask, community: Community) -> None:
    # Entered so late that an organiser decides.
    on = NOW.date() - timedelta(days=60)
    waits = community.logged(community.line(GONE, 60, content="种花", service_on=on))
    assert waits.status == "waiting"
    ids = list(waits.record_ids)

    def decide() -> Any:
        with transaction() as session:
            return approve(session, ids, actor=community.actor("organiser"), now=NOW, reason="对")

    _joined, said = at_once(app, quietly(lambda: join(community)), quietly(decide))
    counts = 0 if isinstance(said, RuleBroken) else 60
    assert balances(community, KEPT).minutes == 240 + counts
    assert balances(community, GONE) == (0, 0)
    assert violations(app) == []


def test_without_the_lock_the_database_refuses(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever planned without the lock finds the books moved: the guard lets nothing be left."""

    def plan_early(*given: Any, **more: Any) -> Any:
        plan = plan_merge(*given, **more)
        # What would have stood in line comes in between, on the same connection.
        monkeypatch.undo()
        community_line = community.line(GONE, 60, content="种花")
        from app.service.operations import log_day

        log_day(
            given[0],
            actor=community.actor("organiser"),
            team_id=community_line.team_id,
            service_on=community_line.service_on,
            lines=[community_line],
            now=NOW,
            key="between",
            enters_as="organiser",
        )
        return plan

    monkeypatch.setattr(joining, "plan_merge", plan_early)
    with pytest.raises(Exception, match=r"nothing is left|violates|gone"):
        join(community)
    db.session.rollback()
    assert one("SELECT count(*) FROM merges") == 0
    assert balances(community, GONE).minutes == 120
