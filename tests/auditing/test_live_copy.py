"""A copy of a live file in a rollback journal is one state, and lets writers in meanwhile."""

from __future__ import annotations

import errno
import os
import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.audit import live_copy, live_copy_child
from app.audit.live_copy import CopyFailed, copy_live

PAGES = 40
# Moves one from the last row to the first: whoever sees half of it sees another sum.
MOVE = f"UPDATE a SET n = n + CASE i WHEN 1 THEN 1 ELSE -1 END WHERE i IN (1, {PAGES})"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of some pages, of which each is a piece, compared under a lock of its own."""
    monkeypatch.setattr(live_copy_child, "CHUNK_BYTES", 4096)
    monkeypatch.setattr(live_copy_child, "HOLD_SECONDS", 0.0)
    monkeypatch.setattr(live_copy_child, "LONG_HOLD_SECONDS", 0.0)
    monkeypatch.setattr(live_copy_child, "ROUNDS", 3)
    file = tmp_path / "live.sqlite3"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE a (i INTEGER PRIMARY KEY, n INTEGER, rest BLOB)")
        rows = [(number, os.urandom(3500)) for number in range(1, PAGES + 1)]
        connection.executemany("INSERT INTO a VALUES (?, 0, ?)", rows)
    return file


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "copy.sqlite3"
    target.touch(0o600)
    return target


def move(file: Path) -> None:
    with closing(sqlite3.connect(file, timeout=0)) as connection, connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(MOVE)


def state(file: Path) -> tuple[str, int, int]:
    with closing(sqlite3.connect(file)) as connection:
        sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
        total, first = connection.execute("SELECT sum(n), max(n) FROM a").fetchone()
    return sound, total, first


def writing(file: Path, times: int) -> tuple[Callable[[], None], list[bool]]:
    """Write without patience at each rest, so often; tell whether each was let in."""
    wrote: list[bool] = []

    def rest() -> None:
        if len(wrote) < times:
            move(file)
            wrote.append(True)

    return rest, wrote


def test_writers_are_let_in_and_the_copy_is_the_last_state(
    file: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest, wrote = writing(file, 2)
    rests: list[int] = []

    def then_patient() -> None:
        rest()
        rests.append(len(wrote))
        if len(rests) > 2:
            monkeypatch.setattr(live_copy_child, "HOLD_SECONDS", 60.0)
            monkeypatch.setattr(live_copy_child, "LONG_HOLD_SECONDS", 60.0)

    monkeypatch.setattr(live_copy_child, "rest", then_patient)
    live_copy_child.copy(str(file), str(target))
    assert rests == [1, 2, 2]
    assert state(target) == ("ok", 0, 2)


def test_it_ends_though_somebody_writes_without_a_pause(
    file: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest, wrote = writing(file, 10**6)
    monkeypatch.setattr(live_copy_child, "rest", rest)
    live_copy_child.copy(str(file), str(target))
    assert len(wrote) == live_copy_child.ROUNDS
    assert state(target) == ("ok", 0, len(wrote))


def test_nobody_commits_between_two_pieces_of_one_hold(
    file: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_copy_child, "HOLD_SECONDS", 60.0)
    compare, refused = live_copy_child.Copying.compare, []

    def slowly(copying: live_copy_child.Copying, at: int) -> int:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            move(file)
        refused.append(at)
        return compare(copying, at)

    monkeypatch.setattr(live_copy_child.Copying, "compare", slowly)
    live_copy_child.copy(str(file), str(target))
    assert len(refused) >= PAGES


def test_without_comparing_a_write_between_leaves_half_of_it(
    file: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what is taken without a lock alone is no state of the file."""
    read, pieces = live_copy_child.Copying._read, []

    def interrupted(copying: live_copy_child.Copying, at: int) -> bytes:
        pieces.append(at)
        if len(pieces) == PAGES // 2:
            move(file)
        return read(copying, at)

    monkeypatch.setattr(live_copy_child.Copying, "_read", interrupted)
    with monkeypatch.context() as patch:
        patch.setattr(live_copy_child, "follow", lambda *_given: None)
        live_copy_child.copy(str(file), str(target))
    assert state(target)[1] != 0
    pieces.clear()
    monkeypatch.setattr(live_copy_child, "HOLD_SECONDS", 60.0)
    live_copy_child.copy(str(file), str(target))
    assert state(target) == ("ok", 0, 2)


def test_a_large_file_goes_by_a_process_of_its_own(
    file: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_copy, "ONE_STEP_BYTES", 0)
    move(file)
    copy_live(file, target)
    assert state(target) == ("ok", 0, 1)


def test_what_goes_wrong_there_is_said_here(
    file: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_copy, "ONE_STEP_BYTES", 0)
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limit[1]))
    try:
        with pytest.raises(OSError) as full:
            copy_live(file, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert full.value.errno == errno.EFBIG
    broken = file.with_name("broken.sqlite3")
    broken.write_bytes(file.read_bytes()[:100] + bytes(4000))
    with pytest.raises((CopyFailed, sqlite3.DatabaseError)):
        copy_live(broken, target)
