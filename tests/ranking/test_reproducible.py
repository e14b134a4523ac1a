"""A frozen ranking is the same bytes whatever happens afterwards, wherever it is kept (I-17)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.orm import Session

from app import create_app
from app.audit.reading import open_reading
from app.audit.report import Report, audit
from app.backups.sqlite import copy as copy_file
from app.db import db
from app.ranking.queries.verifying import kept_csv, verified
from app.ranking.rules.schemes import Title, Weights
from tests.conftest import TEST_CONFIG, _let_go_of_databases, _migrate
from tests.databases import Databases
from tests.postgres import installed_binaries
from tests.ranking.copying import copy_tables
from tests.ranking.disturbing import DISTURBANCES, later_approvals, renamed_everything
from tests.ranking.kept import Pinned, check_kept, check_verified, pinned
from tests.ranking.year import (
    AFTER_NOTICE,
    FIRST,
    PLAIN,
    correct_list,
    give_notice,
    make_final,
    make_year,
    save,
    serve_on,
    standing,
)
from tests.service.community import Community, check_books

SCHEMES = {
    "default": PLAIN._replace(
        titles=(*PLAIN.titles, Title("team", 1, "先进队伍"), Title("newcomer", 1, "年度新人")),
        titles_per_person=2,
    ),
    "weighted": PLAIN._replace(weights=Weights(2, 30, 100, 1)),
}


def freeze_year(session: Session, scheme: str = "default") -> Community:
    """Return a community whose year is frozen: two teams, a service day, people who are tied."""
    community = make_year(session)
    serve_on(community, 5, [(FIRST.replace(day=28), 120)], team_id=community.green_id)
    serve_on(community, 4, [(FIRST.replace(day=28), 120)], team_id=community.green_id)
    save(community, SCHEMES[scheme])
    give_notice(community)
    return community


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", DISTURBANCES)
def test_it_holds_after(app: Flask, db_session: Session, name: str, scheme: str) -> None:
    community = freeze_year(db_session, scheme)
    before = pinned()
    DISTURBANCES[name](community)
    check_kept(before)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_holds_after_everything_together(app: Flask, db_session: Session, scheme: str) -> None:
    community = freeze_year(db_session, scheme)
    before = pinned()
    for disturb in DISTURBANCES.values():
        disturb(community)
        check_kept(before)
    # Corrected meanwhile, so that the notice lasts longer.
    make_final(community, AFTER_NOTICE + timedelta(days=7))
    check_kept(before)
    db.session.remove()
    found = {one.id: one.samples for one in audited(app.config["DATABASE_URL"]).results}
    assert (found["I-17"], found["F-01"], found["I-05"]) == ([], [], [])


def test_the_disturbances_disturb(app: Flask, db_session: Session) -> None:
    """A list frozen after them is another one: what is kept is not kept by chance."""
    community = freeze_year(db_session)
    before = standing(community)
    later_approvals(community)
    after = correct_list(community)
    assert after.sha256 != before.sha256
    assert after.mark > before.mark
    assert kept_csv(db_session, after) != kept_csv(db_session, before)


def test_another_mark_gives_another_list(app: Flask, db_session: Session) -> None:
    """The check can fail: of the ledger up to a later entry the bytes are not these."""
    community = freeze_year(db_session)
    kept = standing(community)
    later_approvals(community)
    later = correct_list(community)
    db_session.rollback()
    differs = verified(db_session, kept._replace(mark=later.mark)).differs
    assert "ledger.people" in differs
    assert not [name for name in differs if name.startswith("rows.")]


# ── dumped, restored, moved ───────────────────────────────────────────────────────────────


def elsewhere(url: str, instance: Path, work: Callable[[], None]) -> None:
    """Do something in the app on another database."""
    app = create_app({**TEST_CONFIG, "DATABASE_URL": url, "INSTANCE_DIR": str(instance)})
    with app.app_context():
        try:
            work()
        finally:
            _let_go_of_databases()


def audited(url: str) -> Report:
    with open_reading(url) as reading:
        return audit(reading)


def settled(session: Session) -> Pinned:
    """Freeze twice with life between, and return what is kept."""
    community = freeze_year(session)
    later_approvals(community)
    correct_list(community)
    renamed_everything(community)
    check_books(session)
    found = pinned()
    db.session.remove()
    return found


def test_it_holds_after_a_dump_and_restore(
    app: Flask, db_session: Session, databases: Databases, engine_name: str, tmp_path: Path
) -> None:
    before, url = settled(db_session), app.config["DATABASE_URL"]
    if engine_name == "sqlite":
        copy = tmp_path / "copy.sqlite3"
        copy_file(Path(make_url(url).database or ""), copy)
        elsewhere(f"sqlite:///{copy}", tmp_path, lambda: check_kept(before))
        return
    file = tmp_path / "copy.dump"
    run_tool("pg_dump", url, "--format=custom", f"--file={file}")
    with databases.empty() as target:
        run_tool("pg_restore", target, "--no-owner", str(file))
        elsewhere(target, tmp_path, lambda: check_kept(before))


def run_tool(name: str, url: str, *more: str) -> None:
    """Run one of PostgreSQL's own tools on a database."""
    at = make_url(url)
    where = [f"--host={at.host}", f"--port={at.port}", f"--username={at.username}"]
    environment = {**os.environ, "PGPASSWORD": str(at.password or "")}
    program = [str(installed_binaries() / "bin" / name), *where, f"--dbname={at.database}", *more]
    subprocess.run(program, env=environment, check=True, capture_output=True, timeout=60)


def test_it_holds_after_a_move_between_the_engines(
    app: Flask, db_session: Session, tmp_path: Path
) -> None:
    """Table by table: to a SQLite file, and from there to a fresh database of this engine."""
    before, url = settled(db_session), app.config["DATABASE_URL"]
    digest = audited(url).digest
    file = f"sqlite:///{tmp_path / 'moved.sqlite3'}"
    _migrate(file)
    copy_tables(url, file)
    elsewhere(file, tmp_path, lambda: check_kept(before))
    assert audited(file).digest == digest


def test_it_holds_after_a_move_from_sqlite(databases: Databases, tmp_path: Path) -> None:
    """A year frozen on SQLite is the same bytes on this engine, and goes on there."""
    file = f"sqlite:///{tmp_path / 'first.sqlite3'}"
    _migrate(file)
    kept: list[Pinned] = []
    elsewhere(file, tmp_path, lambda: kept.append(settled(db.session())))
    with databases.migrated() as target:
        copy_tables(file, target)
        elsewhere(target, tmp_path, lambda: check_kept(kept[0]))
        reports = [audited(file), audited(target)]
        assert [report.is_clean for report in reports] == [True, True]
        assert reports[0].digest == reports[1].digest
        elsewhere(target, tmp_path, check_verified)
