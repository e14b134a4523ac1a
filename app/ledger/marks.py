"""Marks: the last entry of a state of the books that was published, and that state itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.bulk import asking_ids, driver_instant, fetch, ids_of, many, next_ids
from app.db import db, is_postgresql, transaction
from app.errors import N_, RuleBroken
from app.ledger import statements

_STANDS_STILL = "books_stand_still"
_LOCK_TIMED_OUT = "55P03"


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
    last = session.execute(statements.LAST_ENTRY).first()
    entry_id = 0 if last is None else last.id
    # A clock that was set back does not publish a mark before the entries below it.
    at = now if last is None else max(now, last.recorded_at)
    mark = (mark_id, entry_id, purpose, driver_instant(session, at))
    many(session, statements.INSERT_MARK, [mark])
    return entry_id


def _lock(holder: Connection) -> None:
    try:
        holder.exec_driver_sql(statements.HOLD_MARKS)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_TIMED_OUT:
            raise BooksAreBusy from error
        raise
