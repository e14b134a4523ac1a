"""The samples a community brought, through the real commands, reach the figures it expects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from app import create_app
from app.db import db
from tests.conftest import TEST_CONFIG, _let_go_of_databases
from tests.databases import Databases

SAMPLES = Path(__file__).parent.parent / "samples"
EXPECTED: dict[str, Any] = json.loads((SAMPLES / "expected.json").read_text())
FILES = {"roster": "roster.xlsx", "service": "service.xlsx", "signin": "signin.xlsx"}
NOT_REFUSED = {None, "duplicate", "blank"}


class Community(NamedTuple):
    """A community founded and filled by commands, and what each of them printed."""

    app: Flask
    first: dict[str, dict[str, Any]]
    passbooks: dict[str, dict[str, dict[str, int]]]


def flask(app: Flask, *args: str, given: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=list(args), input=given)


def imported(app: Flask, kind: str, *more: str, file: str = "") -> tuple[int, dict[str, Any]]:
    """Import a sample with --json; return the exit code and what was printed."""
    path = str(SAMPLES / (file or FILES[kind]))
    result = flask(app, "import", kind, path, "--by", "admin", "--json", *more)
    assert result.exit_code in (0, 1), result.output + result.stderr
    return result.exit_code, json.loads(result.stdout)


def passbooks() -> dict[str, dict[str, int]]:
    """Return what everybody who served has, from totals and accounts."""
    rows = db.session.execute(
        text(
            "SELECT v.number, sum(t.minutes), sum(t.points_hundredths) FROM volunteers v "
            "JOIN service_totals t ON t.volunteer_id = v.id GROUP BY v.number"
        )
    ).all()
    db.session.rollback()
    return {
        number: {"served_minutes": int(minutes), "points_hundredths": int(points)}
        for number, minutes, points in rows
    }


@pytest.fixture(scope="module")
def community(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Community]:
    with databases.migrated() as url:
        instance = str(tmp_path_factory.mktemp("samples") / "instance")
        app = create_app({**TEST_CONFIG, "DATABASE_URL": url, "INSTANCE_DIR": instance})
        with app.app_context():
            yield _filled(app)
            _let_go_of_databases()


def _filled(app: Flask) -> Community:
    args = ["--org", "涂新社区", "--code", "TX", "--admin", "admin", "--password-stdin"]
    founded = flask(app, "init", *args, given="a long enough password\n")
    assert founded.exit_code == 0, founded.output
    community = Community(app, {}, {})
    for kind in FILES:
        code, community.first[kind] = imported(app, kind)
        assert code == 0
        community.passbooks[kind] = passbooks()
    return community


def test_the_roster_brings_everybody(community):
    people = EXPECTED["volunteers"]
    assert community.first["roster"] == {
        "batch": 1,
        "rows": people,
        "created": people,
        "updated": 0,
        "duplicates": 0,
        "blank": 0,
        "refused": [],
    }


@pytest.mark.parametrize("kind", ["service", "signin"])
def test_every_row_is_counted(community, kind):
    report = community.first[kind] | {"refused": len(community.first[kind]["refused"])}
    assert {key: report[key] for key in EXPECTED[kind]} == EXPECTED[kind]
    assert report["refused"] == report["updated"] == report["duplicates"] == 0


def test_passbooks_after_the_service_list(community):
    expected = EXPECTED["passbook_after_service"]
    assert {number: community.passbooks["service"].get(number) for number in expected} == expected


def test_passbooks_after_the_signin_sheet(community):
    expected = EXPECTED["passbook_after_signin"]
    assert {number: community.passbooks["signin"].get(number) for number in expected} == expected


@pytest.mark.parametrize("number", sorted(EXPECTED["passbook_after_signin"])[:3])
def test_the_passbook_command_says_the_same(community, number):
    expected = EXPECTED["passbook_after_signin"][number]
    shown = json.loads(flask(community.app, "passbook", number, "--json").stdout)
    hundredths = expected["points_hundredths"]
    assert shown["served_minutes"] == expected["served_minutes"]
    assert shown["points"] == f"{hundredths / 100:.2f}".rstrip("0").rstrip(".")


def test_the_ranking_of_everybody(community):
    shown = json.loads(flask(community.app, "rank", "2025", "--org", "TX", "--json").stdout)
    assert without_names(shown["rows"]) == EXPECTED["ranking"]


@pytest.mark.parametrize("colour", EXPECTED["ranking_by_colour"])
def test_the_ranking_of_a_colour(community, colour):
    args = ["rank", "2025", "--org", "TX", "--colour", colour, "--json"]
    shown = json.loads(flask(community.app, *args).stdout)
    assert without_names(shown["rows"]) == EXPECTED["ranking_by_colour"][colour]


def without_names(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "name"} for row in rows]


def test_the_canonical_ranking_byte_for_byte(community):
    shown = flask(community.app, "rank", "2025", "--org", "TX", "--csv")
    assert shown.stdout_bytes == (SAMPLES / "ranking.csv").read_bytes()


@pytest.mark.parametrize("kind", FILES)
def test_a_second_import_posts_nothing(community, kind):
    before = counted()
    code, again = imported(community.app, kind)
    first = community.first[kind]
    assert code == 0
    assert again == first | {"batch": None, "created": 0, "duplicates": first["created"]}
    assert counted() == before


def counted() -> tuple[int, ...]:
    tables = ("batches", "entries", "service_records", "volunteers", "memberships", "trail")
    found = tuple(db.session.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables)
    db.session.rollback()
    return found


def test_the_problems_are_refused_each_with_its_code(community):
    before = counted()
    code, report = imported(community.app, "service", file="problems.csv")
    wrong = {p["row"]: p["code"] for p in EXPECTED["problems"] if p["code"] not in NOT_REFUSED}
    assert code == 1
    assert {refusal["row"]: refusal["code"] for refusal in report["refused"]} == wrong
    assert all(refusal["column"] and refusal["message"] for refusal in report["refused"])
    assert (report["batch"], report["created"], report["updated"]) == (None, 0, 0)
    assert (report["rows"], report["duplicates"], report["blank"]) == (32, 2, 1)
    assert counted() == before


def test_a_dry_run_reports_what_the_commit_would(community):
    before = counted()
    code, report = imported(
        community.app, "service", "--dry-run", "--skip-refused", file="problems.csv"
    )
    good = [problem for problem in EXPECTED["problems"] if problem["code"] is None]
    assert (code, report["batch"], report["created"]) == (0, None, len(good))
    assert counted() == before


def test_good_rows_post_when_the_refused_are_left_out(databases, tmp_path):
    with databases.migrated() as url:
        settings = {"DATABASE_URL": url, "INSTANCE_DIR": str(tmp_path)}
        app = create_app({**TEST_CONFIG, **settings})
        with app.app_context():
            _filled(app)
            dry = imported(app, "service", "--dry-run", "--skip-refused", file="problems.csv")
            code, report = imported(app, "service", "--skip-refused", file="problems.csv")
            good = [problem for problem in EXPECTED["problems"] if problem["code"] is None]
            assert (code, report["created"]) == (0, len(good))
            assert without_messages(report) | {"batch": None} == without_messages(dry[1])
            assert code == dry[0]
            again = imported(app, "service", "--skip-refused", file="problems.csv")[1]
            assert (again["batch"], again["created"]) == (None, 0)
            assert again["duplicates"] == report["created"] + report["duplicates"]
            assert flask(app, "audit").exit_code == 0
            _let_go_of_databases()


def without_messages(report: dict[str, Any]) -> dict[str, Any]:
    refused = [{**refusal, "message": ""} for refusal in report["refused"]]
    return report | {"refused": refused}


def test_the_audit_finds_nothing(community):
    result = flask(community.app, "audit", "--json")
    assert result.exit_code == 0, result.output
