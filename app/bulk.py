"""Many rows as one statement a table: driver SQL for each engine, arrays or COPY on PostgreSQL."""

from __future__ import annotations

import gc
import json
import re
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

import psycopg
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db import connection_of, driver_connection, is_lost, is_postgresql, sqlite_instant

# From this many rows on COPY beats arrays, and statements may take longer than a page's.
COPY_FROM = 2000
# Up to this many rows the plain values beat arrays: one record alone is such.
FEW = 4
_PIPELINED = "pipelined"
_AT_ONCE = "at once"
_AHEAD = "ahead"


class Statement(NamedTuple):
    """One statement in the words of each driver.

    On PostgreSQL the rows stand as `{rows}`, named r(a, b, c, …) in the casts given: a few as
    VALUES, more as arrays through `unnest`. A plain insert names its target in `copy_into`, for
    large batches.
    """

    sqlite: str
    postgresql: str
    casts: tuple[str, ...] = ()
    copy_into: str | None = None


def many(session: Session, statement: Statement, rows: Sequence[tuple[Any, ...]]) -> None:
    """Send every row, with one statement; values must already suit the driver."""
    if not rows:
        return
    if not is_postgresql(session):
        connection = connection_of(session)
        driver: Any = connection.connection.driver_connection
        with _in_sqlalchemys_words(connection):
            driver.executemany(*_announced(connection, statement.sqlite, rows))
    elif (at_once := session.info.get(_AT_ONCE)) is not None:
        at_once.add(*_in_one(statement, rows))
    elif (pipelined := session.info.get(_PIPELINED)) is not None:
        pipelined.execute(*_announced(connection_of(session), *_in_one(statement, rows)))
    elif statement.copy_into is not None and len(rows) >= COPY_FROM:
        _copy(session, statement.copy_into, rows)
    else:
        connection_of(session).exec_driver_sql(*_in_one(statement, rows))


def _in_one(statement: Statement, rows: Sequence[tuple[Any, ...]]) -> tuple[str, tuple[Any, ...]]:
    """Return one statement for all the rows, and its parameters."""
    if len(rows) <= FEW:
        return _with_values(statement, len(rows)), tuple(chain.from_iterable(rows))
    return _with_arrays(statement), tuple(_array(column) for column in zip(*rows, strict=True))


@lru_cache(maxsize=256)
def _with_values(statement: Statement, count: int) -> str:
    row = f"({', '.join(f'%s::{cast}' for cast in statement.casts)})"
    return _with_rows(statement, f"(VALUES {', '.join([row] * count)})")


@lru_cache(maxsize=64)
def _with_arrays(statement: Statement) -> str:
    return _with_rows(
        statement, f"unnest({', '.join(f'%s::{cast}[]' for cast in statement.casts)})"
    )


def _with_rows(statement: Statement, rows: str) -> str:
    names = "abcdefghijklmnopqrstuvwxyz"
    columns = [names[i] if i < 26 else f"a{names[i - 26]}" for i in range(len(statement.casts))]
    return statement.postgresql.format(rows=f"{rows} AS r({', '.join(columns)})")


def _array(values: Iterable[Any]) -> Any:
    """Return values as one parameter: of whole numbers the text itself, which is quicker."""
    listed = list(values)
    if all(type(value) is int for value in listed):
        return "{" + ",".join(map(str, listed)) + "}"
    return listed


