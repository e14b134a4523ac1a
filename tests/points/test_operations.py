"""Rule versions: a new one begins after what was credited, and a used one is never edited."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import transaction
from app.errors import NotFound, RuleBroken
from app.points import operations, queries
from app.service.operations import undo_batch
from app.trail.queries import trail_about
from tests.service.community import NOW, ORDINARY_DAY, Community, balances, make_community

pytestmark = pytest.mark.usefixtures("app")
FIGURES: dict[str, Any] = {
    "service_day_percent": 100,
    "service_month_percent": 0,
    "step_hundredths": 100,
}


@pytest.fixture
def community(db_session: Session) -> Community:
    return make_community(db_session)


def add(community: Community, effective_from: date, **more: Any) -> int:
    given = {"organisation_id": community.root_id, "rates": {}, **FIGURES, **more}
    with transaction() as session:
        version = operations.add_rule_version(
            session, effective_from=effective_from, actor_id=None, now=NOW, **given
        )
        return version.id


def test_an_organisation_below_decides_from_its_first_version_on(
    community: Community, db_session: Session
) -> None:
    (first,) = queries.versions_for(db_session, community.estate_id)
    assert (first.effective_from, first.service_day_percent) == (date(1900, 1, 1), 50)
    db_session.rollback()
    own = add(community, date(2026, 3, 1), organisation_id=community.estate_id)
    later = add(community, date(2026, 4, 1))
    found = [each.id for each in queries.versions_for(db_session, community.estate_id)]
    assert found == [first.id, own]
    above = [each.id for each in queries.versions_for(db_session, community.root_id)]
    assert above == [first.id, later]


def test_a_new_version_rules_the_dates_from_its_first_on(
    community: Community, db_session: Session
) -> None:
    add(community, date(2026, 2, 4), rates={community_colour(db_session): 200})
    before = community.line(3, 60, service_on=date(2026, 2, 3))
    after = community.line(3, 60, service_on=date(2026, 2, 4))
    assert community.logged(before).points_hundredths == 100
    assert community.logged(after, now=NOW + timedelta(days=2)).points_hundredths == 200
    assert balances(db_session, community.volunteers[3]) == (120, 300)
    versions = queries.versions_for(db_session, community.root_id)
    assert queries.versions_by_id(db_session, [versions[1].id]) == {versions[1].id: versions[1]}


def community_colour(session: Session) -> int:
    colour = session.execute(text("SELECT id FROM colours WHERE key = 'red'")).scalar_one()
    session.rollback()
    return int(colour)


REFUSED: list[tuple[str, date, dict[str, Any], str]] = [
    ("the day credited last", ORDINARY_DAY, {}, "not_from_the_past"),
    ("long before it", date(2025, 1, 1), {}, "not_from_the_past"),
    ("a percent too many", date(2026, 2, 4), {"service_day_percent": 1001}, "figure_out_of_bounds"),
    ("no step", date(2026, 2, 4), {"step_hundredths": 0}, "figure_out_of_bounds"),
    ("a rate below zero", date(2026, 2, 4), {"rates": {1: -1}}, "figure_out_of_bounds"),
]


@pytest.mark.parametrize(
    ("effective_from", "given", "code"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED]
)
def test_what_is_refused(
    community: Community, db_session: Session, effective_from: date, given: dict, code: str
) -> None:
    community.log(community.line(3))
    with pytest.raises(RuleBroken) as refused:
        add(community, effective_from, **given)
    assert refused.value.code == code
    assert len(queries.versions_for(db_session, community.root_id)) == 1


def test_two_versions_do_not_begin_on_one_date(community: Community) -> None:
    add(community, date(2026, 2, 4))
    with pytest.raises(operations.VersionExists):
        add(community, date(2026, 2, 4), service_month_percent=1)


def test_the_same_version_sent_twice_is_laid_down_once(
    community: Community, db_session: Session
) -> None:
    rates = {community_colour(db_session): 120}
    first = add(community, date(2026, 2, 4), rates=rates)
    assert add(community, date(2026, 2, 4), rates=rates) == first
    assert len(trail_about(db_session, "rule_version", first)) == 1


def test_a_version_begins_the_day_after_the_last_credit(
    community: Community, db_session: Session
) -> None:
    community.log(community.line(3))
    add(community, ORDINARY_DAY + timedelta(days=1))
    served_on = ORDINARY_DAY + timedelta(days=2)
    done = community.logged(community.line(3, 60, service_on=served_on))
    assert done.points_hundredths == 100
    assert queries.last_credited_on(db_session, community.root_id, served_on) == served_on


def test_a_reversed_credit_holds_no_date(community: Community) -> None:
    batch = community.log(community.line(3))
    with transaction() as session:
        assert batch.batch_id
        undo_batch(session, batch.batch_id, actor=community.actor("leader"), now=NOW, key="undo")
    assert add(community, ORDINARY_DAY)


def test_credits_of_those_with_a_rule_of_their_own_hold_nobody_above(
    community: Community, db_session: Session
) -> None:
    estate = community.estate_id
    add(community, date(2026, 1, 1), organisation_id=estate)
    line = community.line(3, team_id=community.green_id)
    community.log(line, by="green_leader")
    assert queries.last_credited_on(db_session, community.root_id, date(2026, 1, 1)) is None
    assert queries.last_credited_on(db_session, estate, date(2026, 1, 1)) == ORDINARY_DAY
    assert queries.governed_by(db_session, community.root_id, date(2026, 1, 1)) == [
        community.root_id
    ]


def edit(version_id: int) -> None:
    with transaction() as session:
        operations.edit_unused_rule_version(
            session, version_id, rates={}, actor_id=None, now=NOW, **FIGURES
        )


def test_only_an_unused_version_is_edited(community: Community, db_session: Session) -> None:
    version_id = queries.versions_for(db_session, community.root_id)[0].id
    db_session.rollback()
    edit(version_id)
    assert queries.versions_for(db_session, community.root_id)[0].service_day_percent == 100
    community.log(community.line(3))
    with pytest.raises(operations.VersionUsed):
        edit(version_id)
    with pytest.raises(NotFound):
        edit(777)


def withdraw(version_id: int) -> None:
    with transaction() as session:
        operations.withdraw_rule_version(session, version_id, actor_id=None, now=NOW)


def test_an_unused_version_is_withdrawn_and_the_one_before_applies_again(
    community: Community, db_session: Session
) -> None:
    (first,) = queries.versions_for(db_session, community.root_id)
    own = add(community, date(2026, 2, 4), rates={community_colour(db_session): 200})
    withdraw(own)
    assert queries.versions_for(db_session, community.root_id) == (first,)
    said = trail_about(db_session, "rule_version", own)[0]
    assert (said.operation, said.after) == ("withdraw_rule_version", None)


def test_neither_the_first_nor_a_used_version_is_withdrawn(
    community: Community, db_session: Session
) -> None:
    (first,) = queries.versions_for(db_session, community.root_id)
    with pytest.raises(operations.FirstVersionStays):
        withdraw(first.id)
    own = add(community, date(2026, 1, 1))
    community.log(community.line(3))
    with pytest.raises(operations.VersionUsed):
        withdraw(own)
    laid = queries.laid_down(db_session, queries.versions_for(db_session, community.root_id))
    assert [(one.version.id, one.is_used) for one in laid] == [(first.id, False), (own, True)]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE rule_versions SET step_hundredths = 50",
        "DELETE FROM rule_versions",
        "INSERT INTO rule_rates SELECT v.id, c.id, 1 FROM rule_versions v, colours c",
    ],
)
def test_the_database_itself_keeps_a_used_version(
    community: Community, db_session: Session, change: str
) -> None:
    community.log(community.line(3))
    with pytest.raises(DBAPIError, match="used rule version"), transaction() as session:
        session.execute(text(change))
