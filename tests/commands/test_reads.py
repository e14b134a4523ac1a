"""flask passbook and flask rank: SPEC §9, to the letter."""

from __future__ import annotations

import hashlib
import json

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from app.commands.columns import width_of
from app.db import db
from tests.passbook.reader import assemble, serve, take_back
from tests.service.community import ORDINARY_DAY, SERVICE_DAY, Community

CSV = "rank,volunteer_no,minutes,dates,service_days,points\n1,TX00004,180,2,1,3.8\n"


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    community = assemble(db_session)
    serve(community, [SERVICE_DAY, ORDINARY_DAY])
    return community


def run(app: Flask, *words: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=list(words))


def test_passbook_as_json(app: Flask, community: Community) -> None:
    done = run(app, "passbook", "TX00004", "--json")
    assert done.exit_code == 0
    book = json.loads(done.stdout)
    assert list(book) == [
        "volunteer_no", "name", "served_minutes", "time_minutes", "points", "stars", "lines",
    ]  # fmt: skip
    assert (book["served_minutes"], book["time_minutes"], book["points"]) == (180, 180, "3.8")
    newest, oldest = book["lines"]
    assert newest["entry"] > oldest["entry"]
    assert oldest == {
        "entry": 1,
        "kind": "service",
        "at": "2026-02-03T09:00:00Z",
        "service_date": "2026-01-28",
        "minutes": 90,
        "points": "2.3",
        "sentence": oldest["sentence"],
    }
    assert "2.3" in oldest["sentence"]


def test_a_reversal_is_a_line_of_its_own(app: Flask, community: Community) -> None:
    record_id = community.logged(community.line(3, 60, content="另一次")).record_ids[0]
    take_back(community, record_id)
    book = json.loads(run(app, "passbook", "tx00004", "--json").stdout)
    assert [line["kind"] for line in book["lines"]] == ["reversal", "service", "service", "service"]
    assert (book["lines"][0]["minutes"], book["lines"][0]["points"]) == (-60, "-1")
    assert book["served_minutes"] == 180


def test_passbook_for_people(app: Flask, community: Community) -> None:
    done = run(app, "passbook", "TX00004")
    assert done.exit_code == 0
    assert "春分" in done.stdout
    assert "2026-01-28" in done.stdout


def test_rank_as_csv_is_what_is_hashed(app: Flask, community: Community) -> None:
    done = run(app, "rank", "2026", "--org", "TX", "--csv")
    assert done.stdout_bytes == CSV.encode()


def test_rank_as_json(app: Flask, community: Community) -> None:
    ranking = json.loads(run(app, "rank", "2026", "--org", "TX", "--json").stdout)
    assert ranking == {
        "year": 2026,
        "org": "TX",
        "mark": 2,
        "sha256": hashlib.sha256(CSV.encode()).hexdigest(),
        "rows": [
            {
                "rank": 1,
                "volunteer_no": "TX00004",
                "name": "春分",
                "minutes": 180,
                "dates": 2,
                "service_days": 1,
                "points": "3.8",
            }
        ],
    }


def test_rank_for_people(app: Flask, community: Community) -> None:
    done = run(app, "rank", "2026", "--org", "TX", "--team", "TX-red")
    assert done.exit_code == 0
    _scope, heads, row, _seal = done.stdout.splitlines()
    assert row.split() == ["1", "TX00004", "春分", "180", "2", "1", "3.8"]
    assert width_of(heads) == width_of(row)
    assert hashlib.sha256(CSV.encode()).hexdigest() in done.stdout


def test_an_empty_year_has_its_header(app: Flask, community: Community) -> None:
    done = run(app, "rank", "1999", "--org", "TX", "--csv")
    assert (done.exit_code, done.stdout_bytes) == (0, (CSV.splitlines()[0] + "\n").encode())


@pytest.mark.parametrize(
    "words",
    [
        ("passbook", "TX99999"),
        ("passbook", ""),
        ("rank", "2026", "--org", "NO"),
        ("rank", "2026", "--org", "TX", "--colour", "pink"),
        ("rank", "2026", "--org", "TX", "--team", "red"),
        ("rank", "2026", "--org", "TX", "--team", "TX-red", "--colour", "red"),
        ("rank", "2026", "--org", "TX", "--csv", "--json"),
        ("rank", "0", "--org", "TX"),
        ("rank", "x", "--org", "TX"),
        ("rank", "2026"),
    ],
)
def test_what_cannot_be_read_is_said_plainly(
    app: Flask, community: Community, words: tuple[str, ...]
) -> None:
    done = run(app, *words)
    assert done.exit_code == 2
    assert done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


def test_without_tables_it_says_what_to_do(make_app: object, empty_database_url: str) -> None:
    app = make_app(DATABASE_URL=empty_database_url)  # type: ignore[operator]
    with app.app_context():
        done = run(app, "rank", "2026", "--org", "TX")
    assert done.exit_code == 2
    assert "flask init" in done.stderr