def _copy(session: Session, target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    cursor = driver_connection(session).cursor()
    with cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def written_together(session: Session, rows: int) -> Iterator[None]:
    """Send what `many` writes inside without waiting for each answer; a refusal comes at the end.

    Only `many` and `asked_later` may be called inside. Many rows go by COPY, which cannot be
    sent so.
    """
    if not is_postgresql(session) or rows >= COPY_FROM:
        yield
        return
    connection = driver_connection(session)
    # What `many` writes is not read back: one cursor serves all of it.
    session.info[_PIPELINED] = connection.cursor()
    try:
        with _in_sqlalchemys_words(connection_of(session)), connection.pipeline():
            yield
    finally:
        del session.info[_PIPELINED]


class _AtOnce:
    """Statements that are sent as one, and how many rows those gave that were asked for it."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._given: list[Any] = []
        self._counts: list[str] = []
        self._cursor: Any = None
        self._row: Sequence[int] = ()

    def add(self, statement: str, given: Iterable[Any]) -> None:
        self._parts.append(f"w{len(self._parts)} AS ({statement})")
        self._given += given

    def ask(self, statement: str, given: Iterable[Any]) -> Callable[[], int]:
        place = len(self._counts)
        self._counts.append(f"(SELECT count(*) FROM w{len(self._parts)})")
        self.add(statement, given)
        return lambda: self._counted()[place]

    def send(self, session: Session) -> None:
        if not self._parts:
            return
        counts = ", ".join(self._counts) or "1"
        whole = f"WITH {', '.join(self._parts)} SELECT {counts}"
        connection = connection_of(session)
        with _in_sqlalchemys_words(connection):
            asked = _announced(connection, whole, self._given)
            self._cursor = driver_connection(session).execute(*asked)

    def _counted(self) -> Sequence[int]:
        if self._cursor is not None:
            self._row, self._cursor = self._cursor.fetchone(), None
        return self._row


@contextmanager
def written_at_once(session: Session) -> Iterator[None]:
    """Send what `many` and `asked_later` write inside as one statement.

    For a few rows, each call into a table of its own: none of them sees what another writes, and
    where two change one row only one of them would; nor may one begin with WITH. On SQLite each
    goes by itself.
    """
    if not is_postgresql(session) or _AT_ONCE in session.info:
        yield
        return
    at_once = session.info[_AT_ONCE] = _AtOnce()
    try:
        yield
    finally:
        del session.info[_AT_ONCE]
    at_once.send(session)


def asked_later(session: Session, query: str, *values: Any) -> Callable[[], int]:
    """Execute a query as `fetch` takes it; what is returned tells how many rows it gave.

    Within `written_together` or `written_at_once` it is sent like what is written, and that is
    known afterwards.
    """
    if (at_once := session.info.get(_AT_ONCE)) is not None:
        return at_once.ask(spoken(query, True), _for_postgresql(values))  # type: ignore[no-any-return]
    if session.info.get(_PIPELINED) is None:
        count = len(fetch(session, query, *values))
        return lambda: count
    asked = _announced(connection_of(session), spoken(query, True), _for_postgresql(values))
    cursor = driver_connection(session).execute(*asked)
    return lambda: len(cursor.fetchall())


def fetch_together(session: Session, *queries: tuple[Any, ...]) -> list[Sequence[Any]]:
    """Return the rows of several queries, each (query, *values) as `fetch` takes it, in one trip.

    They are executed in this order, each seeing what the ones before it locked.
    """
    if not is_postgresql(session):
        return [fetch(session, query, *values) for query, *values in queries]
    connection = connection_of(session)
    driver: Any = connection.connection.driver_connection
    with _in_sqlalchemys_words(connection):
        with driver.pipeline():
            cursors = [
                driver.execute(
                    *_announced(connection, spoken(query, True), _for_postgresql(values))
                )
                for query, *values in queries
            ]
        return [cursor.fetchall() for cursor in cursors]


@contextmanager
def asked_ahead(session: Session, *queries: tuple[Any, ...]) -> Iterator[None]:
    """Ask what a page is sure to read in one trip; `fetch` inside is answered from it, once each.

    For pages, which write nothing inside. A query that was not foreseen asks for itself, so this
    changes only how often the page waits; SQLite has no trips to spare.
    """
    if not is_postgresql(session):
        yield
        return
    answers = fetch_together(session, *queries)
    session.info[_AHEAD] = list(zip(queries, answers, strict=True))
    try:
        yield
    finally:
        del session.info[_AHEAD]


@contextmanager
def _in_sqlalchemys_words(connection: Connection) -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy does, whom this path goes around."""
    try:
        yield
    except (sqlite3.Error, psycopg.Error) as error:
        if is_lost(error):
            # Nobody is handed it again.
            connection.invalidate(error)
        kind = sqlite3.Error if isinstance(error, sqlite3.Error) else psycopg.Error
        hide = connection.engine.hide_parameters
        raise DBAPIError.instance(
            None, None, error, kind, hide_parameters=hide, dialect=connection.dialect
        ) from error


@contextmanager
def uncollected() -> Iterator[None]:
    """Leave the garbage collector out: rows make no cycles, yet it would walk them all again and
    again, a quarter of the time of a long sheet.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def driver_instant(session: Session, at: datetime) -> Any:
    """Return an instant as the session's driver takes it."""
    return at if is_postgresql(session) else sqlite_instant(at)


def allow_long_statements(session: Session) -> None:
    """Lift the page's time limit for the rest of a bulk transaction, and its many cached pages."""
    if is_postgresql(session):
        connection_of(session).exec_driver_sql("SET LOCAL statement_timeout = 0")
    else:
        # Of new rows few pages are looked at twice; 64 MB of them are room the rows need.
        connection_of(session).exec_driver_sql("PRAGMA cache_size=-16384")


def allow_long_reading(session: Session) -> None:
    """Lift the page's time limit for the rest of a transaction that reads very much."""
    if is_postgresql(session):
        connection_of(session).exec_driver_sql("SET LOCAL statement_timeout = 0")


_LIST_CASTS = {"ids": "bigint", "words": "text", "days": "date"}
_PLACEHOLDER = re.compile(r"IN \?(ids|words|days)|\?")


def fetch(session: Session, query: str, *values: Any) -> Sequence[Any]:
    """Return the rows of a query written once for both drivers.

    `?` stands for a value; `IN ?ids`, `IN ?words` and `IN ?days` for a list of any length, which
    is one parameter (JSON or array), so that SQLite's limit on variables does not count.
    """
    if ahead := session.info.get(_AHEAD):
        for place, (foreseen, answer) in enumerate(ahead):
            if foreseen == (query, *values):
                del ahead[place]
                return answer  # type: ignore[no-any-return]
    for_postgresql = is_postgresql(session)
    given = _for_postgresql(values) if for_postgresql else tuple(map(for_sqlite, values))
    return _read(connection_of(session), spoken(query, for_postgresql), given)


def _read(connection: Connection, statement: str, given: Any) -> Sequence[Any]:
    """Read by the driver itself: what SQLAlchemy lays around a row costs more than the row."""
    driver: Any = connection.connection.driver_connection
    with _in_sqlalchemys_words(connection):
        cursor = driver.execute(*_announced(connection, statement, given))
        row = _row_of(tuple(each[0] for each in cursor.description))
        return list(map(row, cursor))


def _announced(connection: Connection, statement: str, given: Any) -> tuple[str, Any]:
    """Tell whoever counts statements of one that goes around SQLAlchemy; return what to send."""
    for announce in connection.dispatch.before_cursor_execute:
        statement, given = announce(connection, None, statement, given, None, False)
    return statement, given


@lru_cache(maxsize=1024)
def _row_of(columns: tuple[str, ...]) -> Any:
    """Return what makes a row whose values also go by the names of its columns."""
    make: Any = namedtuple
    return make("Row", columns, rename=True)._make


def run(session: Session, statement: str, *values: Any) -> Any:
    """Execute a statement written as `fetch` takes it."""
    for_postgresql = is_postgresql(session)
    given = _for_postgresql(values) if for_postgresql else tuple(map(for_sqlite, values))
    return connection_of(session).exec_driver_sql(spoken(statement, for_postgresql), given)


@lru_cache(maxsize=256)
def spoken(statement: str, for_postgresql: bool) -> str:
    """Return a statement in the words of the engine."""

    def say(found: re.Match[str]) -> str:
        kind = found.group(1)
        if for_postgresql:
            return f"= ANY(%s::{_LIST_CASTS[kind]}[])" if kind else "%s"
        return "IN (SELECT value FROM json_each(?))" if kind else "?"

    return _PLACEHOLDER.sub(say, statement)


def _for_postgresql(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(_array(value) if isinstance(value, list) else value for value in values)


def for_sqlite(value: Any) -> Any:
    """Return a value as SQLite's STRICT tables store it; a list as JSON."""
    if isinstance(value, datetime):
        return sqlite_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return json.dumps([for_sqlite(item) for item in value])
    return value


def day_of(value: date | str) -> date:
    """Return a date as it comes from either driver."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def optional_day(value: date | str | None) -> date | None:
    """Return a date that may be missing, as `day_of` does."""
    return None if value is None else day_of(value)


def instant_of(value: datetime | str) -> datetime:
    """Return an instant as it comes from either driver, in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)


def next_ids(session: Session, table: str, count: int) -> list[int]:
    """Reserve ids of a table in one block, rising (on SQLite under the writer's lock)."""
    return ids_of(fetch(session, *asking_ids(session, table, count))) if count else []


def asking_ids(session: Session, table: str, count: int) -> tuple[Any, ...]:
    """Return the query that reserves ids of a table, as `fetch_together` takes it."""
    if is_postgresql(session):
        taken = "SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?)"
        return taken, table, count
    return (
        "WITH RECURSIVE place (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM place WHERE i < ?) "
        f"SELECT coalesce((SELECT max(id) FROM {table}), 0) + i FROM place",
        count,
    )


def ids_of(rows: Iterable[Any]) -> list[int]:
    """Return the ids that `asking_ids` reserved, rising."""
    return sorted(row[0] for row in rows)
