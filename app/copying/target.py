"""The PostgreSQL database a community moves to: filled in one transaction, opened last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from app.audit.tables import Column, Table
from app.copying.refusals import TargetNotEmpty, TargetNotUTF8, TargetTooOld
from app.copying.source import Row, Source
from app.db import db
from app.schema.migrating import HALF_COPIED

LEAST_VERSION = 140_000
SHOWN = 5
# A migration makes their rows: a database with nobody in it has them too.
FILLED_AT_BIRTH = {"revisions"}
# Name of the table, rows written of it up to now, rows it has.
Told = Callable[[str, int, int], None]


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection]:
    """Open the database as whoever will own the tables."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    settings = "-c timezone=UTC -c statement_timeout=0 -c lock_timeout=10s -c synchronous_commit=on"
    with psycopg.connect(plain, autocommit=True, options=settings) as connection:
        yield connection


def check_fit(connection: psycopg.Connection) -> None:
    """Refuse a server too old, an encoding too small, a database in use."""
    if connection.info.server_version < LEAST_VERSION:
        raise TargetTooOld(version=_one(connection, "SHOW server_version"))
    # Asked of the connection: a database of bytes answers queries in bytes.
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise TargetNotUTF8(encoding=encoding)
    if is_half_copied(connection):
        return
    ours = set(tables_there(connection)) - FILLED_AT_BIRTH
    filled = [name for name in sorted(ours) if _holds_rows(connection, name)]
    if filled:
        raise TargetNotEmpty(tables=", ".join(filled[:SHOWN]))


def is_half_copied(connection: psycopg.Connection) -> bool:
    """Tell whether an earlier move to here was not brought to its end."""
    if "alembic_version" not in _tables(connection):
        return False
    return bool(_one(connection, "SELECT version_num FROM alembic_version") == HALF_COPIED)


def wipe(connection: psycopg.Connection) -> None:
    """Drop our tables: what an earlier move left, which nobody has ever served."""
    with connection.transaction():
        for name in (*tables_there(connection), "alembic_version"):
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(_name(name)))


def set_version(connection: psycopg.Connection, version: str) -> None:
    """Say which version the tables are of; `HALF_COPIED` keeps every program out."""
    connection.execute("UPDATE alembic_version SET version_num = %s", [version])


def fill(
    connection: psycopg.Connection, source: Source, tables: Sequence[Table], told: Told
) -> None:
    """Write every row of the source, ids and all, and put constraints and triggers back."""
    with connection.transaction():
        keys = _foreign_keys(connection)
        for owner, name, _definition in keys:
            _alter(connection, owner, sql.SQL("DROP CONSTRAINT {}").format(_name(name)))
        for table in tables:
            # What the guards watch over was watched over where the rows come from, and the
            # audit looks at all of it again before the copy is opened.
            _alter(connection, table.name, sql.SQL("DISABLE TRIGGER USER"))
            connection.execute(sql.SQL("DELETE FROM {}").format(_name(table.name)))
            _copy(connection, source, table, told)
            _alter(connection, table.name, sql.SQL("ENABLE TRIGGER USER"))
        _set_sequences(connection)
        for owner, name, definition in keys:
            added = sql.SQL("ADD CONSTRAINT {} {}").format(_name(name), sql.SQL(definition))
            _alter(connection, owner, added)
    connection.execute("ANALYZE")


def tables_there(connection: psycopg.Connection) -> list[str]:
    """Return which of our tables stand there."""
    return sorted(_tables(connection) & set(db.metadata.tables))


def _copy(connection: psycopg.Connection, source: Source, table: Table, told: Told) -> None:
    total, done = source.count(table.name), 0
    columns = sql.SQL(", ").join(_name(column.name) for column in table.columns)
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(_name(table.name), columns)
    flags = [place for place, column in enumerate(table.columns) if column.kind == "flag"]
    told(table.name, 0, total)
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for rows in source.rows(table.name, _names(table.columns)):
            for row in rows:
                copy.write_row(_with_flags(row, flags) if flags else row)
            done += len(rows)
            told(table.name, done, total)


def _with_flags(row: Row, flags: list[int]) -> list[Any]:
    """Return a row whose 0 and 1 are flags where PostgreSQL wants such."""
    values: list[Any] = list(row)
    for place in flags:
        if values[place] is not None:
            values[place] = bool(values[place])
    return values


def _set_sequences(connection: psycopg.Connection) -> None:
    """Let the next ids follow the ones that came along, and the next instants too."""
    for table in tables_there(connection):
        sequence = "id" in db.metadata.tables[table].columns and _one(
            connection, "SELECT pg_get_serial_sequence(%s, 'id')", table
        )
        if sequence:
            _follow(connection, sequence, sql.SQL("max(id)"), table)
    _follow(connection, "entry_ids", sql.SQL("max(id)"), "entries")
    micros = sql.SQL("(extract(epoch FROM max(recorded_at)) * 1000000)::bigint")
    _follow(connection, "entry_instants", micros, "entries")


def _follow(
    connection: psycopg.Connection, sequence: str, last: sql.Composable, table: str
) -> None:
    query = sql.SQL("SELECT setval({}, {}) FROM {} HAVING count(*) > 0")
    connection.execute(query.format(sql.Literal(sequence), last, _name(table)))


def _foreign_keys(connection: psycopg.Connection) -> list[tuple[str, str, str]]:
    """Return table, name and definition of every foreign key."""
    return connection.execute(
        "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid "
        "WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace ORDER BY 1, 2"
    ).fetchall()


def _holds_rows(connection: psycopg.Connection, table: str) -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(_name(table))
    return bool(connection.execute(query).fetchone()[0])  # type: ignore[index]


def _tables(connection: psycopg.Connection) -> set[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return {name for (name,) in connection.execute(query)}


def _alter(connection: psycopg.Connection, table: str, change: sql.Composable) -> None:
    connection.execute(sql.SQL("ALTER TABLE {} {}").format(_name(table), change))


def _names(columns: Sequence[Column]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _one(connection: psycopg.Connection, query: str, *values: Any) -> Any:
    found = connection.execute(query.encode(), values or None).fetchone()
    return None if found is None else found[0]
