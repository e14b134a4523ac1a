"""An audit lets writers commit while it lasts: in a rollback journal it reads a copy."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit import aside
from app.audit.aside import NoRoom, open_aside
from app.audit.reading import CannotRead
from app.auditing.keeping import try_audit
from app.auditing.running import run_audit
from app.audits.queries import last_runs
from app.db import db, transaction
from tests.web.cast import Cast


@pytest.fixture(params=["DELETE", "WAL"])
def journal(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def small(tmp_path: Path, journal: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as large, in one of the two journals."""
    monkeypatch.setattr(aside, "SMALL_BYTES", 0)
    file = tmp_path / "books.sqlite3"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY)")
    return file


def writes_at_once(file: Path) -> bool:
    with closing(sqlite3.connect(file, timeout=0)) as connection:
        try:
            with connection:
                connection.execute("INSERT INTO entries DEFAULT VALUES")
        except sqlite3.OperationalError:
            return False
    return True


COUNT = "SELECT count(*) FROM entries"


def test_a_writer_commits_while_one_state_is_read(small: Path) -> None:
    with open_aside(f"sqlite:///{small}") as reading:
        assert reading.number(COUNT) == 0
        assert writes_at_once(small)
        assert reading.number(COUNT) == 0
    with open_aside(f"sqlite:///{small}") as reading:
        assert reading.number(COUNT) == 1


def test_without_the_copy_the_rollback_journal_keeps_writers_out(small: Path, journal: str) -> None:
    # The negative control: what the copy is for.
    with open_aside(f"sqlite:///{small}", is_live=True) as reading:
        assert reading.number(COUNT) == 0
        assert writes_at_once(small) == (journal == "WAL")


def copies_beside(file: Path) -> list[Path]:
    return sorted(file.parent.glob(f".{file.name}.audit-*"))


@pytest.mark.parametrize("journal", ["DELETE"], indirect=True)
def test_the_copy_is_its_owners_and_goes_in_every_case(small: Path) -> None:
    with open_aside(f"sqlite:///{small}"):
        (folder,) = copies_beside(small)
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}
    assert copies_beside(small) == []
    with pytest.raises(CannotRead), open_aside(f"sqlite:///{small}") as reading:
        reading.number("SELECT nothing")
    assert copies_beside(small) == []


@pytest.mark.parametrize("journal", ["DELETE"], indirect=True)
def test_a_copy_left_by_a_crash_goes_and_one_in_use_stays(small: Path) -> None:
    stale = small.with_name(f".{small.name}.audit-stale")
    stale.mkdir()
    (stale / "copy.sqlite3").touch()
    with open_aside(f"sqlite:///{small}") as first, open_aside(f"sqlite:///{small}"):
        assert stale not in copies_beside(small)
        assert len(copies_beside(small)) == 2
        assert first.number(COUNT) == 0


@pytest.mark.parametrize("journal", ["DELETE"], indirect=True)
def test_without_room_nothing_is_read(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "SPARE_BYTES", shutil.disk_usage(small.parent).total)
    with pytest.raises(NoRoom), open_aside(f"sqlite:///{small}"):
        pass
    assert copies_beside(small) == []


@pytest.mark.parametrize("journal", ["DELETE"], indirect=True)
def test_a_small_file_is_read_as_it_is(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "SMALL_BYTES", 2**30)
    with open_aside(f"sqlite:///{small}"):
        assert copies_beside(small) == []


@pytest.fixture
def counts_as_large(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(aside, "SMALL_BYTES", 0)
    db.session.rollback()
    return app


def test_people_write_at_once_between_two_checks(counts_as_large: Flask) -> None:
    written: list[int] = []

    def between(done: int, _total: int) -> None:
        if done == 3:
            # Waits as long as the busy timeout and then fails where the audit is in the way.
            with transaction() as session:
                session.execute(text("UPDATE volunteers SET phone = phone"))
            written.append(done)

    assert run_audit("full", between).kind == "full"
    assert written == [3]


def test_the_worker_never_reads_live_for_want_of_room(
    counts_as_large: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("On PostgreSQL nobody waits for a reader.")
    monkeypatch.setattr(aside, "SPARE_BYTES", 2**60)
    assert not try_audit(counts_as_large)
    assert last_runs(db.session(), 5) == []
    told = counts_as_large.test_cli_runner().invoke(args=["audit"])
    assert told.exit_code == 2
    assert "--live" in told.output
    # The cast is no clean community: what counts is that it was read.
    live = counts_as_large.test_cli_runner().invoke(args=["audit", "--live"])
    assert "SHA-256" in live.output
