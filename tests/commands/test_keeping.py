"""audit, dump, doctor: exit codes, and what is said."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.audit import health, health_worker
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


_WAL = {"journal_mode": "wal", "synchronous": 3, "trusted_schema": 0, "busy_timeout": 5000}


def _in_wal(name: str) -> object:
    return _WAL.get(name, 1)


def test_a_database_out_of_reach_is_bad_and_no_traceback(make_app: MakeApp) -> None:
    app = make_app(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    result = call(app, "doctor")
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert "DATABASE_URL" in result.output
