"""Triggers that hold the invariants in the database itself, on both engines.

Each package declares its guards; they are installed after every migration (Alembic's batch
mode drops triggers when it rebuilds a table) and the audit compares them with this manifest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy.engine import Connection


class Guard(NamedTuple):
    """One trigger by name, with its statement for each engine (None: not needed there)."""

    name: str
    table: str
    sqlite: str | None
    postgresql: str | None


def refuse_change(table: str, *, also_truncate: bool = True) -> list[Guard]:
    """Return the guards that make a table append-only."""
    guards = [
        Guard(
            f"{table}_no_{verb.lower()}",
            table,
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} are only added to, never changed'); END",
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION qicai_refuse()",
        )
        for verb in ("UPDATE", "DELETE")
    ]
    return guards + (refuse_truncate(table) if also_truncate else [])


def refuse_delete(table: str) -> list[Guard]:
    """Return the guards that keep every row of a table."""
    return [guard for guard in refuse_change(table) if not guard.name.endswith("_no_update")]


def refuse_truncate(table: str) -> list[Guard]:
    """Return the guard against TRUNCATE, which row triggers do not see (PostgreSQL only)."""
    return [
        Guard(
            f"{table}_no_truncate",
            table,
            None,
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION qicai_refuse()",
        )
    ]


def refuse_replace(table: str, *keys: str) -> Guard:
    """Return the guard that stops INSERT OR REPLACE, which deletes without a trigger (SQLite)."""
    same = " OR ".join(f"({key})" for key in keys)
    return Guard(
        f"{table}_no_replace",
        table,
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} o WHERE {same}) "
        f"BEGIN SELECT RAISE(ABORT, '{table} are only added to, never replaced'); END",
        None,
    )


def refuse_overwrite(table: str, identity: str, *keys: str) -> Guard:
    """Return the guard that stops UPDATE OR REPLACE and an id given another name (SQLite).

    For tables whose rows may change. `UPDATE OF id` would not see `SET rowid`, and a row pushed
    out by a key it shares goes without a trigger.
    """
    taken = "".join(
        f" OR EXISTS (SELECT 1 FROM {table} o WHERE o.{identity} <> OLD.{identity} AND {key})"
        for key in keys
    )
    return Guard(
        f"{table}_no_overwrite",
        table,
        f"CREATE TRIGGER {table}_no_overwrite BEFORE UPDATE ON {table} "
        f"WHEN NEW.{identity} <> OLD.{identity}{taken} "
        f"BEGIN SELECT RAISE(ABORT, '{table} are only added to, never replaced'); END",
        None,
    )


class Erasable(NamedTuple):
    """What of a guarded table may go once an `erasures` row says that its owner did.

    `owner` is a condition on the erasure `e` and on OLD. Of the `words` each becomes `word` or
    stays; the `others` stay. Without words it is whole rows that may go.
    """

    table: str
    owner: str
    words: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    word: str = "已注销"

    @property
    def erased(self) -> str:
        """The condition that the row's owner was erased."""
        return f"EXISTS (SELECT 1 FROM erasures e WHERE {self.owner})"

    def step(self, same: str) -> str:
        """Return the condition that an update takes the words and nothing else."""
        kept = " AND ".join(f"NEW.{column} {same} OLD.{column}" for column in self.others)
        gone = " AND ".join(
            f"(NEW.{column} {same} OLD.{column} OR NEW.{column} = '{self.word}')"
            for column in self.words
        )
        return f"{kept} AND {gone} AND {self.erased}"

    @property
    def guard(self) -> Guard:
        """The trigger that lets only this pass, where everything else is refused."""
        verb, allowed = ("UPDATE", self.step("IS")) if self.words else ("DELETE", self.erased)
        name = f"{self.table}_erased_{verb.lower()}"
        trigger = f"CREATE TRIGGER {name} BEFORE {verb} ON {self.table} "
        sentence = f"{self.table} are only added to, and erased with their owner"
        return Guard(
            name,
            self.table,
            f"{trigger}WHEN NOT ({allowed}) BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
            f"{trigger}FOR EACH ROW EXECUTE FUNCTION qicai_{name}()",
        )

    @property
    def function(self) -> str:
        """What PostgreSQL's trigger calls."""
        verb = "update" if self.words else "delete"
        allowed = self.step("IS NOT DISTINCT FROM") if self.words else self.erased
        sentence = f"{self.table} are only added to, and erased with their owner"
        return (
            f"\nCREATE OR REPLACE FUNCTION qicai_{self.table}_erased_{verb}() RETURNS trigger "
            f"LANGUAGE plpgsql AS $$\nBEGIN\n  IF NOT ({allowed}) THEN\n"
            f"    RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514';\n  END IF;\n"
            f"  RETURN {'NEW' if self.words else 'OLD'};\nEND $$\n"
        )


