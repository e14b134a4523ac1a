"""Marks: the last entry of a state of the books that was published, and that state itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.bulk import asking_ids, driver_instant, fetch, ids_of, many, next_ids
from app.db import db, is_postgresql, snapshot, transaction
from app.errors import N_, RuleBroken
from app.ledger import statements
from app.ledger.queries import last_entry, last_entry_id

_STANDS_STILL = "books_stand_still"
_LOCK_TIMED_OUT = "55P03"
_LOOK_AGAIN = timedelta(milliseconds=20)


class BooksAreBusy(RuleBroken):
    """Postings under way did not end within the time a lock is waited for."""

    code = "busy"
    message = N_("Much is being entered just now. Please try once more in a minute.")


@contextmanager
def at_one_instant() -> Iterator[Session]:
    """Write in a transaction that reads everything as it stood at one entry, the mark.

    On PostgreSQL postings are held off for the instant in which the state is fixed, and go on
    while it is worked with; on SQLite the transaction itself is the only writer.
    """
    if db.session().info.get("in_transaction"):
        raise RuntimeError("an instant is fixed by the outermost transaction")
    if not is_postgresql(db.session()):
        with (
            transaction() as session,
            _standing_still(session, next_ids(session, "marks", 1)[0]),
        ):
            yield session
        return
    # A lock of its own connection: the transaction's would last until the commit.
    with db.engine.connect() as holder:
        holder = holder.execution_options(isolation_level="AUTOCOMMIT")
        try:
            _lock(holder)
            with transaction(is_one_instant=True) as session:
                # The first query fixes the state. Marks rise with their ids, so this one's is
                # taken under the lock too: two freezes may write theirs in either order.
                mark_id = ids_of(fetch(session, *asking_ids(session, "marks", 1)))[0]
                holder.exec_driver_sql(statements.FREE_MARKS)
                with _standing_still(session, mark_id):
                    yield session
        finally:
            # Free already, unless fixing the state failed: then nothing more happens here.
            holder.exec_driver_sql(statements.FREE_ALL_MARKS)


def is_at_one_instant(session: Session) -> bool:
    """Tell whether a transaction reads the state of one instant, and no later one."""
    return _STANDS_STILL in session.info


@contextmanager
def _standing_still(session: Session, mark_id: int) -> Iterator[None]:
    session.info[_STANDS_STILL] = mark_id
    try:
        yield
    finally:
        session.info.pop(_STANDS_STILL, None)


def publish_mark(session: Session, purpose: str, now: datetime) -> int:
    """Publish the mark at the last entry: no later entry will ever stand at or below it.

    At one instant there is one state, and one mark of it.
    """
    mark_id = session.info.get(_STANDS_STILL)
    if mark_id is None:
        if is_postgresql(session):
            fetch(session, statements.LOCK_MARKS)
        mark_id = next_ids(session, "marks", 1)[0]
    last = last_entry(session)
    entry_id = 0 if last is None else last.id
    # A clock that was set back does not publish a mark before the entries below it.
    at = now if last is None else max(now, last.recorded_at)
    mark = (mark_id, entry_id, purpose, driver_instant(session, at))
    many(session, statements.INSERT_MARK, [mark])
    return entry_id


def settled_id(patience: timedelta) -> int | None:
    """Return an entry id that no later entry will stand at or below, without delaying anybody.

    Postings under way are waited for, new ones go on meanwhile. None: some did not end within
    the patience. Outside any transaction.
    """
    with snapshot() as session:
        if not is_postgresql(session):
            # One writer gives out the ids: what can be read has ended.
            return last_entry_id(session)
    # Whoever was given an id up to this one held off marks before, and so is seen below.
    reserved = int(_now_seen(statements.LAST_RESERVED)[0])
    waited_for = set(_now_seen(statements.POSTINGS_UNDER_WAY))
    until = time.monotonic() + patience.total_seconds()
    while waited_for:
        if time.monotonic() >= until:
            return None
        time.sleep(_LOOK_AGAIN.total_seconds())
        waited_for &= set(_now_seen(statements.POSTINGS_UNDER_WAY))
    return reserved


def _now_seen(query: str) -> list[Any]:
    with snapshot() as session:
        return [row[0] for row in fetch(session, query)]


def _lock(holder: Connection) -> None:
    try:
        holder.exec_driver_sql(statements.HOLD_MARKS)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_TIMED_OUT:
            raise BooksAreBusy from error
        raise
