"""SQLite: copy a live file safely, and put a proven copy in its place."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from app.audit.live_copy import CopyFailed, copy_in_one_step, copy_live
from app.audit.reading import CannotRead, Reading, SQLiteReading, open_sqlite
from app.audit.report import audit
from app.backups.engines import SQLITE_BEGINS, Candidate, Copied, Engine, Present, T, violated_in
from app.backups.facts import facts_of
from app.backups.files import make_durable, make_empty, removed_at_the_end
from app.backups.refusals import NotThere, StillInUse
from app.db import MOVED_AWAY
from app.schema.migrating import LeftForGood

SIDECARS = ("-wal", "-shm", "-journal")
LOCK_SECONDS = 2
FAULTS = 5


class SQLiteFile(Engine):
    """The community in one file."""

    name = "sqlite"
    suffix = ".sqlite3"
    begins = SQLITE_BEGINS

    def __init__(self, database: Path) -> None:
        self.database = database

    def copy_out(self, target: Path) -> Copied:
        copy(self.database, target)
        try:
            with open_sqlite(target) as reading:
                if reading.number("PRAGMA user_version") == MOVED_AWAY:
                    # It would be refused when it is brought back.
                    raise LeftForGood
                faults = faults_of(reading)
                report = audit(reading)
                facts = facts_of(reading)
        except (CannotRead, LeftForGood):
            target.unlink()
            raise
        faults += violated_in(report)
        return Copied(facts, report.digest, "violated" if faults else "audited", faults)

    @contextmanager
    def held(self) -> Iterator[Present]:
        """Hold the present file exclusively, or name who has it open where we can see."""
        if not self.database.exists():
            yield SQLitePresent(None)
            return
        holders = open_in(self.database)
        if holders:
            raise StillInUse(holder=", ".join(f"pid {pid}" for pid in holders))
        with closing(_opened(self.database)) as connection:
            yield SQLitePresent(SQLiteReading(connection) if _is_ours(connection) else None)

    @contextmanager
    def brought_in(self, source: Path) -> Iterator[Candidate]:
        folder = self.database.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with removed_at_the_end(folder / f"{self.database.name}.restoring") as partial:
            _copy_at_rest(source, partial)
            yield SQLiteCandidate(partial, self.database)


class SQLitePresent(Present):
    """The file under an exclusive lock, read through the connection that holds it."""

    def __init__(self, reading: SQLiteReading | None) -> None:
        self.reading = reading

    def looked_at(self, look: Callable[[Reading], T]) -> T | None:
        if self.reading is None:
            return None
        try:
            return look(self.reading)
        except sqlite3.Error:
            return None


class SQLiteCandidate(Candidate):
    """A copy in a file beside the present one."""

    def __init__(self, file: Path, database: Path) -> None:
        self.file = file
        self.database = database

    @property
    def addresses(self) -> Mapping[str, str]:
        return {"DATABASE_URL": f"sqlite:///{self.file.absolute()}", "MIGRATION_DATABASE_URL": ""}

    def reading(self) -> AbstractContextManager[Reading]:
        return open_sqlite(self.file)

    def faults(self) -> list[str]:
        with open_sqlite(self.file) as reading:
            return faults_of(reading)

    def take_place(self, now: datetime) -> str | None:
        """One rename; the former file keeps a name of its own, with its journal."""
        with closing(_opened(self.file)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
        make_durable(self.file)
        kept = _keep_aside(self.database, now)
        self.file.replace(self.database)
        make_durable(self.database.parent)
        return str(kept) if kept else None


def copy(source: Path, target: Path) -> None:
    """Copy a live file; its writers are let in long before they would give up."""
    _copied(source, target, lambda: copy_live(source, target))


def _copy_at_rest(source: Path, target: Path) -> None:
    """Copy a file that nobody writes in, in one step."""

    def in_one_step() -> None:
        with closing(_opened(source)) as connection:
            copy_in_one_step(connection, target)

    _copied(source, target, in_one_step)


def _copied(source: Path, target: Path, fill: Callable[[], None]) -> None:
    """Fill a new file of its owner's, or leave none."""
    if not source.is_file():
        raise NotThere(file=source)
    make_empty(target)
    try:
        fill()
    except (sqlite3.Error, CopyFailed, OSError) as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
        raise CannotRead(f"{source}: {error}") from error
    make_durable(target)


def faults_of(reading: Reading) -> list[str]:
    """Return what SQLite finds wrong with pages and foreign keys, at most some of each."""
    rows = reading.rows(f"PRAGMA quick_check({FAULTS})")
    lost = reading.rows("PRAGMA foreign_key_check")[:FAULTS]
    faults = [str(row[0]) for row in rows if row[0] != "ok"]
    return faults + [f"{table} {row} → {parent}" for table, row, parent, _ in lost]


def open_in(database: Path) -> list[int]:
    """Return the processes that have a file open, where the system shows them; never our own."""
    wanted = database.resolve()
    found = set()
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            is_it = link.resolve() == wanted
        except OSError:
            continue
        if is_it:
            found.add(int(link.parts[2]))
    return sorted(found - {os.getpid()})


def _is_ours(connection: sqlite3.Connection) -> bool:
    """Take the file for us alone; False where it is broken beyond opening: nobody works in it."""
    try:
        # A lone connection may leave WAL; this also takes the last pages out of it.
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("SELECT count(*) FROM entries")
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            raise StillInUse(holder=str(error)) from error
        return False
    except sqlite3.DatabaseError:
        return False
    return True


def _keep_aside(database: Path, now: datetime) -> Path | None:
    if not database.exists():
        return None
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = database.with_name(f"{database.name}.before-restore-{moment}")
    os.link(database, aside)
    # A journal left behind would be rolled into the restored file and ruin it.
    for sidecar in SIDECARS:
        beside = database.with_name(database.name + sidecar)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + sidecar))
    return aside


def _opened(file: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(file.absolute()))}?mode=rw"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=LOCK_SECONDS)
