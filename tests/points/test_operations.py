"""Rule versions: a new one begins tomorrow at the earliest, and a used one is never edited."""

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
from tests.service.community import NOW, Community, balances, make_community

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


def test_an_organisation_below_inherits_the_nearest_versions(
    community: Community, db_session: Session
) -> None:
    (first,) = queries.versions_for(db_session, community.estate_id)
    assert (first.effective_from, first.service_day_percent) == (date(1900, 1, 1), 50)
    db_session.rollback()
    own = add(community, date(2026, 3, 1), organisation_id=community.estate_id)
    (found,) = queries.versions_for(db_session, community.estate_id)
    assert found.id == own
    assert queries.versions_for(db_session, community.root_id) == (first,)


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
    ("yesterday", date(2026, 2, 2), {}, "not_from_the_past"),
    ("today", date(2026, 2, 3), {}, "not_from_the_past"),
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
    with pytest.raises(RuleBroken) as refused:
        add(community, effective_from, **given)
    assert refused.value.code == code
    assert len(queries.versions_for(db_session, community.root_id)) == 1


def test_two_versions_do_not_begin_on_one_date(community: Community) -> None:
    add(community, date(2026, 2, 4))
    with pytest.raises(operations.VersionExists):
        add(community, date(2026, 2, 4))


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
