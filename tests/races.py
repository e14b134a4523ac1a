"""Races and their negative controls: the same test again with its locks taken out, which must fail.

`@race("what keeps them apart")` runs a test twice. With the locks held it passes. With them
out the same acts run as they would had nobody written the lock: PostgreSQL's row and advisory
locks are struck from each statement, SQLite's writer begins only with its first write; and at
that first write two of them wait for each other: both read, one writes and commits, then the other
writes what it decided on what it had read. Then
the test has to fail in the way `seen` says: by its own assertion, or by the second guard in
the database, which is named. A test that passes without its lock proves nothing and is told.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import Pool

import app.bulk as bulk

MEETING_SECONDS = 15.0
HELD, OUT = "held", "out"
ITS_OWN_ASSERTION = "^AssertionError"

_ROW_LOCK = re.compile(
    r"\s+FOR (?:NO KEY UPDATE|UPDATE|KEY SHARE|SHARE)(?: OF \w+)?(?: SKIP LOCKED| NOWAIT)?"
)
_ADVISORY_LOCK = re.compile(r"\bpg_advisory_xact_lock\(")
_WRITES = re.compile(r"\s*(?:WITH\b.*\b)?(?:INSERT INTO|UPDATE|DELETE FROM)\b", re.DOTALL)
_Test = TypeVar("_Test", bound=Callable[..., Any])


class Race(NamedTuple):
    """What keeps the acts of a test apart, and how it shows that nothing does."""

    lock: str
    seen: str = ITS_OWN_ASSERTION
    # The write before which both have read; any where nothing is said.
    at: str = ""
    # The engines on which the fault can be made.
    engines: tuple[str, ...] = ("sqlite", "postgresql")
    # Whether who was started last writes first.
    is_turned: bool = False


def race(
    lock: str,
    *,
    seen: str = ITS_OWN_ASSERTION,
    at: str = "",
    engines: tuple[str, ...] = ("sqlite", "postgresql"),
    is_turned: bool = False,
) -> Callable[[_Test], _Test]:
    """Run a test with its locks, and again without them, when it must fail as `seen` says."""

    def marked(test: _Test) -> _Test:
        return pytest.mark.race(Race(lock, seen, at, engines, is_turned))(test)

    return marked


def without_locks(statement: str) -> str:
    """Return a statement that locks nothing beyond what it writes."""
    return _ADVISORY_LOCK.sub("num_nonnulls(", _ROW_LOCK.sub("", statement))


class Meeting:
    """Where the first two who want to write wait for each other; then one writes, then the other.

    Whoever was started first writes first, or last where `is_turned`; later ones go through.
    """

    def __init__(self, at: str, is_turned: bool) -> None:
        self.at = at
        self.is_turned = is_turned
        self.came: list[threading.Thread] = []
        self.both, self.first_is_done = threading.Event(), threading.Event()
        self._counting = threading.Lock()

    def before(self, statement: str) -> bool:
        """Wait here if this is the write they meet at; tell whether this one has met by now."""
        me = threading.current_thread()
        if me in self.came:
            return True
        if self.at not in statement:
            return False
        with self._counting:
            self.came.append(me)
            if len(self.came) > 1:
                self.both.set()
        self.both.wait(MEETING_SECONDS)
        if me is not self.first():
            self.first_is_done.wait(MEETING_SECONDS)
        return True

    def first(self) -> threading.Thread:
        """Return who of the two goes first: threads are numbered as they are started."""
        pair = sorted(self.came[:2], key=lambda each: (len(each.name), each.name))
        return pair[-1 if self.is_turned else 0]

    def gave_back(self, *_connection: Any) -> None:
        """Let the second one go on when the first has ended its transaction."""
        if self.both.is_set() and threading.current_thread() is self.first():
            self.first_is_done.set()


@contextmanager
def locks_taken_out(at: str = "", *, is_turned: bool = False) -> Iterator[Meeting]:
    """Let every thread but the main one act without locks, and two of them read before they write.

    The main thread sets the stage and looks at what is left: it acts as always.
    """
    meeting = Meeting(at, is_turned)

    def rewritten(
        connection: Connection, _cursor: Any, statement: str, given: Any, *_more: Any
    ) -> tuple[str, Any]:
        if threading.current_thread() is threading.main_thread():
            return statement, given
        if connection.dialect.name == "sqlite":
            return _on_sqlite(meeting, connection, statement), given
        if _WRITES.match(statement):
            meeting.before(statement)
        return without_locks(statement), given

    event.listen(Engine, "before_cursor_execute", rewritten, retval=True)
    event.listen(Pool, "checkin", meeting.gave_back)
    try:
        with _drivers_own_way(meeting), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys.modules["app.db"], "_sqlite_writer", Open())
            yield meeting
    finally:
        event.remove(Engine, "before_cursor_execute", rewritten)
        event.remove(Pool, "checkin", meeting.gave_back)


def _on_sqlite(meeting: Meeting, connection: Connection, statement: str) -> str:
    """Begin to write with the first write after the meeting; before it each statement is alone."""
    if statement in ("BEGIN", "BEGIN IMMEDIATE"):
        return "SELECT 1"
    driver: Any = connection.connection.driver_connection
    if _WRITES.match(statement) and meeting.before(statement) and not driver.in_transaction:
        driver.execute("BEGIN IMMEDIATE")
    return statement


class Open:
    """A lock that keeps nobody out."""

    def acquire(self) -> None: ...

    def release(self) -> None: ...


@contextmanager
def _drivers_own_way(meeting: Meeting) -> Iterator[None]:
    """Do the same to what goes to PostgreSQL's driver around SQLAlchemy."""
    spoken, in_one = bulk.spoken, bulk._in_one

    def speak(statement: str, for_postgresql: bool) -> str:
        said = spoken(statement, for_postgresql)
        is_staging = threading.current_thread() is threading.main_thread()
        return said if is_staging else without_locks(said)

    def meet(statement: bulk.Statement, rows: Any) -> tuple[str, tuple[Any, ...]]:
        if threading.current_thread() is not threading.main_thread():
            meeting.before(statement.postgresql)
        return in_one(statement, rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "spoken", speak)
        patch.setattr(bulk, "_in_one", meet)
        yield


# ── what pytest is told (tests/conftest.py) ───────────────────────────────────────────────


def race_of(item: Any) -> Race | None:
    """Return what a test says of its race."""
    mark = item.get_closest_marker("race")
    return mark.args[0] if mark else None


def ways_of(race: Race, engine: str) -> list[str]:
    """Return how a test runs on an engine: with its locks, and without where that is seen."""
    return [HELD, OUT] if engine in race.engines else [HELD]


def is_control(item: Any) -> bool:
    """Tell whether a test runs without its locks."""
    callspec = getattr(item, "callspec", None)
    return callspec is not None and callspec.params.get("locks") == OUT


def as_control(item: Any) -> Iterator[None]:
    """Run the test with its locks out, as a hook around its call; it has to fail as said."""
    said = race_of(item)
    assert said is not None
    with locks_taken_out(said.at, is_turned=said.is_turned) as meeting:
        try:
            yield
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        else:
            pytest.fail(f"Without its lock ({said.lock}) this test passes: it proves nothing.")
    if not meeting.both.is_set():
        pytest.fail(f"The two never met before {said.at or 'a write'}; then: {found}")
    if not re.search(said.seen, found):
        pytest.fail(f"Seen without the lock, but not as said ({said.seen}): {found}")
