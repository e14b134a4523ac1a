"""The database object, its column types and the one door to permanence, `transaction()`."""

from __future__ import annotations

import os
import random
import select
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from flask_sqlalchemy import SQLAlchemy
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus
from sqlalchemy import BigInteger, DateTime, Engine, Integer, MetaData, event
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import Boolean, Date, String, Text, TypeDecorator

from app.turns import Turns

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
# The first SQLite versions without the WAL-reset race (GUARANTEES §2, trap 5).
WAL_FIXED_IN = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
BUSY_TIMEOUT_MS = 5000
BEGIN_TRIES = 3
RETRYABLE_SQLSTATES = frozenset({"40001", "40P01"})
# A standby takes nothing that is written: whoever meets one has to look for the primary.
READ_ONLY_SQLSTATE = "25006"
# The server ends, crashed, starts, has no room, or gave the connection up.
LOST_SQLSTATES = frozenset({READ_ONLY_SQLSTATE, "25P03", "53300", "57P01", "57P02", "57P03"})
LOST_CLASS = "08"


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    __table_args__: Any = {"sqlite_strict": True}


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

# 64 bits on both engines; SQLite numbers rows itself only for INTEGER PRIMARY KEY.
Id = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC on both engines."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("An instant needs a time zone.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@compiles(DateTime, "sqlite")
@compiles(Date, "sqlite")
@compiles(String, "sqlite")
@compiles(Text, "sqlite")
def _strict_text(*_args: Any, **_kw: Any) -> str:
    return "TEXT"


@compiles(Boolean, "sqlite")
@compiles(BigInteger, "sqlite")
def _strict_integer(*_args: Any, **_kw: Any) -> str:
    return "INTEGER"


def sqlite_instant(at: datetime) -> str:
    """Return an instant as SQLAlchemy stores it in SQLite, for driver SQL."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Tell whether a SQLite version is free of the WAL-reset race."""
    if version >= WAL_FIXED_IN[-1]:
        return True
    return any(version[:2] == fixed[:2] and version >= fixed for fixed in WAL_FIXED_IN)


# Stands in `PRAGMA user_version` of a SQLite file whose community lives elsewhere now.
MOVED_AWAY = 7104


class MovedAway(RuntimeError):
    """The community left this file for another database (flask copy-to); it takes no more."""

    def __init__(self) -> None:
        super().__init__("This community has moved to PostgreSQL; DATABASE_URL names the old file.")


def has_moved_away(connection: Connection) -> bool:
    """Tell whether a SQLite file was left for another database."""
    # Past SQLAlchemy: it is asked at the beginning of every write.
    raw: Any = connection.connection.driver_connection
    return bool(raw.execute("PRAGMA user_version").fetchone()[0] == MOVED_AWAY)


# So long a connection may lie idle before it has to answer a question before it is used.
UNASKED_SECONDS = 30.0


def prepare_postgresql(engine: Engine) -> None:
    """Replace dead connections before they are used, without asking each time whether they live.

    What closes a connection from the far side (a restart, an administrator) makes its socket
    readable, which costs nothing to see; only a network gone silent takes the question.
    """

    engine.dialect.do_rollback = partial(_undo, engine.dialect)  # type: ignore[method-assign]

    @event.listens_for(engine, "handle_error")
    def _failed(context: Any) -> None:
        # A connection to a standby lives on, and would be handed out again.
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY_SQLSTATE:
            context.is_disconnect = True

    @event.listens_for(engine, "checkin")
    def _checkin(_connection: Any, record: Any) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(connection: Any, record: Any, _proxy: Any) -> None:
        idle_since = record.info.get("idle_since")
        if idle_since is None or not is_in_doubt(connection, idle_since):
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise InvalidatePoolError from error


def _undo(dialect: Dialect, connection: Any) -> None:
    """Roll back; a connection that died meanwhile has nothing left to undo."""
    try:
        if not _undone_with_plans_kept(connection):
            # The class's own: a dialect that two engines share is not laid around twice.
            type(dialect).do_rollback(dialect, connection)
    except psycopg.OperationalError:
        if not connection.closed:
            raise


def _undone_with_plans_kept(connection: Any) -> bool:
    """Roll a sound transaction back and keep what is prepared; tell whether that was all to do.

    psycopg forgets it at each rollback, lest a table made inside be gone. Serving makes none, and
    whoever only read ends so: each page had all its statements planned anew.
    """
    pgconn = getattr(connection, "pgconn", None)
    if pgconn is None or pgconn.transaction_status != TransactionStatus.INTRANS:
        return False
    if pgconn.pipeline_status != PipelineStatus.OFF:
        return False
    return bool(pgconn.exec_(b"ROLLBACK").status == ExecStatus.COMMAND_OK)


def is_in_doubt(connection: Any, idle_since: float) -> bool:
    """Tell whether an idle connection should be asked before it is used."""
    if connection.closed or time.monotonic() - idle_since > UNASKED_SECONDS:
        return True
    if not hasattr(select, "poll"):
        return True
    said = select.poll()
    said.register(connection.fileno(), select.POLLIN)
    return bool(said.poll(0))


