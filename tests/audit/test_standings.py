"""A date served in two teams is one date in the standings of both: the audit knows (I-25)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.quick import quick_audit
from app.audit.reading import open_reading
from app.audit.report import Report, audit
from app.audit.scopes import Mark
from app.db import db
from tests.audit.planting import plant
from tests.service.community import SERVICE_DAY, Community, make_community

# In the root, in every colour: both of a person's records, which are of one date.
WHOLE = "colour_id = 0 AND organisation_id = {0}"


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    for team_id in (made.red_id, made.green_id):
        made.logged(made.line(4, 60, service_on=SERVICE_DAY, team_id=team_id), by="organiser")
    return made


@pytest.fixture(params=["whole", "quick"])
def found(request: pytest.FixtureRequest, app: Flask) -> Callable[[], Report]:
    def judged() -> Report:
        with open_reading(app.config["DATABASE_URL"]) as reading:
            return audit(reading) if request.param == "whole" else quick_audit(reading, Mark())

    return judged


def figures(community: Community) -> tuple[int, int, int]:
    where = WHOLE.format(community.root_id)
    query = text(f"SELECT records, dates, service_days FROM standings WHERE {where}")
    (row,) = db.session.execute(query)
    db.session.rollback()
    return tuple(row)


def test_one_date_in_two_teams_is_one(community: Community, found: Callable[[], Report]) -> None:
    assert figures(community) == (2, 1, 1)
    assert found().is_clean


@pytest.mark.parametrize("figure", ["dates", "service_days"])
def test_counted_once_for_each_team_it_is_named(
    app: Flask, community: Community, found: Callable[[], Report], figure: str
) -> None:
    assert figures(community)[1:] == (1, 1)
    moved = {"dates": 512, "service_days": 1}[figure]
    plant(
        app.config["DATABASE_URL"],
        [
            f"UPDATE standings SET {figure} = 2, order_key = order_key - {moved} "
            f"WHERE {WHOLE.format(community.root_id)}"
        ],
    )
    ((named, what),) = [
        (each.id, [sample["what"] for sample in each.samples])
        for each in found().results
        if each.violations
    ]
    assert (named, what) == ("I-25", ["standings_differ"])
