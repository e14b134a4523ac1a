"""Two change the tree at the same instant, or somebody posts and is added meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.errors import RuleBroken
from app.people.operations import add_volunteer
from app.service.operations import regroup
from app.settings.operations import Part
from tests.adjustments.community import settle
from tests.races import is_control, race
from tests.service.community import Community, check_books, make_community
from tests.service.test_side_by_side import at_once
from tests.settings.trees import (
    LATER,
    TODAY,
    check_audit,
    homes,
    make_node,
    merge,
    retire,
    retired_on,
    rows,
    split,
    who,
    year_minutes,
)


@pytest.fixture
def community(
    app: Flask, db_session: Session, request: pytest.FixtureRequest
) -> Iterator[Community]:
    made = make_community(db_session)
    settle(made)
    yield made
    if is_control(request.node):
        return
    check_books(db.session())
    check_audit(app)


@pytest.fixture
def east(community: Community) -> int:
    return make_node(community, "TX2", "东小区")


@race(
    "the lock of the tree",
    "the lock of marks",
    "rows of organisations",
    is_endless=True,
    seen="canceling statement due to statement timeout|interrupted",
)
def test_two_merges_that_cross(app: Flask, community: Community, east: int) -> None:
    estate = community.estate_id
    results = at_once(
        app,
        partial(merge, community, estate, east, key="one"),
        partial(merge, community, east, estate, key="other"),
    )
    (refused,) = [each for each in results if isinstance(each, RuleBroken)]
    assert refused.code == "organisation_retired"
    assert (retired_on(estate) is None) != (retired_on(east) is None)


@race("the key of the operation", at_lock="the lock of the tree")
def test_the_same_merge_twice(app: Flask, community: Community, east: int) -> None:
    done = partial(merge, community, community.estate_id, east)
    assert at_once(app, partial(done, key="tap"), partial(done, key="tap")) == [None, None]
    assert len(rows("SELECT id FROM organisation_changes")) == 1


@race("the lock of marks")
def test_a_posting_during_a_merge(app: Flask, community: Community, east: int) -> None:
    line = community.line(3, 60, team_id=community.green_id, service_on=TODAY)
    logging = partial(community.logged, line, by="organiser", now=LATER)
    at_once(app, partial(merge, community, community.estate_id, east), logging)
    assert year_minutes(east) == [(2026, 60)]
    assert year_minutes(community.root_id) == [(2026, 60)]


@race(
    "the lock of the tree",
    "rows of organisations",
    is_endless=True,
    seen="canceling statement due to statement timeout|interrupted",
)
def test_a_merge_while_the_other_one_moves(app: Flask, community: Community, east: int) -> None:
    inner = make_node(community, "TX21", "东一院", east)
    estate = community.estate_id
    given: dict[str, Any] = {"actor_id": who(community), "now": LATER}

    def move() -> None:
        with transaction() as session:
            regroup(session, east, parent_id=estate, **given)

    results = at_once(app, partial(merge, community, estate, inner), move)
    assert len([each for each in results if isinstance(each, RuleBroken)]) <= 1
    assert community.root_id in line_of(estate)


@race("rows of organisations")
def test_somebody_is_added_while_it_is_merged(app: Flask, community: Community, east: int) -> None:
    def add() -> None:
        with transaction() as session:
            add_volunteer(
                session,
                organisation_id=community.estate_id,
                name="大寒",
                actor_id=who(community),
                now=LATER,
            )

    at_once(app, partial(merge, community, community.estate_id, east), add)
    assert community.estate_id not in homes(community)


@race("rows of organisations")
def test_somebody_is_added_while_it_is_retired(app: Flask, community: Community, east: int) -> None:
    def add() -> None:
        make_node(community, "TX21", "东一院", east)

    results = at_once(app, partial(retire, community, east), add)
    assert len([each for each in results if isinstance(each, RuleBroken)]) == 1


@race(
    "the lock of the tree",
    "the lock of marks",
    "rows of organisations",
    seen="ValueError",
)
def test_two_splits_of_one_team(app: Flask, community: Community) -> None:
    parts = [Part(code, code, (community.green_id,)) for code in ("TX-N", "TX-S")]
    acts = [partial(split, community, community.estate_id, part, key=part.code) for part in parts]
    results = at_once(app, *acts)
    (refused,) = [each for each in results if isinstance(each, RuleBroken)]
    assert refused.code == "team_not_there"


def line_of(organisation_id: int) -> list[int]:
    found = [organisation_id]
    while len(found) < 9:
        above = rows("SELECT parent_id FROM organisations WHERE id = :id", id=found[-1])[0][0]
        if above is None:
            break
        found.append(above)
    return found
