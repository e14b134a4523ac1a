"""What ails the database when the program is not at fault: told in a sentence, never as a 500."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from app.db import MovedAway, is_lost, is_retryable
from app.errors import N_


class Trouble(NamedTuple):
    """What to tell whoever met it, when to come back, and whether surely nothing was done."""

    why: str
    retry_after: int
    is_undone: bool = True


BUSY = Trouble(
    N_("The system is very busy, or is just moving to another machine. In a moment it goes on."), 2
)
LOST = BUSY._replace(is_undone=False)
FULL = Trouble(
    N_("The server has no room left, so nothing can be kept just now. Please tell the organiser."),
    60,
)
READ_ONLY = Trouble(
    N_("For now everything can be read, but nothing can be changed. Please come back later."), 60
)
# Whoever keeps the machine has yet to name the new place (flask copy-to).
MOVED = Trouble(
    N_("The community is moving to another machine. In a few minutes it goes on there."), 60
)
# Waiting for a lock, or at work, for longer than a page may; no connection or memory free.
_STATES = {
    **dict.fromkeys(("55P03", "57014", "53200", "53300"), BUSY),
    "53100": FULL,
    "25006": READ_ONLY,
}
_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    # The file could not be written: a quota, a limit, a disk that is going.
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    # A disk that is not mounted, a folder that was closed.
    sqlite3.SQLITE_CANTOPEN: LOST,
}
_PRIMARY_CODE = 0xFF


def trouble_of(error: BaseException) -> Trouble | None:
    """Return what ails the database; None when the program is at fault, or the file broken."""
    if isinstance(error, NoConnectionFree) or is_retryable(error):
        return BUSY
    if isinstance(error, MovedAway):
        return MOVED
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.Error):
        return _SQLITE.get(getattr(error.orig, "sqlite_errorcode", 0) & _PRIMARY_CODE)
    known = _STATES.get(getattr(error.orig, "sqlstate", None) or "")
    return known or (LOST if is_lost(error) else None)
