"""A read-only connection to either engine, one snapshot long, that streams its rows."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

Engine = Literal["sqlite", "postgresql"]
ROWS_AT_ONCE = 5000
SAMPLES = 10


class CannotRead(Exception):
    """The database cannot be reached or read; the text says why."""


class Reading(ABC):
    """Plain SQL in, rows out; nothing can be written."""

    engine: Engine

    @abstractmethod
    def chunks(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the rows of a query, some thousands at a time."""

    @abstractmethod
    def table(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and all rows of a query that gives few."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.table(query)[1]

    def number(self, query: str) -> int:
        """Return the one whole number a query gives."""
        return int(self.rows(query)[0][0])

    def found(self, query: str) -> tuple[int, list[dict[str, Any]]]:
        """Return how many rows a query gives, and the first of them, in order."""
        names, rows = self.table(
            f"SELECT v.*, count(*) OVER () FROM ({query}) v ORDER BY 1, 2 LIMIT {SAMPLES}"
        )
        samples = [dict(zip(names[:-1], row[:-1], strict=True)) for row in rows]
        return (int(rows[0][-1]) if rows else 0), samples


class SQLiteReading(Reading):
    engine = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def chunks(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        with closing(self.connection.execute(query)) as cursor:
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield rows

    def table(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        with closing(self.connection.execute(query)) as cursor:
            return [column[0] for column in cursor.description], cursor.fetchall()


class PostgreSQLReading(Reading):
    engine = "postgresql"

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def chunks(self, query: str) -> Iterator[list[tuple[Any, ...]]]:
        # A named cursor lives in the server, which hands over a chunk at a time.
        with self.connection.cursor(name="reading") as cursor:
            cursor.execute(query.encode())
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield rows

    def table(self, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query.encode())
            return [column.name for column in cursor.description or ()], cursor.fetchall()


@contextmanager
def open_reading(url: str, role: str = "") -> Iterator[Reading]:
    """Read the database at an address of SQLAlchemy's form; `role` is taken on PostgreSQL."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise CannotRead(str(error)) from error
    if address.get_backend_name() == "sqlite":
        with open_sqlite(sqlite_file(address)) as reading:
            yield reading
    else:
        with _open_postgresql(address, role) as reading:
            yield reading


def sqlite_file(url: URL | str) -> Path:
    """Return the file an SQLite address names."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise CannotRead("The database is kept in memory only.")
    return Path(name)


@contextmanager
def open_sqlite(file: Path) -> Iterator[SQLiteReading]:
    """Read one SQLite file.

    It is opened as its owner would, else a journal left by a crash could not be rolled back;
    `query_only` then refuses every write.
    """
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(file.absolute()))}?mode=rw", uri=True, isolation_level=None, timeout=5
        )
    except sqlite3.Error as error:
        raise CannotRead(f"{file}: {error}") from error
    # Bytes that are no UTF-8 must not end the audit that would report them.
    connection.text_factory = _lenient_text
    with closing(connection):
        try:
            for pragma in ("query_only=ON", "trusted_schema=OFF", "cache_size=-16384"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("BEGIN")
            yield SQLiteReading(connection)
        except sqlite3.Error as error:
            raise CannotRead(f"{file}: {error}") from error


def _lenient_text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


@contextmanager
def _open_postgresql(address: URL, role: str) -> Iterator[PostgreSQLReading]:
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        with psycopg.connect(plain, connect_timeout=10) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            if role:
                connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
            for setting in (
                "statement_timeout = 0",
                "timezone = 'UTC'",
                "work_mem = '64MB'",
                "jit = off",
                # All rows of a cursor are fetched, so plan for all of them.
                "cursor_tuple_fraction = 1",
            ):
                connection.execute(f"SET LOCAL {setting}".encode())
            yield PostgreSQLReading(connection)
            connection.rollback()
    except psycopg.Error as error:
        raise CannotRead(str(error).strip()) from error
