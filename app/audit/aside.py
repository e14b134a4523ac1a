"""A reading that keeps no writer waiting: of a copy, where the file's journal would make them."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.audit.live_copy import CopyFailed, copy_live
from app.audit.reading import CannotRead, Reading, open_reading, open_sqlite, sqlite_file

# Two million records take 1.1 GB and minutes; of a file this small the audit is over in a moment.
SMALL_BYTES = 4 * 2**20
# What is left to everybody else on the disk.
SPARE_BYTES = 64 * 2**20


class NoRoom(CannotRead):
    """The copy does not fit on the disk, and without one every writer would wait."""


@contextmanager
def open_aside(url: str, role: str = "", *, is_live: bool = False) -> Iterator[Reading]:
    """Read one state of a database while others write; `is_live` lets them wait instead.

    In SQLite's rollback journal a reader that stays keeps every writer from committing: a copy,
    made in moments, is read instead, unless the file is small. Raises CannotRead, NoRoom.
    """
    file = None if is_live else _held_up(url)
    if file is None:
        with open_reading(url, role) as reading:
            yield reading
        return
    with _copy_of(file) as copy, open_sqlite(copy) as reading:
        yield reading


def _held_up(url: str) -> Path | None:
    """Return the file whose writers a long reader would keep waiting, if it is one."""
    try:
        if make_url(url).get_backend_name() != "sqlite":
            return None
    except ArgumentError as error:
        raise CannotRead(str(error)) from error
    file = sqlite_file(url)
    with open_sqlite(file) as reading:
        is_wal = reading.rows("PRAGMA journal_mode")[0][0] == "wal"
    return None if is_wal or file.stat().st_size <= SMALL_BYTES else file


@contextmanager
def _copy_of(file: Path) -> Iterator[Path]:
    """Lay a copy into a folder of its own beside the file; both go in every case."""
    file = file.absolute()
    _sweep(file)
    if shutil.disk_usage(file.parent).free < file.stat().st_size + SPARE_BYTES:
        raise NoRoom(f"{file.parent}: no room for a copy of {file.name} to read it from.")
    folder, handle = _own_folder(file)
    try:
        copy = folder / "copy.sqlite3"
        _copy(file, copy)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _copy(source: Path, target: Path) -> None:
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        copy_live(source, target)
    except (sqlite3.Error, CopyFailed, OSError) as error:
        is_full = (
            error.errno == errno.ENOSPC
            if isinstance(error, OSError)
            else getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
        )
        if is_full:
            raise NoRoom(f"{target.parent.parent}: {error}") from error
        raise CannotRead(f"{source}: {error}") from error


def _own_folder(file: Path) -> tuple[Path, int]:
    """Make a folder that is held as long as we live; a sweeper may take one not yet held."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_prefix(file), dir=file.parent))
        with suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY)
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if folder.exists():
                    return folder, handle
            os.close(handle)


def _sweep(file: Path) -> None:
    """Remove the copies that nobody holds any more."""
    for folder in file.parent.glob(f"{_prefix(file)}*"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)


def _prefix(file: Path) -> str:
    return f".{file.name}.audit-"
