"""Every command, on ground that gives way: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.commands.failing import COULD_NOT
from app.config import load
from app.db import MOVED_AWAY
from app.safety import UnsafeConfiguration
from tests.conftest import MakeApp
from tests.databases import Databases

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
NOBODY_THERE = "postgresql://u:p@127.0.0.1:1/x"
# Whatever opens the books, with arguments that are good; FOLDER is an empty one.
CALLS = {
    "audit": ["audit"],
    "audit --quick": ["audit", "--quick"],
    "backup": ["backup", "FOLDER/new.backup"],
    "certificate-key": ["certificate-key"],
    "certificate-key --new": ["certificate-key", "--new"],
    "demo": ["demo"],
    "doctor": ["doctor"],
    "dump": ["dump", "FOLDER/dump"],
    "erasures": ["erasures", "FOLDER/erased.json"],
    "head": ["head"],
    "import": ["import", "roster", "--by", "admin", str(SAMPLES / "roster.xlsx")],
    "init": ["init", "--org", "X", "--code", "XX", "--admin", "admin"],
    "migrate-instance": ["migrate-instance"],
    "passbook": ["passbook", "QC-2026-00001"],
    "rank": ["rank", "2026", "--org", "QC"],
    "rank --snapshot": ["rank", "2026", "--org", "QC", "--snapshot", "1", "--verify"],
    "second-factor-reset": ["second-factor-reset", "admin"],
    "work": ["work", "--once"],
}
# What opens no books, takes a file of its own, or is the worker's, which logs; what is not ours.
ELSEWHERE = {
    "audit-due",
    *("backup-key", "open-backup", "restore", "verify", "copy-to"),
    *("db", "run", "shell", "routes"),
}


def call(app: Flask, folder: Path, *words: str) -> Result:
    given = [word.replace("FOLDER", str(folder)) for word in words]
    return app.test_cli_runner().invoke(args=given)


def check_said(result: Result) -> None:
    """A sentence or two, and no exception but the one that ends a command."""
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code in {1, COULD_NOT}, result.output
    assert "Traceback" not in result.output
    assert result.output.strip()


def test_each_command_is_called(make_app: MakeApp) -> None:
    known = {words[0] for words in CALLS.values()} | ELSEWHERE
    assert set(make_app().cli.commands) - known == set()


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("content", [b"hello, I am a letter\n" * 50, b"SQLite format 3\x00broken"])
def test_a_file_that_is_no_database(
    make_app: MakeApp, tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / "books.sqlite3"
    file.write_bytes(content)
    check_said(call(make_app(DATABASE_URL=f"sqlite:///{file}"), tmp_path, *CALLS[name]))


@pytest.mark.parametrize("name", CALLS)
def test_a_server_that_is_not_there(make_app: MakeApp, tmp_path: Path, name: str) -> None:
    result = call(make_app(DATABASE_URL=NOBODY_THERE), tmp_path, *CALLS[name])
    check_said(result)
    assert ":p@" not in result.output


# What makes a community, or makes the file ready for one; and the demo has a file of its own.
MAKES_IT = {"init", "migrate-instance", "demo"}


@pytest.mark.parametrize("name", sorted(CALLS.keys() - MAKES_IT))
def test_where_no_database_is_none_is_made(make_app: MakeApp, tmp_path: Path, name: str) -> None:
    file = tmp_path / "books.sqlite3"
    check_said(call(make_app(DATABASE_URL=f"sqlite:///{file}"), tmp_path, *CALLS[name]))
    assert not file.exists()


def test_a_site_whose_file_is_gone_makes_no_other(make_app: MakeApp, tmp_path: Path) -> None:
    file = tmp_path / "books.sqlite3"
    client = make_app(DATABASE_URL=f"sqlite:///{file}").test_client()
    assert client.get("/sign-in").status_code == 503
    assert client.get("/health/ready").status_code == 503
    assert not file.exists()


# ── a file whose community lives elsewhere ────────────────────────────────────────────────


@pytest.fixture
def moved(databases: Databases, make_app: MakeApp, tmp_path: Path, engine_name: str) -> Flask:
    if engine_name != "sqlite":
        pytest.skip("Only a file is moved away from.")
    file = tmp_path / "left.sqlite3"
    with (
        databases.migrated() as url,
        closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as old,
        closing(sqlite3.connect(file)) as new,
    ):
        old.backup(new)
        new.execute(f"PRAGMA user_version = {MOVED_AWAY}")
    return make_app(DATABASE_URL=f"sqlite:///{file}")


@pytest.mark.parametrize(
    "name", ["backup", "certificate-key --new", "doctor", "init", "migrate-instance", "work"]
)
def test_a_file_that_was_left_for_good(moved: Flask, tmp_path: Path, name: str) -> None:
    result = call(moved, tmp_path, *CALLS[name])
    check_said(result)
    assert "PostgreSQL" in result.output
    assert not (tmp_path / "new.backup").exists()


def test_whoever_watches_is_told_that_it_was_left(moved: Flask) -> None:
    answer = moved.test_client().get("/health/ready")
    assert (answer.status_code, answer.text.strip()) == (503, "moved")


# ── what is given ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "words",
    [
        ["backup", ""],
        ["backup", "--into", ""],
        ["erasures", ""],
        ["dump", ""],
        ["rank", "2026", "--org", "QC", "--snapshot", "99999999999999999999"],
        ["rank", "2026", "--org", "QC\udcff"],
        ["passbook", "QC\udcff"],
        ["copy-to", "postgresql://u@h:abc/x"],
        ["head", "--check", "FOLDER"],
        ["verify", "FOLDER/none.json"],
        ["backup", "FOLDER/none/new.backup"],
    ],
)
def test_what_cannot_be_meant(app: Flask, tmp_path: Path, words: list[str]) -> None:
    check_said(call(app, tmp_path, *words))
    assert list(tmp_path.iterdir()) == [] or not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgresql://u:secret@h:abc/x"),
        ("MIGRATION_DATABASE_URL", "postgresql://a:secret@x:y/z"),
        ("HTTPS", "maybe"),
        ("INSTANCE_DIR", "FILE"),
    ],
)
def test_a_setting_that_cannot_be_meant(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UnsafeConfiguration) as refused:
        load({name: value.replace("FILE", str(file))})
    assert "secret@" not in str(refused.value)
