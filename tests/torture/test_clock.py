"""The clock is set back in the middle of everything: nothing falls behind, nobody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.activities.operations.checking_in import SameScan
from app.audits.rules import quick_is_due
from app.clock import CLOCKS_DIFFER
from app.commands.sealing import Sealer
from app.db import db, transaction
from app.jobs import operations as jobs
from app.jobs.rules import LEASE, is_alive
from app.ledger.marks import at_one_instant, publish_mark
from app.notices.queries import is_lost
from app.notices.rules import SENDING_LEASE
from app.people.models import Login
from app.people.operations.sessions import begin_session
from app.people.operations.turns import take_turn
from app.people.queries.signing_in import open_sessions, signed_in
from app.people.rules.passwords import digest
from app.people.rules.second_factor import is_fresh
from app.people.rules.sign_in import ACCOUNT_LIMIT, TooManyTries
from tests.activities.checks import BEGINS_AT, announced, checked, codes
from tests.rewards.shelving import PRICE, give_points, redeemed, shelf_community, stocked
from tests.service.community import NOW, make_community
from tests.torture.bank import audited, rows

BACK = (timedelta(hours=1), timedelta(days=1))
FALLING = (
    "SELECT count(*) AS n FROM entries e JOIN entries f ON f.id = e.id + 1 "
    "WHERE f.recorded_at < e.recorded_at"
)


@pytest.mark.parametrize("back", BACK)
def test_postings_marks_and_seals_go_on_where_they_were(
    app: Flask, db_session: Session, back: timedelta
) -> None:
    community, sealer = shelf_community(db_session), Sealer()
    item_id = stocked(community)
    give_points(community, 0, 4 * PRICE)
    for step in (timedelta(0), -back, -back + timedelta(minutes=2), timedelta(hours=2)):
        redeemed(community, 0, item_id, now=NOW + step)
        with at_one_instant() as session:
            publish_mark(session, "ranking", NOW + step)
        db.session.remove()
        with time_machine.travel(NOW + step, tick=False):
            assert sealer.turn(app) == 1
    assert rows(FALLING)[0].n == 0
    audited(app.config["DATABASE_URL"])


@pytest.mark.parametrize("back", BACK)
def test_a_job_of_a_dead_worker_is_taken_up_and_one_of_a_living_is_not(
    app: Flask, back: timedelta
) -> None:
    with transaction() as session:
        login = Login(name="clerk", display_name="谷雨", created_at=NOW)
        session.add(login)
        session.flush()
        jobs.enqueue(
            session,
            kind="test",
            subject_kind="thing",
            subject_id=1,
            actor_id=login.id,
            now=NOW,
        )
        job = jobs.claim(session, worker="a", now=NOW)
        assert job is not None
        # Who lives beats once more by the new time.
        assert jobs.follow(session, job, now=NOW - back, stage="", done=0, total=0)
        assert jobs.sweep(session, now=NOW - back + LEASE) == (0, 0)
        assert jobs.follow(session, job, now=NOW, stage="", done=0, total=0)
        assert jobs.sweep(session, now=NOW - back) == (1, 0)
    assert not is_alive(NOW, NOW - back)


@pytest.mark.parametrize("back", BACK)
def test_what_is_due_does_not_wait_until_the_clock_has_caught_up(
    app: Flask, back: timedelta
) -> None:
    assert quick_is_due(NOW, NOW - back)
    lost = _holds(is_lost)
    assert [lost(NOW, NOW - gone) for gone in (back, timedelta(0))] == [True, False]
    assert lost(NOW, NOW + SENDING_LEASE + timedelta(seconds=1))


def _holds(condition: Callable[[datetime], object]) -> Callable[[datetime, datetime], bool]:
    """Return what a condition on sent messages says of one claimed at an instant."""

    def holds(claimed_at: datetime, now: datetime) -> bool:
        with db.engine.connect() as asked:
            told = str(
                condition(now).compile(  # type: ignore[attr-defined]
                    dialect=asked.dialect, compile_kwargs={"literal_binds": True}
                )
            )
            column = "notice_messages"
            is_sqlite = asked.dialect.name == "sqlite"
            at = claimed_at.strftime("%Y-%m-%d %H:%M:%S.%f") + ("" if is_sqlite else "+00")
            row = f"(SELECT 'sending' AS state, {_instant(at, is_sqlite)} AS claimed_at)"
            found = asked.execute(text(f"SELECT count(*) FROM {row} AS {column} WHERE {told}"))
            return bool(found.scalar_one())

    return holds


def _instant(at: str, is_sqlite: bool) -> str:
    return f"'{at}'" if is_sqlite else f"timestamptz '{at}'"


@pytest.mark.parametrize("back", [timedelta(seconds=30), *BACK])
def test_a_sign_in_from_ahead_of_the_clock_ends_and_a_moment_s_difference_does_not(
    app: Flask, back: timedelta
) -> None:
    is_moment = back < CLOCKS_DIFFER
    with transaction() as session:
        login = Login(name="clerk", display_name="谷雨", created_at=NOW)
        session.add(login)
        session.flush()
        begun = begin_session(
            session, login, address="::1", device="test", now=NOW, today=NOW.date()
        )
        found = signed_in(session, digest(begun.token), NOW - back)
        assert (found is not None) is is_moment
        assert bool(open_sessions(session, login.id, NOW - back)) is is_moment
    assert is_fresh(NOW, NOW - back) is is_moment


@pytest.mark.parametrize("back", BACK)
def test_wrong_tries_from_ahead_of_the_clock_let_nobody_wait(app: Flask, back: timedelta) -> None:
    given: dict[str, Any] = {"account": "TX00001", "login_ids": [], "address": "::1"}
    with transaction() as session:
        for _try in range(ACCOUNT_LIMIT.free):
            take_turn(session, device=None, now=NOW, **given)
        with pytest.raises(TooManyTries):
            take_turn(session, device=None, now=NOW, **given)
        take_turn(session, device=None, now=NOW - back, **given)


def test_who_came_before_the_clock_was_set_back_has_not_gone_before(
    app: Flask, db_session: Session
) -> None:
    """Refused in a sentence, not by the table; scanned once more later, they have gone."""
    community = make_community(db_session)
    db_session.rollback()
    activity_id = announced(community)
    came_at = BEGINS_AT + timedelta(hours=1)
    checked(community, codes(activity_id, came_at)[0], at=came_at)
    with pytest.raises(SameScan):
        checked(community, codes(activity_id)[0], wants="out", at=BEGINS_AT)
    gone_at = came_at + timedelta(minutes=30)
    checked(community, codes(activity_id, gone_at)[0], wants="out", at=gone_at)
    audited(app.config["DATABASE_URL"])
