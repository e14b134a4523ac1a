"""Copy a live SQLite file that keeps a rollback journal, in a process of its own.

Whoever reads such a file to the end keeps every writer from committing. So its bytes are taken
without a lock first; then, under a reader's lock, the copy is compared with the file and mended.
The lock is let go after a moment, and what was compared holds as long as nobody committed.
A process of its own, because closing a file drops all locks its process has on it (POSIX).
It knows the standard library only: it is run by its path.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from contextlib import closing
from urllib.parse import quote

CHUNK_BYTES = 2**18
# Writers wait 5 seconds before they give up (BUSY_TIMEOUT_MS): let them in long before.
HOLD_SECONDS = 1.5
# After half the rounds they wait longer, still within their patience.
LONG_HOLD_SECONDS = 3.5
# SQLite's waiting writers look again each tenth of a second.
REST_SECONDS = 0.4
# So often it begins anew because somebody wrote; then it holds the lock to the end, and ends.
ROUNDS = 20
LOCK_SECONDS = 60
COUNTER_AT, COUNTER_BYTES = 24, 4


class Orphaned(RuntimeError):
    """Whoever wanted the copy is gone."""


class Copying:
    """A file, its copy, and how far the one was seen to be the other."""

    def __init__(self, source: int, target: int) -> None:
        self.source = source
        self.target = target
        self.parent = os.getppid()

    def take(self) -> None:
        """Take all bytes without a lock: most are right, and the system has them at hand then."""
        at = 0
        while content := self._read(at):
            os.pwrite(self.target, content, at)
            at += len(content)
        # What is to reach the disk does so now, and not while writers wait.
        os.fsync(self.target)

    def compare(self, at: int) -> int:
        """Make one piece of the copy as the file is; return where the next begins."""
        content = self._read(at)
        if content != os.pread(self.target, CHUNK_BYTES, at):
            os.pwrite(self.target, content, at)
        return at + len(content)

    def counter(self) -> bytes:
        """Return the number that every commit raises."""
        return os.pread(self.source, COUNTER_BYTES, COUNTER_AT)

    def _read(self, at: int) -> bytes:
        if os.getppid() != self.parent:
            raise Orphaned
        return os.pread(self.source, CHUNK_BYTES, at)


def follow(copying: Copying, connection: sqlite3.Connection) -> None:
    """Compare until the whole copy is one state of the file."""
    at, seen, rounds = 0, b"", 0
    while True:
        connection.execute("BEGIN")
        # The lock is taken by the first look; it undoes what a crash left half written.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        begun = time.monotonic()
        if copying.counter() != seen:
            at, seen, rounds = 0, copying.counter(), rounds + 1
        held_until = begun + (HOLD_SECONDS if rounds <= ROUNDS // 2 else LONG_HOLD_SECONDS)
        size = os.fstat(copying.source).st_size
        while at < size:
            at = copying.compare(at)
            # Asked last, so that each hold gets on, however slow the disk.
            if rounds <= ROUNDS and time.monotonic() >= held_until:
                break
        if at >= size:
            os.ftruncate(copying.target, size)
            connection.execute("COMMIT")
            return
        connection.execute("COMMIT")
        rest()


def rest() -> None:
    """Let whoever waits to write do so."""
    time.sleep(REST_SECONDS)


def copy(source: str, target: str) -> None:
    """Copy one file into another that is there and empty."""
    read = os.open(source, os.O_RDONLY)
    written = os.open(target, os.O_RDWR)
    try:
        copying = Copying(read, written)
        copying.take()
        address = f"file:{quote(os.path.abspath(source))}?mode=rw"
        with closing(
            sqlite3.connect(address, uri=True, isolation_level=None, timeout=LOCK_SECONDS)
        ) as connection:
            follow(copying, connection)
        os.fsync(written)
    finally:
        os.close(written)
        os.close(read)


def main(source: str, target: str) -> int:
    """Copy; say what went wrong as a number of the system, or in words."""
    try:
        copy(source, target)
    except OSError as error:
        sys.stdout.write(f"{error.errno or 0} {error.strerror or error}")
        return 1
    except (sqlite3.Error, Orphaned) as error:
        sys.stdout.write(f"0 {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
