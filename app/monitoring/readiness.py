"""Whether this process can serve: the database answers in time, whole, and may be written."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect

from app.db import has_moved_away, prepare_sqlite, refuse_missing_file
from app.guards import guards_in_place
from app.manifest import expected_guards
from app.schema.migrating import MIGRATIONS

Word = Literal["ready", "database", "schema", "read-only", "guards", "moved"]
PROBE_SECONDS = 2
BOUND_SECONDS = 3.0
# Whoever asks more often gets the answer of a moment ago: asking must cost the database nothing.
KEPT_SECONDS = 1.0
GUARDS_KEPT_SECONDS = 60.0


class Readiness:
    """Looks at the database, one look at a time, and never longer than the bound."""

    def __init__(self, url: Any, options: str) -> None:
        self.engine = _engine(url, options)
        self.lock = threading.Lock()
        self.word: Word = "database"
        self.looked_at = float("-inf")
        self.guards_seen_at = float("-inf")
        self.look: threading.Thread | None = None
        self.began_at = float("-inf")

    def ask(self, clock: Callable[[], float] = time.monotonic) -> Word:
        """Return `ready`, or in one word what is missing."""
        with self.lock:
            if clock() - self.looked_at <= KEPT_SECONDS:
                return self.word
            if self.look is None or not self.look.is_alive():
                self.look = threading.Thread(target=self._look, args=(clock,), daemon=True)
                self.look.start()
                self.began_at = time.monotonic()
            look, left = self.look, self.began_at + BOUND_SECONDS - time.monotonic()
        look.join(max(0.0, left))
        # A look that hangs goes on alone; nobody waits for it twice.
        return "database" if look.is_alive() else self.word

    def _look(self, clock: Callable[[], float]) -> None:
        try:
            with self.engine.connect() as connection:
                self.word = self._judge(connection, clock())
        except Exception:
            self.word = "database"
        self.looked_at = clock()

    def _judge(self, connection: Connection, at: float) -> Word:
        if not _may_write(connection):
            return "read-only"
        if connection.dialect.name == "sqlite" and has_moved_away(connection):
            return "moved"
        if _version(connection) != [newest_version()]:
            return "schema"
        if at - self.guards_seen_at > GUARDS_KEPT_SECONDS:
            if not expected_guards(connection.dialect.name) <= guards_in_place(connection):
                return "guards"
            self.guards_seen_at = at
        return "ready"


@lru_cache(maxsize=1)
def newest_version() -> str:
    """Return the version the program needs the database to be at."""
    return ScriptDirectory(MIGRATIONS).get_current_head() or ""


def _engine(url: Any, options: str) -> Engine:
    """A connection of its own for each look: a pool used up by slow pages is no fault of health."""
    if str(url).startswith("sqlite"):
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": PROBE_SECONDS})
        prepare_sqlite(engine)
        refuse_missing_file(engine)
        return engine
    bound = f"{options} -c statement_timeout={PROBE_SECONDS * 1000}"
    return create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"options": bound, "connect_timeout": PROBE_SECONDS},
    )


def _version(connection: Connection) -> list[str]:
    if not inspect(connection).has_table("alembic_version"):
        return []
    return list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())


def _may_write(connection: Connection) -> bool:
    if connection.dialect.name == "postgresql":
        asked = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean"
        return not connection.exec_driver_sql(asked).scalar_one()
    return _sqlite_may_write(connection.connection.driver_connection)


def _sqlite_may_write(connection: Any) -> bool:
    """Take the writer's lock for an instant; somebody else's being there is proof enough."""
    connection.execute("PRAGMA busy_timeout=0")
    try:
        connection.execute("BEGIN IMMEDIATE")
        # Touches no row and yet needs the right to; BEGIN alone is content with reading.
        connection.execute("UPDATE alembic_version SET version_num = version_num WHERE 0")
    except sqlite3.OperationalError as error:
        return "readonly" not in str(error)
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return True
