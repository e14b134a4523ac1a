"""Copy a live SQLite database safely, and put a proven copy in its place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from app.audit.reading import CannotRead, open_sqlite
from app.audit.report import Report, audit
from app.errors import N_, RuleBroken

SIDECARS = ("-wal", "-shm", "-journal")
LOCK_SECONDS = 2


class FileExists(RuleBroken):
    """A backup never writes over anything."""

    code = "file_exists"
    message = N_("%(file)s exists already; a backup never writes over a file.")


class NotThere(RuleBroken):
    """There is no such file."""

    code = "file_missing"
    message = N_("There is no file %(file)s.")


class NotSound(RuleBroken):
    """The copy does not verify."""

    code = "not_sound"
    message = N_("The copy does not verify: %(faults)s. It is left in %(file)s.")


class StillInUse(RuleBroken):
    """Somebody has the present database open."""

    code = "database_in_use"
    message = N_("The database is in use (%(holder)s). Stop the server first, then restore.")


class Restored(NamedTuple):
    """What a restore did; `kept` is where the former database lies now, if there was one."""

    report: Report
    kept: Path | None


def back_up(database: Path, target: Path) -> Report:
    """Copy a live database into a new file and prove the copy; only a proven one gets the name."""
    if target.exists():
        raise FileExists(file=target)
    partial = target.with_name(f"{target.name}.partial")
    _copy(database, partial)
    report = _proven(partial, target.with_name(f"{target.name}.unverified"))
    try:
        # A link refuses an existing name, where a rename would write over it.
        os.link(partial, target)
    except FileExistsError as error:
        raise FileExists(file=target) from error
    finally:
        partial.unlink()
    _make_durable(target.parent)
    return report


def restore(source: Path, database: Path, now: datetime) -> Restored:
    """Prove a backup, keep the present database aside and put the backup in its place at once."""
    if not source.is_file():
        raise NotThere(file=source)
    partial = database.with_name(f"{database.name}.restoring")
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _copy(source, partial)
    report = _proven(partial, None)
    try:
        with _nobody_inside(database):
            kept = _keep_aside(database, now)
            partial.replace(database)
    finally:
        partial.unlink(missing_ok=True)
    _make_durable(database.parent)
    return Restored(report, kept)


def _copy(source: Path, target: Path) -> None:
    """Copy by SQLite's own backup in one step: a plain copy of a live file is often corrupt."""
    if not source.is_file():
        raise NotThere(file=source)
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(_opened(source)) as live, closing(_opened(target)) as copy:
            live.backup(copy)
            # One file, whatever journal the live one keeps beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise CannotRead(f"{source}: {error}") from error
    _make_durable(target)


def _proven(copy: Path, left_in: Path | None) -> Report:
    """Return the audit of a copy; one that fails is left under another name, or removed."""
    try:
        with open_sqlite(copy) as reading:
            faults = [row[0] for row in reading.rows("PRAGMA quick_check(5)") if row[0] != "ok"]
            faults += [
                f"{table} {row} → {parent}"
                for table, row, parent, _ in reading.rows("PRAGMA foreign_key_check")[:5]
            ]
            report = audit(reading)
    except CannotRead:
        copy.unlink()
        raise
    faults += [result.id for result in report.results if result.violations]
    if not faults:
        return report
    if left_in is None:
        copy.unlink()
        raise RefusedBackup(faults=", ".join(faults))
    copy.replace(left_in)
    raise NotSound(faults=", ".join(faults), file=left_in)


class RefusedBackup(RuleBroken):
    """The file to restore does not verify."""

    code = "not_sound"
    message = N_("The file does not verify: %(faults)s. Nothing was changed.")


@contextmanager
def _nobody_inside(database: Path) -> Iterator[None]:
    """Hold the present database exclusively, or refuse, naming who has it open where we can see."""
    if not database.exists():
        yield
        return
    holders = open_in(database)
    if holders:
        raise StillInUse(holder=", ".join(f"pid {pid}" for pid in holders))
    with closing(_opened(database)) as connection:
        try:
            # A lone connection may leave WAL; this also takes the last pages out of it.
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                raise StillInUse(holder=str(error)) from error
        except sqlite3.DatabaseError:
            # Broken beyond opening: nobody can be at work in it.
            pass
        yield


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


def _keep_aside(database: Path, now: datetime) -> Path | None:
    if not database.exists():
        return None
    instant = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = database.with_name(f"{database.name}.before-restore-{instant}")
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


def _make_durable(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
