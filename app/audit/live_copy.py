"""Copy a live SQLite file without keeping whoever writes in it waiting for long."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from app.audit import live_copy_child

# A file this small is copied in one step before anybody notices.
ONE_STEP_BYTES = 32 * 2**20
LOCK_SECONDS = 5


class CopyFailed(Exception):
    """The file cannot be read; the text says why."""


def copy_live(source: Path, target: Path) -> None:
    """Copy one state of a file into an empty one. Raises CopyFailed, sqlite3.Error, OSError.

    A plain copy of a live file is often corrupt. SQLite's own, in one step, keeps writers from
    committing where the journal is a rollback journal; in steps it begins anew at each commit.
    """
    with closing(_opened(source)) as live:
        is_wal = live.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        if is_wal or source.stat().st_size <= ONE_STEP_BYTES:
            copy_in_one_step(live, target)
            return
    _copy_beside(source, target)


def copy_in_one_step(live: sqlite3.Connection, target: Path) -> None:
    """Copy by SQLite's own backup; nothing is flushed before the last page is read."""
    with closing(_opened(target)) as made:
        made.execute("PRAGMA journal_mode=OFF")
        made.execute("PRAGMA synchronous=OFF")
        live.backup(made)
        # One file, whatever journal the live one keeps beside it.
        made.execute("PRAGMA journal_mode=DELETE")


def _copy_beside(source: Path, target: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-I", live_copy_child.__file__, str(source), str(target)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said, _ = child.communicate()
    finally:
        child.kill()
        child.wait()
    if child.returncode:
        number, _, words = said.strip().partition(" ")
        if number.isdigit() and int(number):
            raise OSError(int(number), os.strerror(int(number)), str(target))
        raise CopyFailed(words or f"exit {child.returncode}")


def _opened(file: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(file.absolute()))}?mode=rw"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=LOCK_SECONDS)
