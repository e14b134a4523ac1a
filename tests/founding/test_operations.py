from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.db import db, transaction
from app.founding.operations import Founded, found_community
from app.founding.rules import (
    AlreadyFounded,
    FoundingCodeWrong,
    check_founding_code,
    founding_code,
)
from app.organisations.models import Organisation
from app.organisations.rules import BadCode, BadName
from app.people.models import Login
from app.people.rules.names import LoginNameUnfit
from app.points.queries import versions_for
from app.teams.queries import actor_of, teams_in
from app.trail.models import TrailRow
from tests.races import race

NOW = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
TODAY = date(2026, 2, 3)
SECRET = "a secret of more than thirty-two characters"


def found(**changes: Any) -> Founded:
    given = {"name": "涂新社区", "code": "TX", "login_name": "Gu.Yu", "password_hash": "hash"}
    with transaction() as session:
        return found_community(session, **(given | changes), now=NOW, today=TODAY)


def test_a_community_has_its_teams_rule_and_first_sign_in(app: Flask) -> None:
    founded = found()
    session = db.session()
    teams = teams_in(session, [founded.organisation_id])
    assert [team.code for team in teams][::6] == ["TX-red", "TX-purple"]
    assert [team.name for team in teams][::6] == ["红色扶贫帮困队", "紫色卫生保健队"]
    assert len(teams) == 7
    (version,) = versions_for(session, founded.organisation_id)
    assert version.effective_from == date(1900, 1, 1)
    actor = actor_of(session, founded.login_id, TODAY)
    assert actor.roles == {"organiser", "admin"}
    assert actor.organises == {founded.organisation_id}
    assert founded.activation_code is None


def test_without_a_password_there_is_a_code(app: Flask) -> None:
    assert len(found(password_hash=None).activation_code or "") == 10


def test_every_step_is_on_the_trail(app: Flask) -> None:
    founded = found()
    rows = db.session.execute(select(TrailRow.operation, TrailRow.actor_id)).all()
    assert [row.operation for row in rows].count("create_team") == 7
    assert {"create_login", "create_organisation", "add_rule_version", "grant_role"} <= {
        row.operation for row in rows
    }
    assert {row.actor_id for row in rows} == {None, founded.login_id}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"code": "1 TX"}, BadCode),
        ({"name": "  "}, BadName),
        ({"login_name": "123"}, LoginNameUnfit),
    ],
)
def test_what_does_not_fit_founds_nothing(
    app: Flask, changes: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        found(**changes)
    assert db.session.scalar(select(func.count()).select_from(Login)) == 0
    assert db.session.scalar(select(func.count()).select_from(TrailRow)) == 0


def test_nobody_founds_twice(app: Flask) -> None:
    found()
    with pytest.raises(AlreadyFounded, match="涂新社区"):
        found(code="BY", name="别的社区", login_name="bai.lu")


@race("the lock of founding", seen="There is an administrator already; only they grant roles.")
def test_of_two_at_once_one_founds(app: Flask) -> None:
    def attempt(name: str) -> str:
        with app.app_context():
            try:
                found(name=f"{name}社区", code=name, login_name=name)
            except AlreadyFounded:
                return "too late"
            finally:
                db.session.remove()
            return "founded"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, ["TX", "BY"])) == ["founded", "too late"]
    assert db.session.scalar(select(func.count()).select_from(Organisation)) == 1


def test_the_founding_code_is_the_same_wherever_the_secret_is() -> None:
    code = founding_code(SECRET)
    assert code == founding_code(SECRET) != founding_code(SECRET + "x")
    check_founding_code(code.lower().replace("-", " "), SECRET)


@pytest.mark.parametrize("typed", ["", "AAAAA-AAAAA", "１２３", "é"])
def test_another_code_is_refused(typed: str) -> None:
    with pytest.raises(FoundingCodeWrong):
        check_founding_code(typed, SECRET)
