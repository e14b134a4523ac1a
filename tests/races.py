"""Races and their negative controls: the same test again with its guard taken out, which must fail.

`@race("rows of accounts")` runs a test twice. With everything in place it passes. Then it runs
once more without exactly what it names: on PostgreSQL those locks are struck from the statements
that take them (tests/locks.py) and all others stay; on SQLite, whose one writer is the only lock
there is, a writer begins only with its first write. There, or at the statement `at` describes, two
of them wait for each other: both have read, one writes and commits, then the other writes what it
decided on what it had read. Now the test has to fail in the way `seen` says: by its own assertion,
or by the guard of the database behind the lock, which is named. Where that one hides the fault, it
is named among the guards and taken off as well. Of several guards that are named each would do,
which QICAI_EACH_GUARD=1 proves (PostgreSQL): the test passes with all of them out but one.
"""

from __future__ import annotations

import os
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
from app.db import db, is_retryable
from tests import locks
from tests.audit.planting import plant

MEETING_SECONDS = 15.0
# Where one guard stays the second never comes: well below PostgreSQL's lock_timeout.
VAIN_SECONDS = 1.0
HELD, OUT, ONLY = "held", "out", "only "
ITS_OWN_ASSERTION = "^AssertionError"
# Where the fault is a query that finds no end: so much of it is enough.
ENDLESS_STEPS, ENDLESS_CALLS, ENDLESS_ON_POSTGRESQL = (
    100_000,
    100,
    "SET LOCAL statement_timeout = 2000",
)

_WRITES = re.compile(r"\s*(?:WITH\b.*\b)?(?:INSERT INTO|UPDATE|DELETE FROM)\b", re.DOTALL)
_Test = TypeVar("_Test", bound=Callable[..., Any])


class Race(NamedTuple):
    """What keeps the acts of a test apart, and how it shows that nothing does."""

    guards: tuple[str, ...]
    seen: str = ITS_OWN_ASSERTION
    # Before what both have read: a pattern of that statement; any write where nothing is said.
    at: str = ""
    # Or, on PostgreSQL, before which lock: of those that stay, the next they would queue at.
    at_lock: str = ""
    # The engines on which the fault can be made.
    engines: tuple[str, ...] = ("sqlite", "postgresql")
    # Whether who was started last writes first.
    is_turned: bool = False
    # Whether the fault is a query that finds no end.
    is_endless: bool = False


def race(*guards: str, **more: Any) -> Callable[[_Test], _Test]:
    """Run a test as it is, and again without these guards, when it must fail as `seen` says.

    What may be said beside them stands in Race.
    """
    said = Race(guards, **more)
    unknown = [each for each in guards if not locks.is_name(each)]
    assert not unknown, f"tests/locks.py knows no {unknown}"

    def marked(test: _Test) -> _Test:
        return pytest.mark.race(said)(test)

    return marked


class Meeting:
    """Where the first two who want to write wait for each other; then one writes, then the other.

    Whoever was started first writes first, or last where `is_turned`; later ones go through.
    """

    def __init__(self, said: Race, patience: float) -> None:
        self.said, self.patience = said, patience
        self.struck: set[str] = set()
        self.came: list[threading.Thread] = []
        self.both, self.first_is_done = threading.Event(), threading.Event()
        self._counting = threading.Lock()

    def strike(self, statement: str) -> str:
        """Return a statement without what is taken out, and remember what it was."""
        found = locks.without(statement, self.said.guards)
        self.struck |= found.guards
        return found.statement

    def before(self, statement: str, *, is_postgresql: bool = True) -> bool:
        """Wait here if this is where they meet; tell whether this one has met by now."""
        me = threading.current_thread()
        if me in self.came:
            return True
        if not self._is_here(statement, is_postgresql):
            return False
        with self._counting:
            self.came.append(me)
            if len(self.came) > 1:
                self.both.set()
        self.both.wait(self.patience)
        if me is not self.first():
            self.first_is_done.wait(self.patience)
        return True

    def _is_here(self, statement: str, is_postgresql: bool) -> bool:
        if self.said.at_lock and is_postgresql:
            return self.said.at_lock in locks.taken(statement)
        at = self.said.at
        return bool(re.search(at, statement) if at else _WRITES.match(statement))

    def first(self) -> threading.Thread:
        """Return who of the two goes first: threads are numbered as they are started."""
        pair = sorted(self.came[:2], key=lambda each: (len(each.name), each.name))
        return pair[-1 if self.said.is_turned else 0]

    def gave_back(self, *_connection: Any) -> None:
        """Let the second one go on when the first has ended its transaction."""
        if self.both.is_set() and threading.current_thread() is self.first():
            self.first_is_done.set()


