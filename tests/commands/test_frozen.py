"""flask rank --snapshot: the frozen list to the byte, and made anew from the ledger."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.orm import Session

from app.db import db
from tests.audit.planting import plant
from tests.ranking.disturbing import LONG_AFTER, later_approvals
from tests.ranking.year import (
    give_notice,
    make_final,
    make_year,
    save,
    serve_on,
)
from tests.service.community import Community

CSV = (
    b"rank,volunteer_no,minutes,dates,service_days,points\n1,TX00004,240,2,0,4\n"
    b"2,TX00005,180,2,0,3\n2,TX00006,180,2,0,3\n4,TX00007,30,1,0,0.5\n"
)


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    community = make_year(db_session)
    save(community)
    give_notice(community)
    later_approvals(community)
    return community


def rank(app: Flask, *words: str, code: str = "TX", year: str = "2025") -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["rank", year, "--org", code, *words])


def frozen(app: Flask, *words: str, **more: str) -> Result:
    return rank(app, "--snapshot", "1", *words, **more)


def corrupt(app: Flask, *statements: str) -> None:
    db.session.remove()
    db.engine.dispose()
    plant(app.config["DATABASE_URL"], statements)


def test_the_csv_is_the_frozen_bytes(app: Flask, community: Community) -> None:
    assert frozen(app, "--csv").stdout_bytes == CSV
    assert rank(app, "--csv").stdout_bytes != CSV


def test_as_json(app: Flask, community: Community) -> None:
    make_final(community)
    shown = json.loads(frozen(app, "--json").stdout)
    assert list(shown) == [
        "year", "org", "snapshot", "number", "corrects", "final", "mark", "sha256", "rows",
        "awards",
    ]  # fmt: skip
    assert (shown["snapshot"], shown["corrects"], shown["final"]) == (1, None, True)
    assert shown["rows"][0] == {
        "rank": 1,
        "volunteer_no": "TX00004",
        "minutes": 240,
        "dates": 2,
        "service_days": 0,
        "points": "4",
    }
    assert [one["volunteer_no"] for one in shown["awards"]] == ["TX00004", "TX00005", "TX00006"]


def test_for_people(app: Flask, community: Community) -> None:
    done = frozen(app)
    assert done.exit_code == 0
    assert "TX00004" in done.stdout
    assert "志愿先锋" in done.stdout


def test_the_same_bytes_leave_with_0(app: Flask, community: Community) -> None:
    assert frozen(app, "--verify").exit_code == 0
    shown = json.loads(frozen(app, "--verify", "--json").stdout)
    assert shown["same"] is True
    assert shown["sha256"] == shown["recomputed_sha256"]


def test_other_figures_of_the_ledger_leave_with_1(app: Flask, community: Community) -> None:
    corrupt(app, "UPDATE service_records SET minutes = 90 WHERE id = 1")
    done = frozen(app, "--verify")
    assert done.exit_code == 1
    assert "-1,TX00004,240,2,0,4" in done.stdout
    assert "+1,TX00004,210,2,0,4" in done.stdout
    shown = json.loads(frozen(app, "--verify", "--json").stdout)
    assert (shown["same"], shown["differs"][0]) == (False, "ledger.people")


def test_other_rows_leave_with_1(app: Flask, community: Community) -> None:
    corrupt(app, "UPDATE ranking_rows SET rank = 1 WHERE number = 'TX00005'")
    shown = json.loads(frozen(app, "--verify", "--json").stdout)
    assert shown["differs"] == ["rows.people", "rows.colours"]


def test_a_title_of_nobody_leaves_with_1(app: Flask, community: Community) -> None:
    stranger = community.volunteers[7]
    corrupt(app, f"UPDATE ranking_awards SET volunteer_id = {stranger} WHERE rank = 1")
    shown = json.loads(frozen(app, "--verify", "--json").stdout)
    assert shown["differs"] == ["rows.awards"]


@pytest.mark.parametrize(
    "words",
    [
        ("--snapshot", "9"),
        ("--snapshot", "9", "--verify"),
        ("--verify",),
        ("--snapshot", "1", "--verify", "--csv"),
        ("--snapshot", "1", "--colour", "red"),
    ],
)
def test_what_cannot_be_shown_leaves_with_2(
    app: Flask, community: Community, words: tuple[str, ...]
) -> None:
    done = rank(app, *words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr


def test_a_list_of_another_year_or_place_is_none_of_it(app: Flask, community: Community) -> None:
    serve_on(community, 3, [(LONG_AFTER.replace(year=2024), 60)])
    assert frozen(app, "--verify", year="2024").exit_code == 2
    assert frozen(app, "--verify", code="TX1").exit_code == 2
