"""Files that are whole, durable and their owner's only."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.backups.refusals import BackupRuns, FileExists

OWNER_ONLY_FILE = 0o600
OWNER_ONLY_FOLDER = 0o700
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
LOCK = ".qicai-backup.lock"


def make_empty(file: Path) -> None:
    """Make a new empty file that only its owner reads; what a crash left there goes."""
    file.unlink(missing_ok=True)
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE))


def make_durable(path: Path) -> None:
    """Let a file's bytes, or a folder's names, reach the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def publish(partial: Path, target: Path) -> None:
    """Give a finished file its name at once, never over another file."""
    make_durable(partial)
    try:
        os.link(partial, target)
    except FileExistsError as error:
        raise FileExists(file=target) from error
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # A stick's file system knows no links: the name is taken first, then filled.
        _take(target)
        partial.replace(target)
    partial.unlink(missing_ok=True)
    make_durable(target.parent)


def _take(target: Path) -> None:
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE))
    except FileExistsError as error:
        raise FileExists(file=target) from error


def write_whole(file: Path, text: str) -> None:
    """Write a small file, or leave the one that is there as it was."""
    partial = file.with_name(f"{file.name}.partial")
    make_empty(partial)
    partial.write_text(text, encoding="utf-8")
    make_durable(partial)
    partial.replace(file)
    make_durable(file.parent)


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a file's bytes as they lie there."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be the only one who makes backups in a folder, or refuse."""
    folder.mkdir(mode=OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise BackupRuns(folder=folder) from error
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def removed_at_the_end(file: Path) -> Iterator[Path]:
    """Remove a working file whatever happens, with what SQLite lays beside it."""
    try:
        yield file
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
