"""The preview of a points rule against the plain formula, record by record, on both engines."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.points.rules import RuleVersion, points_of, terms_for
from app.settings.queries import effect_of
from tests.service.community import NOW, SERVICE_DAY, Community, make_community

YEAR = (date(2026, 1, 1), date(2026, 12, 31))
USUAL: dict[str, Any] = {
    "service_day_percent": 50,
    "service_month_percent": 20,
    "step_hundredths": 10,
    "rates": {},
}


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    line = made.line
    made.log(line(3, 50), line(4, 95), line(5, 120, starts_minute=480))
    made.log(line(3, 77, service_on=SERVICE_DAY), line(4, 50, service_on=SERVICE_DAY))
    made.log(line(5, 33, team_id=made.green_id), by="green_leader")
    return made


def version(**figures: Any) -> RuleVersion:
    return RuleVersion(id=0, effective_from=date(2026, 1, 1), **{**USUAL, **figures})


def colour(session: Session, key: str) -> int:
    return int(session.execute(text(f"SELECT id FROM colours WHERE key = '{key}'")).scalar_one())


def plainly(session: Session, rule: RuleVersion) -> dict[int, tuple[int, int]]:
    """Return points before and after by person, reckoned record by record."""
    found: dict[int, tuple[int, int]] = {}
    rows = session.execute(
        text(
            "SELECT volunteer_id, colour_id, minutes, is_service_day, is_service_month,"
            " points_hundredths FROM service_records WHERE state = 'approved'"
        )
    )
    for person, colour_id, minutes, is_day, is_month, points in rows:
        terms = terms_for(rule, colour_id, bool(is_day), bool(is_month), True)
        before, after = found.get(person, (0, 0))
        found[person] = (before + points, after + points_of(minutes, terms))
    return found


def both(community: Community) -> list[int]:
    return [community.root_id, community.estate_id]


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"service_day_percent": 0},
        {"service_day_percent": 100, "step_hundredths": 100},
        {"step_hundredths": 1},
        {"rates": {"red": 250, "green": 0}},
    ],
)
def test_the_preview_is_the_formula(
    community: Community, db_session: Session, figures: dict[str, Any]
) -> None:
    rates = {colour(db_session, key): rate for key, rate in figures.get("rates", {}).items()}
    rule = version(**{**figures, "rates": rates})
    effect = effect_of(db_session, rule, both(community), *YEAR)
    people = plainly(db_session, rule).values()
    assert effect.people == len(people) == 3
    assert effect.records == 6
    assert effect.before_hundredths == sum(before for before, _ in people)
    assert effect.after_hundredths == sum(after for _, after in people)
    assert effect.gaining == sum(after > before for before, after in people)
    assert effect.losing == sum(after < before for before, after in people)
    assert effect.after_hundredths == sum(each.after_hundredths for each in effect.colours)


def test_the_same_rule_changes_nothing(community: Community, db_session: Session) -> None:
    effect = effect_of(db_session, version(), both(community), *YEAR)
    assert (effect.gaining, effect.losing) == (0, 0)
    assert effect.before_hundredths == effect.after_hundredths > 0


def test_only_what_earned_in_the_years_and_places_asked_for_counts(
    community: Community, db_session: Session
) -> None:
    estate = effect_of(db_session, version(), [community.estate_id], *YEAR)
    assert (estate.records, estate.people) == (1, 1)
    before = effect_of(db_session, version(), both(community), date(2025, 1, 1), date(2025, 12, 31))
    assert before == (0, 0, 0, 0, 0, 0, ())
    db_session.rollback()
    with_line = community.line(6, 60)
    community.log(with_line, by="organiser", now=NOW)
    db_session.execute(text("SELECT 1"))
    assert effect_of(db_session, version(), both(community), *YEAR).people == 4