_writing: ContextVar[bool] = ContextVar("writing", default=False)
_sqlite_writer = Turns()


def prepare_sqlite(engine: Engine) -> None:
    """Set the pragmas of GUARANTEES §3 on each connection and say BEGIN ourselves."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        journal, synchronous = ("WAL", "FULL") if wal_is_safe() else ("DELETE", "EXTRA")
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        try:
            connection.execute(f"PRAGMA journal_mode={journal}")
        except sqlite3.OperationalError as error:
            # Of a disk that takes nothing is read; whoever writes is told.
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_READONLY:
                raise
        for pragma in (
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "trusted_schema=OFF",
            # What an erasure takes out is overwritten, not only forgotten in free pages.
            "secure_delete=ON",
            "cache_size=-65536",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


class NoFile(sqlite3.OperationalError):
    """The SQLite file to be served is not there; SQLite itself would make an empty one."""

    sqlite_errorcode = sqlite3.SQLITE_CANTOPEN


def refuse_missing_file(engine: Engine) -> None:
    """Open a SQLite file only where there is one: migrations make it, for its owner to read."""
    event.listen(engine, "do_connect", _look_for_file)


def _look_for_file(_dialect: Any, _record: Any, given: list[Any], named: Any) -> None:
    # An address of the form file:… says itself whether a file may be made.
    if given[0] != ":memory:" and not named.get("uri") and not os.path.exists(given[0]):
        raise NoFile(f"{given[0]} is not there")


def is_retryable(error: BaseException) -> bool:
    """Tell whether an error only says that two transactions met."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if getattr(cause, "sqlstate", None) in RETRYABLE_SQLSTATES:
        return True
    return isinstance(cause, sqlite3.OperationalError) and "locked" in str(cause)


def is_lost(error: BaseException) -> bool:
    """Tell whether an error only says that the database went away, or that it is a standby.

    Of a commit that met such an error nobody knows whether it holds.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(cause, psycopg.Error) or isinstance(cause, psycopg.errors.PipelineAborted):
        return False
    state = cause.sqlstate
    if state is None:
        return isinstance(cause, psycopg.OperationalError)
    return state in LOST_SQLSTATES or state.startswith(LOST_CLASS)


def let_go() -> None:
    """Undo what the session holds, and forget it where even that meets a lost database."""
    try:
        db.session.rollback()
    except DBAPIError:
        db.session.remove()


@contextmanager
def transaction(*, is_one_instant: bool = False) -> Iterator[Session]:
    """Commit everything done inside at once, or nothing; joins one that is open.

    What was read before is forgotten first, so that everything is judged on rows read
    under the write lock. `is_one_instant`: everything inside is read as its first query found
    the database, which SQLite's writer does anyway.
    """
    session = db.session()
    if session.info.get("in_transaction"):
        yield session
        return
    session.rollback()
    is_sqlite = not is_postgresql(session)
    if is_sqlite:
        _sqlite_writer.acquire()
    token = _writing.set(True)
    session.info["in_transaction"] = True
    try:
        _begin_writing(session, is_one_instant and not is_sqlite)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("in_transaction", None)
        session.info.pop("connection", None)
        _writing.reset(token)
        if is_sqlite:
            _sqlite_writer.release()


def _begin_writing(session: Session, is_one_instant: bool) -> None:
    options = {"isolation_level": "REPEATABLE READ"} if is_one_instant else None
    for attempt in range(BEGIN_TRIES):
        try:
            connection = session.connection(execution_options=options)
            session.info["connection"] = connection
            break
        except OperationalError as error:
            session.rollback()
            if attempt == BEGIN_TRIES - 1 or not is_retryable(error):
                raise
            time.sleep(random.uniform(0.01, 0.1))
    # Under the writer's lock: whoever waited for a move to end is sent away too.
    if not is_postgresql(session) and has_moved_away(connection):
        raise MovedAway


def is_postgresql(session: Session) -> bool:
    """Tell which of the two engines a session speaks to; it is asked so often that it is kept."""
    known: bool | None = session.info.get("is_postgresql")
    if known is None:
        known = session.info["is_postgresql"] = session.get_bind().dialect.name == "postgresql"
    return known


def connection_of(session: Session) -> Connection:
    """Return the session's connection; looking it up costs as much as a short statement, so that
    within `transaction()` it is kept.
    """
    kept: Connection | None = session.info.get("connection")
    # A savepoint begins only when its connection is asked for.
    if kept is None or kept.closed or session.in_nested_transaction():
        return session.connection()
    return kept


def driver_connection(session: Session) -> Any:
    """Return the driver's own connection inside the session's transaction."""
    return connection_of(session).connection.driver_connection


@contextmanager
def snapshot() -> Iterator[Session]:
    """Read everything inside from one state of the database; nothing is written."""
    session = db.session()
    if session.info.get("in_transaction"):
        yield session
        return
    session.rollback()
    try:
        if is_postgresql(session):
            connection = session.connection(
                execution_options={"isolation_level": "REPEATABLE READ"}
            )
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
        yield session
    finally:
        session.rollback()
