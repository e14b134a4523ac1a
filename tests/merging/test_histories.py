"""Whatever two people's histories were: joined, the books are whole and nothing is lost."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.db import db
from app.merging.operations import Plan, plan_merge
from tests.merging.histories import (
    GONE,
    KEPT,
    LATER,
    REASON,
    History,
    balances,
    by_year,
    counted,
    join,
    one,
    rows,
    two_people,
    violations,
)
from tests.service.community import Community

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_any_two_histories_join(app: Flask, db_session: Session, seed: int) -> None:
    community = two_people(db_session, points_expire_after_years="3", hard_limit_minutes="720")
    History(community, seed).happen(45)
    before = violations(app)
    assert before == []
    ids = (community.volunteers[KEPT], community.volunteers[GONE])
    plan = plan_merge(db.session(), *ids, actor=community.actor("organiser"), now=LATER)
    lost = {one.id for one in plan.once}
    expected, obstacles = plan.after, plan.obstacles
    db.session.rollback()
    years, others = by_year(community, KEPT), by_year(community, GONE)
    served = rows(
        "SELECT id, minutes FROM service_records WHERE state = 'approved' "
        "AND volunteer_id IN (:kept, :gone)",
        kept=ids[0],
        gone=ids[1],
    )
    if obstacles:
        assert obstacles[0].code == "would_go_below_zero"
        return
    join(community)
    assert violations(app) == []
    assert balances(community, KEPT) == expected
    assert balances(community, GONE) == (0, 0)
    assert counted(community, GONE) == []
    minutes = sum(minutes for id_, minutes in served if id_ not in lost)
    assert sum(row[3] for row in counted(community, KEPT)) == minutes
    total = one(
        "SELECT coalesce(sum(minutes), 0) FROM service_totals WHERE volunteer_id = :id", id=ids[0]
    )
    assert total == minutes
    check_years(community, plan, years, others)


def check_years(
    community: Community, plan: Plan, years: dict[int, int], others: dict[int, int]
) -> None:
    """Where nothing counted twice, what was left of each year is left of it."""
    lost_bonus = any(one.points_hundredths != plan.points[one.id] for one in plan.moving)
    if plan.once or lost_bonus or (plan.gone_book and plan.kept_book):
        return
    before = {year: years.get(year, 0) + others.get(year, 0) for year in years | others}
    after = by_year(community, KEPT)
    if not has_tickets(community):
        assert after == {year: amount for year, amount in before.items() if amount}
        return
    # What waits to be collected is redeemed anew, from the oldest of both: nobody's grow older.
    assert sum(after.values()) == sum(before.values())
    for year in before:
        assert upto(after, year) <= upto(before, year)


def upto(points: dict[int, int], year: int) -> int:
    return sum(amount for each, amount in points.items() if each <= year)


def has_tickets(community: Community) -> bool:
    query = "SELECT count(*) FROM redemptions WHERE volunteer_id = :id AND reason = :reason"
    return bool(one(query, id=community.volunteers[GONE], reason=REASON))