@contextmanager
def guards_taken_out(said: Race, patience: float = MEETING_SECONDS) -> Iterator[Meeting]:
    """Let every thread but the main one act without them, and two of them read before they write.

    The main thread sets the stage and looks at what is left: it acts as always.
    """
    meeting = Meeting(said, patience)

    def rewritten(
        connection: Connection, _cursor: Any, statement: str, given: Any, *_more: Any
    ) -> tuple[str, Any]:
        if threading.current_thread() is threading.main_thread():
            return statement, given
        if connection.dialect.name == "sqlite":
            return _on_sqlite(meeting, connection, statement), given
        meeting.before(statement)
        return meeting.strike(statement), given

    def begun(connection: Connection) -> None:
        if said.is_endless and connection.dialect.name == "postgresql":
            connection.exec_driver_sql(ENDLESS_ON_POSTGRESQL)

    event.listen(Engine, "before_cursor_execute", rewritten, retval=True)
    event.listen(Engine, "begin", begun)
    event.listen(Pool, "checkin", meeting.gave_back)
    try:
        with _drivers_own_way(meeting), pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys.modules["app.db"], "_sqlite_writer", Open())
            yield meeting
    finally:
        event.remove(Engine, "before_cursor_execute", rewritten)
        event.remove(Engine, "begin", begun)
        event.remove(Pool, "checkin", meeting.gave_back)


def _on_sqlite(meeting: Meeting, connection: Connection, statement: str) -> str:
    """Begin to write with the first write after the meeting; before it each statement is alone."""
    if statement in ("BEGIN", "BEGIN IMMEDIATE"):
        return "SELECT 1"
    driver: Any = connection.connection.driver_connection
    has_met = meeting.before(statement, is_postgresql=False)
    if _WRITES.match(statement) and has_met and not driver.in_transaction:
        driver.execute("BEGIN IMMEDIATE")
    if meeting.said.is_endless:
        calls = iter(range(ENDLESS_CALLS))
        driver.set_progress_handler(lambda: next(calls, None) is None, ENDLESS_STEPS)
    return meeting.strike(statement)


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
        if not for_postgresql or threading.current_thread() is threading.main_thread():
            return said
        meeting.before(said)
        return meeting.strike(said)

    def meet(statement: bulk.Statement, rows: Any) -> tuple[str, tuple[Any, ...]]:
        if threading.current_thread() is threading.main_thread():
            return in_one(statement, rows)
        meeting.before(statement.postgresql)
        said, values = in_one(statement, rows)
        return meeting.strike(said), values

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
    """Return how a test runs on an engine: as it is, and without where that is seen."""
    if engine not in race.engines:
        return [HELD]
    is_long = "QICAI_EACH_GUARD" in os.environ and engine == "postgresql"
    stay = [each for each in race.guards if not locks.is_trigger(each)] if is_long else []
    return [HELD, OUT, *(ONLY + each for each in stay if len(stay) > 1)]


def is_control(item: Any) -> bool:
    """Tell whether a test runs without its guards."""
    return _way_of(item) != HELD


def _way_of(item: Any) -> str:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("locks", HELD) if callspec else HELD


def as_control(item: Any) -> Iterator[None]:
    """Run the test with its guards out, as a hook around its call; it has to fail as said."""
    said = race_of(item)
    assert said is not None
    if (way := _way_of(item)) != OUT:
        return (yield from _with_one_guard(said, way.removeprefix(ONLY), item))
    take_off(said.guards, item)
    with guards_taken_out(said) as meeting:
        try:
            yield
        except Exception as error:
            found = f"{type(error).__name__}: {error}"
        else:
            pytest.fail(f"Without {said.guards} this test passes: it proves nothing.")
    if not meeting.both.is_set():
        pytest.fail(f"The two never met before {said.at or 'a write'}; then: {found}")
    if untaken := unstruck(said, meeting.struck, item.config.getoption("engine")):
        pytest.fail(f"Nobody takes {untaken}, so it keeps nobody apart here.")
    if not re.search(said.seen, found):
        pytest.fail(f"Seen without the guards, but not as said ({said.seen}): {found}")


def _with_one_guard(said: Race, stays: str, item: Any) -> Iterator[None]:
    """Run the test with one of its guards in place, which has to be enough.

    Where the two then wait for each other the database breaks one off, and nothing is wrong.
    """
    said = said._replace(guards=tuple(each for each in said.guards if each != stays))
    take_off(said.guards, item)
    with guards_taken_out(said, VAIN_SECONDS):
        try:
            yield
        except Exception as error:
            if not is_retryable(error):
                raise


def take_off(guards: tuple[str, ...], item: Any) -> None:
    """Drop what of the guards is a constraint of the database, or a trigger of SQLite."""
    constraints = [each for each in guards if locks.is_constraint(each)]
    triggers = [each for each in guards if locks.is_trigger(each)]
    if constraints:
        plant(item.funcargs["app"].config["DATABASE_URL"], (), without=constraints)
    if triggers and item.config.getoption("engine") == "sqlite":
        with db.engine.begin() as connection:
            for trigger in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {trigger}")


def unstruck(said: Race, struck: set[str], engine: str) -> set[str]:
    """Return what is named but was never there to be taken out; SQLite's writer is no statement."""
    asked = set(said.guards) & locks.CONDITIONS.keys()
    taken = {each for each in said.guards if locks.is_lock(each)}
    return (asked if engine == "sqlite" else asked | taken) - struck
