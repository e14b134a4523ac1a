from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier, Event
from uuid import uuid4

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.db import db
from app.guards import guards_in_place
from app.manifest import GUARDS, expected_guards
from app.schema import migrating
from app.schema.grants import rights_on
from app.schema.migrating import is_newest, migrate_database
from tests.audit.community import fill
from tests.conftest import MakeApp
from tests.service.test_side_by_side import MEETING_SECONDS


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_empty_database_is_migrated_once(make_app: MakeApp, empty_database_url: str) -> None:
    app = make_app(DATABASE_URL=empty_database_url)
    assert migrate_database(app)
    assert not migrate_database(app)
    with app.app_context():
        assert is_newest(db.engine)


def test_a_guard_that_fell_is_put_back(app: Flask, engine_name: str) -> None:
    with db.engine.begin() as connection:
        place = " ON entries" if engine_name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER entries_no_update{place}")
    db.engine.dispose()
    assert migrate_database(app)
    with db.engine.connect() as connection:
        assert expected_guards(engine_name) <= guards_in_place(connection)


def test_two_that_start_at_once_do_not_collide(make_app: MakeApp, empty_database_url: str) -> None:
    apps = [make_app(DATABASE_URL=empty_database_url) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(migrate_database, apps)) == [False, True]


def test_judged_before_the_lock_both_migrate(
    make_app: MakeApp, empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check can fail: both find an empty database, and one migrates what the other has."""
    met, first_is_done = Barrier(2), Event()

    def judged(engine: Engine) -> bool:
        found = is_newest(engine)
        if met.wait(MEETING_SECONDS):
            first_is_done.wait(MEETING_SECONDS)
        return found

    def upgraded(**given: str) -> None:
        upgrade(**given)
        first_is_done.set()

    monkeypatch.setattr(migrating, "_alone", lambda *_given: nullcontext())
    monkeypatch.setattr(migrating, "is_newest", judged)
    monkeypatch.setattr(migrating, "upgrade", upgraded)
    apps = [make_app(DATABASE_URL=empty_database_url) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(migrate_database, apps)) == [True, True]


def test_the_instance_is_its_owners_only(make_app: MakeApp, tmp_path: Path) -> None:
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o755)
    (folder / "secret_key").write_text("x" * 40)
    (folder / "secret_key").chmod(0o644)
    database = folder / "qicai.sqlite3"
    migrate_database(make_app(DATABASE_URL=f"sqlite:///{database}", SECRET_KEY=""))
    assert mode(folder) == 0o700
    assert mode(folder / "secret_key") == 0o600
    assert mode(database) == 0o600


# ── the least-grants role ─────────────────────────────────────────────────────────────────


def test_what_is_only_added_to_may_only_be_added_to() -> None:
    fixed = {guard.table for guard in GUARDS if guard.name == f"{guard.table}_no_update"}
    assert {"entries", "postings", "trail", "marks"} <= fixed
    # What of the trail tells who somebody is goes with them; it is never written over.
    assert rights_on("trail_personal") == "SELECT, INSERT, DELETE"
    assert {rights_on(table) for table in fixed - {"trail_personal"}} == {"SELECT, INSERT"}
    assert rights_on("accounts") == "SELECT, INSERT, UPDATE (balance)"
    assert rights_on("service_records") == "SELECT, INSERT, UPDATE"


@pytest.mark.parametrize(
    ("statement", "is_refused"),
    [
        ("SELECT count(*) FROM entries", False),
        ("UPDATE accounts SET balance = balance WHERE id = 0", False),
        ("UPDATE accounts SET unit = unit WHERE id = 0", True),
        ("UPDATE entries SET kind = kind WHERE id = 0", True),
        ("DELETE FROM postings", True),
        ("DELETE FROM service_records", True),
        ("TRUNCATE trail", True),
        ("ALTER TABLE entries DISABLE TRIGGER ALL", True),
        ("CREATE TABLE mine (id int)", True),
    ],
)
def test_a_connection_takes_the_role_and_can_do_no_more(
    make_app: MakeApp, database_url: str, engine_name: str, statement: str, is_refused: bool
) -> None:
    if engine_name != "postgresql":
        return  # SQLite knows no roles
    role = f"serving_{uuid4().hex[:12]}"
    app = make_app(DATABASE_URL=database_url, DATABASE_ROLE=role)
    migrate_database(app)
    try:
        with app.app_context(), db.engine.connect() as connection:
            assert connection.execute(text("SELECT current_user")).scalar() == role
            if is_refused:
                with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                    connection.exec_driver_sql(statement)
            else:
                connection.exec_driver_sql(statement)
    finally:
        drop_role(app, database_url, role)


# Of the ledger itself: what a stolen connection must never change, whatever the guards say.
LEDGER = {"entries", "postings", "marks", "chain_links", "trail"}
FORBIDDEN = (
    "TRUNCATE {}",
    "DROP TABLE {}",
    "ALTER TABLE {} ADD COLUMN mine int",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "CREATE TRIGGER mine BEFORE INSERT ON {} EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE INDEX mine ON {} ((1))",
)


def test_the_role_can_change_no_table_of_the_whole_list(
    make_app: MakeApp, database_url: str, engine_name: str
) -> None:
    if engine_name != "postgresql":
        return  # SQLite knows no roles
    role = f"serving_{uuid4().hex[:12]}"
    app = make_app(DATABASE_URL=database_url, DATABASE_ROLE=role)
    migrate_database(app)
    asked = [one.format(table) for table in sorted(db.metadata.tables) for one in FORBIDDEN]
    asked += [f"DELETE FROM {table}" for table in LEDGER]
    asked += [f"UPDATE {table} SET id = id" for table in LEDGER - {"postings"}]
    asked += ["UPDATE postings SET amount = amount", "DELETE FROM alembic_version"]
    try:
        with app.app_context():
            assert [one for one in asked if not is_refused_to(one)] == []
            with db.engine.connect() as connection:
                assert connection.scalar(text("SELECT count(*) FROM entries")) == 0
    finally:
        drop_role(app, database_url, role)


def is_refused_to(statement: str) -> bool:
    with db.engine.connect() as connection:
        try:
            connection.exec_driver_sql(statement)
        except ProgrammingError as error:
            # 42501: no privilege; anything else would prove a typo only.
            return getattr(error.orig, "sqlstate", None) == "42501"
    return False


def test_no_temporary_table_stands_before_what_a_guard_reads(app: Flask, engine_name: str) -> None:
    if engine_name != "postgresql":
        return  # a trigger of SQLite reads its own database only
    with db.engine.begin() as connection:
        fill(connection)
        connection.exec_driver_sql("CREATE TEMP TABLE entries (id bigint, rule_version_id bigint)")
        for statement in (
            "INSERT INTO postings VALUES (3, 1, 5)",
            "UPDATE rule_versions SET step_hundredths = 50",
        ):
            savepoint = connection.begin_nested()
            with pytest.raises(IntegrityError, match=r"finished entry|never edited"):
                connection.exec_driver_sql(statement)
            savepoint.rollback()


def drop_role(app: Flask, url: str, role: str) -> None:
    with app.app_context():
        db.engine.dispose()
    engine = create_engine(app.config["DATABASE_URL"])
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
        connection.exec_driver_sql(f"DROP ROLE {role}")
    engine.dispose()
