"""The move itself, step by step; wherever it breaks off, exactly one of the two places serves.

The source is closed before the copy is opened. Between these two commits nobody serves, and
the same command, given again, brings the move to its end.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from psycopg import Connection
from sqlalchemy import create_engine, pool

from app.audit.reading import open_reading, open_sqlite
from app.audit.report import Report, audit
from app.copying import target
from app.copying.comparing import sealed, whole_tables
from app.copying.refusals import (
    CopyDiffers,
    MovedAlready,
    NothingMoved,
    SourceBehind,
    SourceViolated,
)
from app.copying.source import Source, held_still
from app.schema.migrating import HALF_COPIED, is_newest, migrate_database, newest_version

# What is being done, in words; and how far a table is.
Step = Callable[[str], None]
CHECKING, MAKING, COPYING, COMPARING, OPENING = (
    "checking",
    "making",
    "copying",
    "comparing",
    "opening",
)


class Moved(NamedTuple):
    """What came of a move: tables, rows, and the audit of the copy."""

    tables: int
    rows: int
    report: Report


class Way(NamedTuple):
    """From where to where, and who is told; `app` is one on the target."""

    file: Path
    url: str
    app: Flask
    step: Step
    told: target.Told


def move(way: Way, *, even_violated: bool = False) -> Moved:
    """Copy the community, prove the copy, close the file, open the copy."""
    _check_newest(way.file)
    with held_still(way.file) as source, target.connected(way.url) as connection:
        if source.is_closed:
            return _end_what_was_begun(way, source, connection)
        target.check_fit(connection)
        way.step(CHECKING)
        source.check_texts()
        before = _audited(way.file, even_violated)
        way.step(MAKING)
        target.wipe(connection)
        migrate_database(way.app)
        target.set_version(connection, HALF_COPIED)
        way.step(COPYING)
        with open_reading(way.url) as reading:
            tables = whole_tables(reading)
        target.fill(connection, source, tables, way.told)
        return _open(way, source, connection, before)


def reopen(file: Path) -> None:
    """Take a file that was left into service again; the copy made from it must not serve."""
    with held_still(file) as source:
        if not source.is_closed:
            raise NothingMoved
        source.reopen()


def _end_what_was_begun(way: Way, source: Source, connection: Connection) -> Moved:
    """Open a copy whose source was closed already."""
    if not target.is_half_copied(connection):
        raise MovedAlready(place=connection.info.dbname)
    return _open(way, source, connection, _audited(way.file, even_violated=True))


def _open(way: Way, source: Source, connection: Connection, before: Report) -> Moved:
    way.step(COMPARING)
    moved = _compared(way, before)
    way.step(OPENING)
    if not source.is_closed:
        source.close()
    _end(connection)
    return moved


def _end(connection: Connection) -> None:
    """Let programs in: from here on the copy is the community."""
    target.set_version(connection, newest_version())


def _compared(way: Way, before: Report) -> Moved:
    """Compare every row of every table, and audit the copy."""
    with open_sqlite(way.file) as here, open_reading(way.url) as there:
        tables = whole_tables(there)
        sent, arrived = sealed(here, tables), sealed(there, tables)
        differ = [name for name, seal in sent.items() if arrived[name] != seal]
        if differ:
            raise CopyDiffers(tables=", ".join(differ))
        rows = sum(seal.rows for seal in sent.values())
        return Moved(len(tables), rows, _found_alike(before, audit(there)))


def _found_alike(before: Report, after: Report) -> Report:
    """Return the copy's audit: the same digest, and nothing violated that was not before."""
    changed = [
        was.id
        for was, now in zip(before.results, after.results, strict=True)
        if was.violations < now.violations
    ]
    if changed or before.digest != after.digest:
        raise CopyDiffers(tables=", ".join(changed) or "digest")
    return after


def _audited(file: Path, even_violated: bool) -> Report:
    with open_sqlite(file) as reading:
        report = audit(reading)
    if not (report.is_clean or even_violated):
        violated = [result.id for result in report.results if result.violations]
        raise SourceViolated(names=", ".join(violated))
    return report


def _check_newest(file: Path) -> None:
    engine = create_engine(f"sqlite:///{file}", poolclass=pool.NullPool)
    try:
        if not is_newest(engine):
            raise SourceBehind
    finally:
        engine.dispose()
