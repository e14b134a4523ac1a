"""Standings follow the tree: what moves is counted where it hangs, and nowhere else."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.organisations.operations import create_organisation
from app.service.operations import regroup
from app.service.operations.lines import DayCount, DayKey
from app.service.standings import StandingKey, TotalKey, moves_of
from tests.service.community import NOW, ORDINARY_DAY, Community, check_books, make_community

ABOVE = {1: [1], 2: [2, 1]}


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return make_community(db_session)


def minutes_of(session: Session, organisation_id: int) -> int:
    session.rollback()
    query = "SELECT coalesce(sum(minutes), 0) FROM standings WHERE organisation_id = :id"
    found = session.execute(text(query + " AND colour_id = 0"), {"id": organisation_id})
    return int(found.scalar_one())


def test_whoever_moves_counts_where_they_hang(db_session: Session, community: Community) -> None:
    community.logged(community.line(3, 60, team_id=community.green_id), by="organiser")
    community.logged(community.line(4, 90), by="organiser")
    actor_id = community.actor("organiser").login_id
    with transaction() as session:
        district_id = create_organisation(
            session, code="D", name="东片", parent_id=community.root_id, actor_id=actor_id, now=NOW
        ).id
    for parent_id, there in ((district_id, 60), (community.root_id, 0)):
        with transaction() as session:
            regroup(session, community.estate_id, parent_id=parent_id, actor_id=actor_id, now=NOW)
        assert minutes_of(db_session, district_id) == there
        assert minutes_of(db_session, community.root_id) == 150
        check_books(db_session)


def test_one_date_with_two_teams_is_one_date_above_both() -> None:
    red, green = (DayKey(7, team, place, team, ORDINARY_DAY) for team, place in ((11, 1), (12, 2)))
    sums = {TotalKey(7, 2026, 11, 1, 11): [1, 60, 0, 1, 0]}
    moves = moves_of(sums, {red: DayCount(1, 0)}, {green: DayCount(1, 0)}, ABOVE)
    assert moves == {
        StandingKey(7, 2026, 1, 0): [1, 60, 0, 0, 0],
        StandingKey(7, 2026, 1, 11): [1, 60, 0, 1, 0],
    }


def test_the_last_of_two_teams_takes_the_date_away() -> None:
    red, green = (DayKey(7, team, 1, team, ORDINARY_DAY) for team in (11, 12))
    sums = {TotalKey(7, 2026, team, 1, team): [-1, -60, 0, -1, -1] for team in (11, 12)}
    gone = {red: DayCount(-1, -1), green: DayCount(-1, -1)}
    held = {red: DayCount(1, 1), green: DayCount(1, 1)}
    moves = moves_of(sums, gone, held, ABOVE)
    assert moves[StandingKey(7, 2026, 1, 0)] == [-2, -120, 0, -1, -1]


def test_other_people_and_dates_do_not_matter() -> None:
    day = DayKey(7, 11, 1, 11, ORDINARY_DAY)
    others = {
        DayKey(8, 12, 1, 12, ORDINARY_DAY): DayCount(1, 0),
        DayKey(7, 12, 1, 12, ORDINARY_DAY.replace(day=1)): DayCount(1, 0),
    }
    moves = moves_of(
        {TotalKey(7, 2026, 11, 1, 11): [1, 60, 0, 1, 0]}, {day: DayCount(1)}, others, ABOVE
    )
    assert moves[StandingKey(7, 2026, 1, 0)] == [1, 60, 0, 1, 0]
