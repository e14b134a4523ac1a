"""Points expire while somebody redeems them, and in two workers at once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.expiry import operations
from app.expiry.queries import dues_of, houses_below
from app.ledger.rules import WouldGoBelowZero
from tests.expiry.community import (
    NEW_YEAR,
    WHO,
    earned,
    expiries,
    go_round,
    points,
    redeem,
    rows,
    settled,
)
from tests.races import race
from tests.service.community import Community, check_books
from tests.service.test_side_by_side import at_once

ROUNDS = 5
# Where both have read what lies there, and neither was given the id of an entry.
BEFORE_IDS = "qicai_reserve_entries|FROM entries ORDER BY id DESC"


@pytest.fixture
def community(db_session: Session) -> Community:
    return settled(db_session)


@race("rows of accounts", "ck_accounts_never_below_zero", at=BEFORE_IDS, is_turned=True)
def test_points_are_redeemed_or_expire_never_both(app: Flask, community: Community) -> None:
    for year in range(ROUNDS):
        earned(community, 2020 + year)
        now = NEW_YEAR.replace(year=2023 + year)
        answers = at_once(
            app,
            lambda now=now: go_round(community, now)[1],  # type: ignore[misc]
            lambda now=now, number=year: redeem(community, 200, now, number),  # type: ignore[misc]
        )
        is_redeemed = answers[1] is None
        assert answers[0] == (0 if is_redeemed else 200)
        assert is_redeemed or isinstance(answers[1], WouldGoBelowZero)
        assert points(community) == 0
    check_books(db.session())


@race("rows of accounts", at=BEFORE_IDS, is_turned=True)
def test_of_a_smaller_redemption_the_rest_expires(app: Flask, community: Community) -> None:
    earned(community, 2024, 2025)
    answers = at_once(
        app,
        lambda: go_round(community, NEW_YEAR)[1],
        lambda: redeem(community, 150, NEW_YEAR),
    )
    # The redemption takes what is about to expire, or else of the year after.
    came = "SELECT kind FROM entries WHERE kind IN ('expiry', 'redemption') ORDER BY id"
    assert answers[0] == (200 if rows(came)[0] == ("expiry",) else 50)
    assert points(community) == 400 - 150 - answers[0]
    assert sum(amount for _, _, amount in expiries(community)) == answers[0]
    check_books(db.session())


@race(
    "rows of accounts",
    "ck_accounts_never_below_zero",
    "uq_expiries_once",
    "expiries_no_replace",
    at=BEFORE_IDS,
)
def test_two_workers_expire_it_once(app: Flask, community: Community) -> None:
    for person in range(8):
        earned(community, 2024, person=person)
    done = at_once(app, *(lambda: go_round(community, NEW_YEAR) for _ in range(2)))
    assert sum(one[1] for one in done) == 8 * 200
    assert rows("SELECT count(*), sum(points_hundredths) FROM expiries") == [(8, 1600)]
    check_books(db.session())


def test_reckoned_before_the_lock_it_would_expire_twice(
    community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what one read before the other's commit. The key still refuses it."""
    earned(community, 2024, 2025)
    people = {community.volunteers[WHO]: houses_below(db.session(), community.root_id)[1]}
    read_before = dues_of(db.session(), people)
    go_round(community, NEW_YEAR)
    monkeypatch.setattr(operations, "dues_of", lambda *_given: read_before)
    with pytest.raises(IntegrityError), transaction() as session:
        operations.expire_points(session, people, root_id=community.root_id, now=NEW_YEAR)
    assert points(community) == 200
    check_books(db.session())
