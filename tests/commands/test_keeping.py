"""audit, dump, doctor, backup, restore: exit codes, what is said, and files that are safe."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.audit import health, health_worker
from app.audit.copies import open_in
from app.audit.reading import sqlite_file
from app.commands import keeping
from app.db import db, wal_is_safe
from tests.audit.community import DIGEST, fill
from tests.audit.planting import plant
from tests.conftest import MakeApp

PLANTED = "UPDATE accounts SET balance = 91 WHERE id = 1"


@pytest.fixture
def community(app: Flask) -> Flask:
    with db.engine.begin() as connection:
        fill(connection)
    db.engine.dispose()
    return app


@pytest.fixture
def database(community: Flask, engine_name: str) -> Path:
    """The SQLite file; tests of backup and restore return at once on PostgreSQL."""
    if engine_name != "sqlite":
        return Path("/nowhere")
    return sqlite_file(community.config["DATABASE_URL"])


def call(app: Flask, *words: str | Path) -> Result:
    """Run a command as the shell would, in a context of its own."""
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


# ── audit ─────────────────────────────────────────────────────────────────────────────────


def test_a_clean_audit_exits_0(community: Flask) -> None:
    result = call(community, "audit")
    assert result.exit_code == 0
    assert "✗" not in result.output
    assert f"SHA-256 {DIGEST}" in result.output


def test_a_violated_invariant_is_named_and_exits_1(community: Flask) -> None:
    plant(community.config["DATABASE_URL"], [PLANTED])
    result = call(community, "audit")
    assert result.exit_code == 1
    assert "✗ I-02" in result.output
    assert "stored_balance: account_id 1, holder_id 1, unit minutes, balance 91" in result.output
    assert "✓ I-01" in result.output


def test_json_has_the_shape_programs_rely_on(community: Flask) -> None:
    plant(community.config["DATABASE_URL"], [PLANTED])
    result = call(community, "audit", "--json")
    report = json.loads(result.output)
    assert result.exit_code == 1
    assert set(report) == {"clean", "checks", "digest"}
    assert report["clean"] is False
    violated = [check for check in report["checks"] if check["violations"]]
    assert [(check["id"], check["looked_at"], check["violations"]) for check in violated] == [
        ("I-02", 9, 1)
    ]
    assert violated[0]["samples"] == [
        {
            "what": "stored_balance",
            "account_id": 1,
            "holder_id": 1,
            "unit": "minutes",
            "balance": 91,
            "summed": 90,
        }
    ]


def test_a_database_without_tables_exits_2(make_app: MakeApp, empty_database_url: str) -> None:
    app = make_app(DATABASE_URL=empty_database_url)
    for words in (["audit"], ["audit", "--json"]):
        result = call(app, *words)
        assert result.exit_code == 2
    assert json.loads(result.stdout)["clean"] is None


def test_an_audit_makes_no_database(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(DATABASE_URL=f"sqlite:///{tmp_path / 'none.sqlite3'}")
    assert call(app, "audit").exit_code == 2
    assert not (tmp_path / "none.sqlite3").exists()


# ── dump ──────────────────────────────────────────────────────────────────────────────────


def test_a_dump_says_how_much_and_its_digest(community: Flask, tmp_path: Path) -> None:
    result = call(community, "dump", tmp_path / "dump")
    assert result.exit_code == 0
    assert DIGEST in result.output
    assert json.loads((tmp_path / "dump" / "manifest.json").read_bytes())["digest"] == DIGEST


def test_a_dump_never_writes_into_a_folder_in_use(community: Flask, tmp_path: Path) -> None:
    call(community, "dump", tmp_path / "dump")
    result = call(community, "dump", tmp_path / "dump")
    assert result.exit_code == 1
    assert str(tmp_path / "dump") in result.stderr


# ── backup ────────────────────────────────────────────────────────────────────────────────


def test_a_backup_is_whole_and_for_its_owner_only(database: Path, community: Flask) -> None:
    if community.config["DATABASE_URL"].startswith("postgresql"):
        return
    copy = database.with_name(f"{database.name}.copy")
    result = call(community, "backup", copy)
    assert result.exit_code == 0
    assert DIGEST in result.output
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert sorted(file.name for file in copy.parent.glob(f"{copy.name}*")) == [copy.name]


def test_a_backup_of_a_busy_database_is_whole(database: Path, community: Flask) -> None:
    """What is being written is not in it; what is committed is."""
    if community.config["DATABASE_URL"].startswith("postgresql"):
        return
    copy = database.with_name(f"{database.name}.copy")
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE accounts SET balance = 7 WHERE id = 1")
        result = call(community, "backup", copy)
        writer.execute("ROLLBACK")
    assert result.exit_code == 0
    assert DIGEST in result.output


def test_a_backup_never_writes_over_a_file(community: Flask, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    result = call(community, "backup", tmp_path / "mine")
    assert result.exit_code in {1, 2}
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_copy_that_does_not_verify_never_gets_the_name(
    database: Path, community: Flask, tmp_path: Path
) -> None:
    if community.config["DATABASE_URL"].startswith("postgresql"):
        return
    plant(community.config["DATABASE_URL"], [PLANTED])
    result = call(community, "backup", tmp_path / "copy")
    assert result.exit_code == 1
    assert "I-02" in result.stderr
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy.unverified"]


def test_postgresql_names_its_own_tools(community: Flask, tmp_path: Path) -> None:
    if community.config["DATABASE_URL"].startswith("sqlite"):
        return
    for command, tool in (("backup", "pg_dump"), ("restore", "pg_restore")):
        result = call(community, command, tmp_path / "file")
        assert (result.exit_code, tool in result.stderr) == (2, True)


# ── restore ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def copy(database: Path, community: Flask) -> Path:
    """A backup; the live database has moved on since."""
    copy = database.with_name(f"{database.name}.copy")
    if database.exists():
        assert call(community, "backup", copy).exit_code == 0
        plant(community.config["DATABASE_URL"], [PLANTED])
        db.engine.dispose()
    return copy


def test_a_restore_brings_back_and_keeps_aside(
    database: Path, copy: Path, community: Flask
) -> None:
    if not database.exists():
        return
    result = call(community, "restore", copy)
    assert result.exit_code == 0, result.output
    assert json.loads(call(community, "audit", "--json").output)["digest"] == DIGEST
    (kept,) = database.parent.glob(f"{database.name}.before-restore-*")
    assert balance_in(kept) == 91
    assert balance_in(database) == 90
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert copy.exists()


def test_what_does_not_verify_is_not_restored(database: Path, copy: Path, community: Flask) -> None:
    if not database.exists():
        return
    plant(f"sqlite:///{copy}", [PLANTED])
    result = call(community, "restore", copy)
    assert (result.exit_code, "I-02" in result.stderr) == (1, True)
    assert balance_in(database) == 91
    assert left_beside(database, copy) == []


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\0" + b"x" * 5000])
def test_what_is_no_database_is_not_restored(
    database: Path, copy: Path, community: Flask, content: bytes
) -> None:
    if not database.exists():
        return
    copy.write_bytes(content)
    result = call(community, "restore", copy)
    assert result.exit_code == 2
    assert balance_in(database) == 91
    assert left_beside(database, copy) == []


def test_a_missing_file_is_said(database: Path, community: Flask, tmp_path: Path) -> None:
    if not database.exists():
        return
    result = call(community, "restore", tmp_path / "none")
    assert (result.exit_code, str(tmp_path / "none") in result.stderr) == (1, True)


def test_a_writer_at_work_stops_a_restore(database: Path, copy: Path, community: Flask) -> None:
    if not database.exists():
        return
    with closing(sqlite3.connect(database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        result = call(community, "restore", copy)
        writer.execute("ROLLBACK")
    assert result.exit_code == 1
    assert balance_in(database) == 91
    assert left_beside(database, copy) == []


def test_a_server_that_only_has_it_open_stops_a_restore(
    database: Path, copy: Path, community: Flask
) -> None:
    if not database.exists() or not Path("/proc/self/fd").exists():
        return
    program = "import sys; file = open(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(database)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert open_in(database) == [holder.pid]
        result = call(community, "restore", copy)
    finally:
        holder.communicate()
    assert (result.exit_code, f"pid {holder.pid}" in result.stderr) == (1, True)
    assert call(community, "restore", copy).exit_code == 0


def test_a_broken_database_is_replaced_with_its_journal(
    database: Path, copy: Path, community: Flask
) -> None:
    """A journal of the former file would ruin the restored one."""
    if not database.exists():
        return
    database.write_bytes(b"broken" * 2000)
    journal = database.with_name(f"{database.name}-journal")
    journal.write_bytes(b"stale")
    result = call(community, "restore", copy)
    assert result.exit_code == 0, result.output
    assert balance_in(database) == 90
    assert not journal.exists()


def balance_in(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        row = connection.execute("SELECT balance FROM accounts WHERE id = 1").fetchone()
        return int(row[0])


def left_beside(database: Path, copy: Path) -> list[str]:
    found = {file.name for file in database.parent.glob(f"{database.name}*")}
    return sorted(found - {database.name, copy.name})


# ── doctor ────────────────────────────────────────────────────────────────────────────────


def test_the_doctor_finds_a_sound_instance_sound(community: Flask) -> None:
    output = call(community, "doctor").output
    # A PostgreSQL for tests is fast and forgetful, and the doctor is right to say so.
    bad = [line for line in output.splitlines() if line[0] == "✗" and "fsync" not in line]
    assert bad == [], output


def test_the_doctor_names_the_engine_that_runs(community: Flask, engine_name: str) -> None:
    output = call(community, "doctor").output
    named = f"SQLite {sqlite3.sqlite_version}" if engine_name == "sqlite" else "PostgreSQL 1"
    assert named in output


def test_a_secret_others_can_read_is_bad(community: Flask) -> None:
    folder = Path(community.config["INSTANCE_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    (folder / "secret_key").write_text("x")
    (folder / "secret_key").chmod(0o644)
    result = call(community, "doctor")
    assert result.exit_code == 1
    assert f"chmod 600 {folder / 'secret_key'}" in result.output


def test_a_fallen_guard_is_bad(community: Flask, engine_name: str) -> None:
    with db.engine.begin() as connection:
        place = " ON entries" if engine_name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER entries_seal{place}")
    result = call(community, "doctor")
    assert (result.exit_code, "entries_seal" in result.output) == (1, True)


def test_an_old_schema_is_bad(community: Flask) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    result = call(community, "doctor")
    assert (result.exit_code, "flask db upgrade" in result.output) == (1, True)


def test_a_full_disk_is_bad(community: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 2**70)
    assert call(community, "doctor").exit_code == 1


def test_a_machine_that_makes_no_pdf_is_told_how(
    community: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_it_was = call(community, "doctor").exit_code
    monkeypatch.setattr(health_worker, "is_available", lambda: False)
    result = call(community, "doctor")
    assert "apt-get install libpango" in result.output
    # A warning: everything else works.
    assert result.exit_code == as_it_was


def test_a_clock_that_fell_is_bad(community: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "now", lambda: datetime(2025, 1, 1, tzinfo=UTC))
    result = call(community, "doctor")
    assert result.exit_code == 1
    assert "NTP" in result.output


def test_the_wal_race_is_told_apart(community: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    if community.config["DATABASE_URL"].startswith("postgresql"):
        return
    monkeypatch.setattr(health, "_pragma", lambda _connection, name: _in_wal(name))
    assert call(community, "doctor").exit_code == (0 if wal_is_safe() else 1)


def _in_wal(name: str) -> object:
    return {"journal_mode": "wal", "synchronous": 3, "trusted_schema": 0}.get(name, 1)


def test_a_database_out_of_reach_is_bad_and_no_traceback(make_app: MakeApp) -> None:
    app = make_app(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    result = call(app, "doctor")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "DATABASE_URL" in result.output
