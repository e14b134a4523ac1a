from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from app.db import db
from app.founding.rules import founding_code
from app.organisations.models import Organisation
from app.people.models import Login, Volunteer
from app.service.models import ServiceRecord
from app.teams.models import Team
from app.trail.models import TrailRow
from tests.conftest import MakeApp

INIT = ["init", "--org", "涂新社区", "--code", "TX", "--admin", "guyu"]
PASSWORD = "seven-colours\n"

Run = Callable[..., Result]


@pytest.fixture
def fresh(make_app: MakeApp, empty_database_url: str) -> Flask:
    """An app whose database has no table yet."""
    return make_app(DATABASE_URL=empty_database_url)


@pytest.fixture
def run(fresh: Flask) -> Run:
    def invoke(*arguments: str, stdin: str = "") -> Result:
        return fresh.test_cli_runner().invoke(args=list(arguments), input=stdin)

    return invoke


@pytest.fixture
def counts(fresh: Flask) -> Callable[..., list[int]]:
    def count(*models: type) -> list[int]:
        with fresh.app_context():
            return [
                db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models
            ]

    return count


def test_init_makes_everything(run: Run, counts: Callable[..., list[int]]) -> None:
    result = run(*INIT, "--password-stdin", stdin=PASSWORD)
    assert result.exit_code == 0, result.output
    assert "涂新社区" in result.output
    assert PASSWORD.strip() not in result.output
    assert counts(Organisation, Team, Login) == [1, 7, 1]


def test_the_password_given_opens(run: Run, fresh: Flask) -> None:
    run(*INIT, "--password-stdin", stdin=PASSWORD)
    data = {"account": "guyu", "password": PASSWORD.strip()}
    assert fresh.test_client().post("/sign-in", data=data).status_code == 303


def test_without_one_the_printed_code_does(run: Run, fresh: Flask) -> None:
    code = next(word for word in run(*INIT).output.replace("（", " ").split() if is_code(word))
    data = {"account": "guyu", "code": code.strip(".,，。"), "password": "seven-colours"}
    assert fresh.test_client().post("/activate", data=data).status_code == 303


def is_code(word: str) -> bool:
    bare = word.strip(".,，。")
    return len(bare) == 11 and bare[5] == "-" and bare.isupper()


def test_a_second_init_says_what_is_there_and_changes_nothing(
    run: Run, counts: Callable[..., list[int]]
) -> None:
    run(*INIT, "--password-stdin", stdin=PASSWORD)
    before = counts(Organisation, Team, Login, TrailRow)
    again = run("init", "--org", "别的社区", "--code", "BY", "--admin", "bailu")
    assert again.exit_code == 0
    assert "涂新社区" in again.output
    assert run("init").exit_code == 0
    assert counts(Organisation, Team, Login, TrailRow) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["init", "--org", "涂新社区", "--code", "1TX", "--admin", "guyu"],
        ["init", "--org", "涂" * 61, "--code", "TX", "--admin", "guyu"],
        ["init", "--org", "涂新社区", "--code", "TX", "--admin", "123"],
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(
    run: Run, counts: Callable[..., list[int]], arguments: list[str]
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
    assert counts(Organisation, Login, TrailRow) == [0, 0, 0]


@pytest.mark.parametrize("password", ["", "short", "guyu", "aaaaaaaaaaa"])
def test_a_poor_password_is_refused(
    run: Run, counts: Callable[..., list[int]], password: str
) -> None:
    assert run(*INIT, "--password-stdin", stdin=f"{password}\n").exit_code == 1
    assert counts(Organisation) == [0]


def test_an_empty_database_wants_a_name(run: Run) -> None:
    result = run("init")
    assert result.exit_code == 2
    assert "--org" in result.output


def test_a_start_prints_the_founding_code_while_it_is_of_use(run: Run, fresh: Flask) -> None:
    code = founding_code(fresh.config["SECRET_KEY"])
    first = run("migrate-instance")
    assert first.exit_code == 0
    assert code in first.output
    assert "qicai-demo" in first.output
    run(*INIT, "--password-stdin", stdin=PASSWORD)
    assert run("migrate-instance").output == ""


def test_demo_fills_the_database_that_is_named_if_it_is_empty(
    run: Run, counts: Callable[..., list[int]]
) -> None:
    result = run("demo")
    assert result.exit_code == 0, result.output
    assert "organiser" in result.output
    people, records = counts(Volunteer, ServiceRecord)
    assert (people, records > 500) == (73, True)
    assert run("demo").exit_code == 1
    assert counts(Volunteer) == [73]


def test_demo_never_touches_a_community(run: Run, counts: Callable[..., list[int]]) -> None:
    run(*INIT, "--password-stdin", stdin=PASSWORD)
    result = run("demo")
    assert result.exit_code == 1
    assert "涂新社区" in result.output
    assert counts(Volunteer, Organisation) == [0, 1]


def test_demo_without_an_address_has_a_file_of_its_own(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(DATABASE_URL="")
    result = app.test_cli_runner().invoke(args=["demo"])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "instance" / "demo.sqlite3").exists()
    assert str(tmp_path / "instance" / "demo.sqlite3") in result.output
