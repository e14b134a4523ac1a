"""One audit of a database at a time, on however many machines its workers stand."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

OWNER_ONLY_FILE = 0o600
LOCK = "7104, 10"

# Raises where the lock was lost meanwhile.
Still = Callable[[], None]


@contextmanager
def alone_on(engine: Engine) -> Iterator[Still | None]:
    """Hold the audit's lock, or give None where somebody holds it; a dead holder lets go."""
    held = _on_file(engine) if engine.dialect.name == "sqlite" else _on_server(engine)
    with held as still:
        yield still


@contextmanager
def _on_file(engine: Engine) -> Iterator[Still | None]:
    file = Path(str(engine.url.database)).resolve()
    # Beside the books: to open and close these themselves would let go of SQLite's own locks.
    lock = file.with_name(f".{file.name}.auditing.lock")
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, OWNER_ONLY_FILE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield lambda: None
    finally:
        os.close(handle)


@contextmanager
def _on_server(engine: Engine) -> Iterator[Still | None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Out of the pool: closed, it takes the lock with it even where it cannot be given back.
        connection.detach()
        if not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})").scalar():
            yield None
            return

        def still() -> None:
            # Whoever lost the connection lost the lock; one that is used is not cut for idleness.
            connection.exec_driver_sql("SELECT 1")

        try:
            yield still
        finally:
            # By itself the server lets go a moment after the connection was closed.
            with suppress(SQLAlchemyError):
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({LOCK})")
