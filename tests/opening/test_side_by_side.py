"""Two organisers with the same sheet at the same instant: one effect; and the audit agrees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.imports.operations.undoing import undo_import
from app.people.models import Login, Role
from app.service.operations.undoing import UndoneAlready
from tests.imports.sheets import TODAY, bring, csv
from tests.races import race
from tests.service.community import NOW, Community, balances, check_books, make_community
from tests.service.test_side_by_side import at_once

SHEET = csv("编号,积分,时长（小时）,截至日期", "TX00004,5,2,2025-12-31", "TX00008,,3,2025-12-31")
OTHER = csv("编号,积分,时长（小时）,截至日期", "TX00004,6,2,2025-12-31")


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    made = make_community(db_session)
    db_session.rollback()
    return made


def found(sql: str) -> Any:
    value = db.session.execute(text(sql)).scalar_one()
    db.session.rollback()
    return value


@race("rows of accounts", seen="UNIQUE constraint failed: batches.id|uq_opening_records_live")
def test_the_same_sheet_twice_at_once_is_taken_over_once(app: Flask, community: Community) -> None:
    both = [lambda by=by: bring(community, "opening", SHEET, by=by) for by in ("organiser",) * 2]
    reports = at_once(app, *both)
    assert sorted((one.created, one.duplicates) for one in reports) == [(0, 2), (2, 0)]
    assert found("SELECT count(*) FROM opening_records") == 2
    check_books(db.session())


@race("rows of accounts", seen="UNIQUE constraint failed: batches.id|uq_opening_records_live")
def test_of_two_different_books_at_once_one_is_refused(app: Flask, community: Community) -> None:
    reports = at_once(
        app,
        lambda: bring(community, "opening", SHEET),
        lambda: bring(community, "opening", OTHER),
    )
    refused = [one.code for report in reports for one in report.refused]
    assert refused == ["conflict"]
    assert found("SELECT count(*) FROM opening_records WHERE volunteer_id = 4") == 1


@race("rows of batches", at_lock="rows of accounts")
def test_undone_twice_at_once_is_undone_once(app: Flask, community: Community) -> None:
    batch = bring(community, "opening", SHEET).batch_id
    assert batch is not None

    def undo() -> str:
        with transaction() as session:
            actor = community.actor("organiser")
            undo_import(session, batch, actor=actor, now=NOW, reason="重复", key=None)
        return "undone"

    results = at_once(app, undo, undo)
    assert sorted(map(str, map(type, results))) == sorted(map(str, (str, UndoneAlready)))
    assert balances(db.session(), community.volunteers[3]) == (0, 0)


def test_by_the_command_and_the_audit_agrees(
    app: Flask, community: Community, tmp_path: Path
) -> None:
    login_id = community.actor("organiser").login_id
    with transaction() as session:
        role = {"role": "organiser", "organisation_id": community.root_id}
        session.add(Role(login_id=login_id, from_on=TODAY, **role))
        session.execute(update(Login).where(Login.id == login_id).values(name="clerk"))
    (tmp_path / "book.csv").write_bytes(SHEET)
    call = app.test_cli_runner().invoke
    asked = ["import", "opening", str(tmp_path / "book.csv"), "--by", "clerk", "--json"]
    dry = json.loads(call(args=[*asked, "--dry-run"]).stdout)
    done = json.loads(call(args=asked).stdout)
    assert {**dry, "batch": done["batch"]} == done
    again = json.loads(call(args=asked).stdout)
    assert (again["created"], again["duplicates"], again["batch"]) == (0, 2, None)
    with transaction() as session:
        actor = community.actor("organiser")
        undo_import(session, done["batch"], actor=actor, now=NOW, reason="抄错")
    call(args=asked)
    audit = call(args=["audit", "--json"])
    bad = [each for each in json.loads(audit.stdout)["checks"] if each["violations"]]
    assert (audit.exit_code, bad) == (0, [])
