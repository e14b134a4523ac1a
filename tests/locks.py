"""The app's guards by name: which a statement takes, and the same statement without it.

A lock of rows is named by its table (`rows of accounts`), an advisory lock by what it keeps
apart, a condition by what it asks. SQLite has one lock for all of them: its one writer.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

ROWS = "rows of "
# By how the lock's number begins in the statement.
ADVISORY = {
    "hashtextextended(": "the key of the operation",
    "7104, 1)": "the lock of marks",
    "7104, 2)": "the lock of entry ids",
    "7104, 3)": "the lock of the tree",
    "7104, 8)": "the lock of founding",
    "7104, 9)": "the lock of migrating",
    "7105, hashint8(": "the lock of a ranking's year",
    "7105, %": "the lock of numbers from elsewhere",
    "7105)": "the lock of numbers",
    "7106, hashtext(": "the turns of whoever tries",
    "7106)": "the lock of the roster",
    "7107)": "the lock of joining a team",
    "7119)": "the lock of the signing key",
    "7120, ": "the organisation's numbers",
    "7121, ": "the certificate's lock",
}
_ROW_LOCK = re.compile(
    r"\s+FOR (?:NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)(?: OF (\w+))?(?: SKIP LOCKED| NOWAIT)?"
)
_ADVISORY_LOCK = re.compile(r"\bpg_advisory_(?:xact_)?lock(?:_shared)?\(")
_FROM = re.compile(r"\bFROM (\w+)")


class Condition(NamedTuple):
    """What a writing statement asks itself, on either engine: its words, and those without it."""

    asked: str
    instead: str = ""


CONDITIONS = {
    "that what begins was announced": Condition(
        r"(UPDATE activities SET state=(?s:.)* AND) activities\.state = (\S+)", r"\1 \2 IS NOT NULL"
    ),
    "that who came comes no more": Condition(
        r"(INSERT INTO check_ins (?s:.)*?) ON CONFLICT DO NOTHING", r"\1"
    ),
}


class Struck(NamedTuple):
    """A statement without some guards, and which of them it had."""

    statement: str
    guards: frozenset[str]


def is_name(guard: str) -> bool:
    """Tell whether there is such a guard to take out."""
    kinds = (is_lock, is_constraint, is_trigger, CONDITIONS.__contains__)
    return any(is_one(guard) for is_one in kinds)


def is_lock(guard: str) -> bool:
    """Tell whether a guard is a lock of PostgreSQL's."""
    return guard.startswith(ROWS) or guard in ADVISORY.values()


def is_constraint(guard: str) -> bool:
    """Tell whether a guard is a key or CHECK of the database, which stands on either engine."""
    return guard.startswith(("ck_", "uq_", "pk_"))


def is_trigger(guard: str) -> bool:
    """Tell whether a guard is the trigger by which SQLite refuses to replace a row."""
    return guard.endswith("_no_replace")


def taken(statement: str) -> set[str]:
    """Return the locks a statement of PostgreSQL takes."""
    found = {_named(statement[lock.end() :]) for lock in _ADVISORY_LOCK.finditer(statement)}
    return found | {ROWS + _table(statement, lock) for lock in _ROW_LOCK.finditer(statement)}


def without(statement: str, guards: Collection[str]) -> Struck:
    """Return a statement that takes none of these locks and asks none of these conditions."""
    struck = set(guards) & taken(statement)
    if struck:
        # No statement takes two of them.
        statement = _ADVISORY_LOCK.sub("num_nonnulls(", _ROW_LOCK.sub("", statement))
    for guard, condition in CONDITIONS.items():
        if guard in guards and re.search(condition.asked, statement):
            statement = re.sub(condition.asked, condition.instead, statement)
            struck.add(guard)
    return Struck(statement, frozenset(struck))


def _named(number: str) -> str:
    for begins, name in ADVISORY.items():
        if number.startswith(begins):
            return name
    raise LookupError(f"tests/locks.py has no name for the advisory lock ({number}")


def _table(statement: str, lock: re.Match[str]) -> str:
    """Return whose rows are locked: those said, else those of the first table."""
    if lock.group(1):
        return lock.group(1)
    found = _FROM.search(statement)
    assert found, statement
    return found.group(1)