class Moves(NamedTuple):
    """How the rows of a table move: the steps of their state, what stays, how they begin.

    `steps` is a condition on OLD and NEW; each of the three sentences says what was refused.
    """

    table: str
    # What the functions are named after: qicai_{row}_moves, qicai_{row}_begins.
    row: str
    steps: str
    kept: tuple[str, ...]
    begins: str
    wrong_step: str
    edited: str
    wrong_beginning: str
    # Words that go with the person, in no step of the state.
    erasable: Erasable | None = None

    @property
    def guards(self) -> tuple[Guard, Guard]:
        """The triggers that hold it."""
        table, beginning = self.table, f"NEW.state <> '{self.begins}'"
        moves = f"CREATE TRIGGER {table}_moves BEFORE UPDATE ON {table} "
        begins = f"CREATE TRIGGER {table}_begins BEFORE INSERT ON {table} "
        when = f"WHEN NOT ({self.erasable.step('IS')}) " if self.erasable else ""
        return (
            Guard(
                f"{table}_moves",
                table,
                f"{moves}{when}BEGIN "
                f"SELECT RAISE(ABORT, '{self.wrong_step}') WHERE NOT ({self.steps}); "
                f"SELECT RAISE(ABORT, '{self.edited}') WHERE {self._differs('IS NOT')}; END",
                f"{moves}FOR EACH ROW EXECUTE FUNCTION qicai_{self.row}_moves()",
            ),
            Guard(
                f"{table}_begins",
                table,
                f"{begins}WHEN {beginning} "
                f"BEGIN SELECT RAISE(ABORT, '{self.wrong_beginning}'); END",
                f"{begins}FOR EACH ROW WHEN ({beginning}) "
                f"EXECUTE FUNCTION qicai_{self.row}_begins()",
            ),
        )

    @property
    def functions(self) -> tuple[str, str]:
        """What PostgreSQL's triggers call."""
        erasing = self.erasable.step("IS NOT DISTINCT FROM") if self.erasable else "false"
        return (
            self._function(
                "moves",
                f"""
  IF {erasing} THEN
    RETURN NEW;
  END IF;
  IF NEW.id <> OLD.id OR NOT ({self.steps}) THEN
    RAISE EXCEPTION '{self.wrong_step}' USING ERRCODE = '23514';
  END IF;
  IF {self._differs("IS DISTINCT FROM")} THEN
    RAISE EXCEPTION '{self.edited}' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;""",
            ),
            self._function(
                "begins",
                f"""
  RAISE EXCEPTION '{self.wrong_beginning}' USING ERRCODE = '23514';""",
            ),
        )

    def _function(self, verb: str, body: str) -> str:
        return (
            f"\nCREATE OR REPLACE FUNCTION qicai_{self.row}_{verb}() RETURNS trigger "
            f"LANGUAGE plpgsql AS $$\nBEGIN{body}\nEND $$\n"
        )

    def _differs(self, distinct: str) -> str:
        return " OR ".join(f"NEW.{column} {distinct} OLD.{column}" for column in self.kept)


def steps_of(moves: Mapping[str, Iterable[str]]) -> str:
    """Return a table of moves as the condition of `Moves.steps`."""
    return " OR ".join(
        f"(OLD.state = '{state}' AND NEW.state = '{target}')"
        for state, targets in moves.items()
        for target in sorted(targets)
    )


REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION qicai_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% are only added to, never changed', TG_TABLE_NAME USING ERRCODE = '23514';
END $$
"""


READS = re.compile(r"\bSELECT\b|\bnextval\b")
# Temporary tables come first in a search path unless it says otherwise: anybody could put one
# of their own before the table a guard means to read.
FIX_SEARCH_PATH = """
DO $$
DECLARE
  here text := current_schema();
  function record;
BEGIN
  FOR function IN
    SELECT oid::regprocedure AS name FROM pg_proc
    WHERE pronamespace = here::regnamespace AND proname = ANY ('{names}')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', function.name, here);
  END LOOP;
END $$
"""


def reading_functions(functions: Iterable[str]) -> list[str]:
    """Return the names of the functions that read tables or sequences, by their statements."""
    return [
        found[1]
        for statement in functions
        if (found := re.search(r"CREATE OR REPLACE FUNCTION (\w+)", statement))
        and READS.search(statement)
    ]


def install_guards(
    connection: Connection, guards: Iterable[Guard], functions: Iterable[str]
) -> None:
    """Create every guard anew; safe to run again."""
    engine = connection.dialect.name
    if engine == "postgresql":
        functions = list(functions)
        names = "{" + ",".join(reading_functions(functions)) + "}"
        fix = FIX_SEARCH_PATH.replace("{names}", names)
        for function in (REFUSE_FUNCTION, *functions, fix):
            # The driver reads % as the start of a placeholder.
            connection.exec_driver_sql(function.replace("%", "%%"))
    for guard in guards:
        statement = guard.sqlite if engine == "sqlite" else guard.postgresql
        place = f" ON {guard.table}" if engine == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {guard.name}{place}")
        if statement is not None:
            connection.exec_driver_sql(statement)


def guards_in_place(connection: Connection) -> set[str]:
    """Return the names of the triggers the database really has."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = (
            "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' "
            "AND c.relnamespace = current_schema()::regnamespace"
        )
    return {row[0] for row in connection.exec_driver_sql(query)}
