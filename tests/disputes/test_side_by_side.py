"""Two people deal with one dispute at the same instant: one answer, and the other is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.disputes import operations, queries
from app.disputes.operations import holding
from app.disputes.rules import AnsweredAlready, figures_of
from app.errors import RuleBroken
from app.service.operations import reverse_record
from tests.disputes.community import (
    LATER,
    WHO,
    act,
    disputed,
    line_of,
    served,
    state_of,
    thread_of,
    value,
)
from tests.races import race
from tests.service.community import Community, check_books, make_community
from tests.service.test_side_by_side import at_once

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session, timely_working_days="250")
    db_session.rollback()
    return made


def refusing(community: Community, dispute_id: int, by: str) -> Callable[[], Any]:
    return lambda: act(community, "refuse", dispute_id, by=by, reason="签到表是两小时", key=by)


def correcting(community: Community, dispute_id: int, by: str) -> Callable[[], Any]:
    line = line_of(community)
    return lambda: act(community, "correct", dispute_id, line, by=by, reason="对", key=by)


@race("rows of accounts", seen="a dispute does not move so|^AssertionError")
def test_two_leaders_give_one_answer(app: Flask, community: Community) -> None:
    dispute_id = disputed(community, served(community))
    answers = at_once(
        app,
        correcting(community, dispute_id, "leader"),
        refusing(community, dispute_id, "co_leader"),
    )
    told = [answer for answer in answers if isinstance(answer, AnsweredAlready)]
    assert len(told) == 1
    moves = [kind for kind in thread_of(db.session(), dispute_id) if kind != "proposed"]
    assert len(moves) == 2
    assert moves[-1] == state_of(db.session(), dispute_id)
    check_books(db.session())


@race("rows of accounts", seen="^AssertionError|service_records are only added to")
def test_two_corrections_post_one(app: Flask, community: Community) -> None:
    dispute_id = disputed(community, served(community))
    answers = at_once(
        app, *(correcting(community, dispute_id, by) for by in ("leader", "organiser"))
    )
    assert sum(isinstance(answer, RuleBroken) for answer in answers) == 1
    assert value(db.session(), "SELECT count(*) FROM service_records WHERE state = 'approved'") == 1
    check_books(db.session())


def test_without_the_lock_both_would_answer(
    app: Flask, community: Community, monkeypatch: pytest.MonkeyPatch, engine_name: str
) -> None:
    """SQLite has one writer anyway; on PostgreSQL the volunteer's books keep the two apart."""
    monkeypatch.setattr(holding, "lock_people", lambda *_given: {})
    dispute_id = disputed(community, served(community))
    answers = at_once(app, *(refusing(community, dispute_id, by) for by in ("leader", "co_leader")))
    kept_apart = sum(isinstance(answer, RuleBroken) for answer in answers)
    assert kept_apart <= 1
    if engine_name == "sqlite":
        assert kept_apart == 1


@race(
    "rows of accounts",
    "the key of the operation",
    seen="disputes are only added to, never replaced|uq_disputes_open",
)
def test_a_double_tap_raises_one(app: Flask, community: Community) -> None:
    record_id = served(community)

    def tap() -> int:
        return disputed(community, record_id, key="tap")

    first, second = at_once(app, tap, tap)
    assert first == second
    assert value(db.session(), "SELECT count(*) FROM dispute_lines") == 1


@race("rows of accounts")
def test_a_reversal_meets_an_answer(app: Flask, community: Community) -> None:
    record_id = served(community)
    dispute_id = disputed(community, record_id)

    def reversing() -> list[int]:
        with transaction() as session:
            return reverse_record(session, record_id, actor=community.actor("leader"), now=LATER)

    answers = at_once(app, reversing, correcting(community, dispute_id, "organiser"))
    assert sum(isinstance(answer, RuleBroken) for answer in answers) == 1
    assert state_of(db.session(), dispute_id) in {"overtaken", "corrected"}
    check_books(db.session())


@race("rows of accounts", is_turned=True)
def test_a_year_is_confirmed_before_or_after_a_posting(app: Flask, community: Community) -> None:
    """Whoever comes second: the confirmation holds exactly where its figures are the books'."""
    from datetime import date

    served(community, service_on=date(2025, 12, 30))
    who = community.volunteers[WHO]
    digest = figures_of(queries.books_of(db.session(), who, 2025).lines).digest
    db.session.rollback()

    def confirming() -> int:
        with transaction() as session:
            return operations.confirm_year(
                session,
                who,
                2025,
                digest=digest,
                actor=community.actor("volunteer"),
                now=LATER,
                key="confirm",
            )

    confirmed, _ = at_once(
        app, confirming, lambda: served(community, service_on=date(2025, 12, 29))
    )
    db.session.rollback()
    # Whoever confirms has seen all that stood there by then.
    last = "SELECT operation FROM trail ORDER BY id DESC LIMIT 1"
    assert value(db.session(), last) != "volunteer.confirm_year"
    check = queries.check_of(db.session(), who, 2025)
    if isinstance(confirmed, RuleBroken):
        assert check is None
    else:
        assert check
        assert not check.holds
