"""Whether the triggers, constraints and indexes that hold the invariants really stand.

The manifest and the tables' metadata say what should be there: a second list kept by hand
would only drift. No row is read through them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from app.audit.checks import Result
from app.audit.reading import SAMPLES, Reading
from app.db import Base
from app.errors import N_
from app.guards import REFUSE_FUNCTION, Guard, reading_functions
from app.manifest import FUNCTIONS, GUARDS

_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION (\w+).*?\$\$(.*)\$\$", re.DOTALL)


class Fault(NamedTuple):
    """Something of the schema that is missing or not as it should be."""

    what: str
    name: str


def check_schema(reading: Reading) -> Result:
    """Compare the database with the manifest."""
    is_sqlite = reading.engine == "sqlite"
    faults = sorted(_sqlite_faults(reading) if is_sqlite else _postgresql_faults(reading))
    looked_at = len(expected_constraints()) + len(expected_indexes()) + len(_guards(reading))
    return Result(
        "schema",
        N_("Triggers, constraints and indexes stand as the schema says"),
        looked_at,
        len(faults),
        [fault._asdict() for fault in faults[:SAMPLES]],
    )


def expected_constraints() -> set[str]:
    """Return the names of all checks and keys of the schema."""
    return {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if constraint.name is not None
    }


def expected_indexes() -> set[str]:
    return {str(index.name) for table in Base.metadata.tables.values() for index in table.indexes}


def _guards(reading: Reading) -> dict[str, Guard]:
    return {guard.name: guard for guard in GUARDS if getattr(guard, reading.engine) is not None}


def _sqlite_faults(reading: Reading) -> Iterator[Fault]:
    found: dict[str, dict[str, str]] = {"table": {}, "index": {}, "trigger": {}}
    for kind, name, statement in reading.rows(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ):
        found.setdefault(kind, {})[name] = statement
    constraints = {
        name
        for statement in found["table"].values()
        for name in re.findall(r"CONSTRAINT \"?(\w+)", statement)
    }
    yield from _missing("constraint_missing", expected_constraints(), constraints)
    yield from _missing("index_missing", expected_indexes(), set(found["index"]))
    for name, guard in _guards(reading).items():
        if name not in found["trigger"]:
            yield Fault("trigger_missing", name)
        elif _words(found["trigger"][name]) != _words(guard.sqlite or ""):
            yield Fault("trigger_differs", name)
    loose = {row[0] for row in reading.rows("SELECT name FROM pragma_table_list WHERE NOT strict")}
    for table in sorted(loose & set(Base.metadata.tables)):
        yield Fault("table_not_strict", table)


def _postgresql_faults(reading: Reading) -> Iterator[Fault]:
    here = "current_schema()::regnamespace"
    constraints = reading.rows(
        f"SELECT conname FROM pg_constraint WHERE connamespace = {here} AND convalidated"
    )
    yield from _missing(
        "constraint_missing", expected_constraints(), {row[0] for row in constraints}
    )
    indexes = reading.rows(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        f"WHERE c.relnamespace = {here} AND i.indisvalid"
    )
    yield from _missing("index_missing", expected_indexes(), {row[0] for row in indexes})
    yield from _postgresql_trigger_faults(reading, here)
    sources = dict(reading.rows(f"SELECT proname, prosrc FROM pg_proc WHERE pronamespace = {here}"))
    paths = dict(
        reading.rows(
            "SELECT proname, array_to_string(proconfig, ' ') FROM pg_proc "
            f"WHERE pronamespace = {here}"
        )
    )
    for name in reading_functions(FUNCTIONS):
        if name in paths and not str(paths[name] or "").endswith(", pg_temp"):
            yield Fault("function_differs", name)
    for name, source in _functions():
        if name not in sources:
            yield Fault("function_missing", name)
        elif _words(sources[name]) != _words(source):
            yield Fault("function_differs", name)


def _postgresql_trigger_faults(reading: Reading, here: str) -> Iterator[Fault]:
    # 'O' fires for everybody but a replica, 'A' always.
    triggers = dict(
        reading.rows(
            "SELECT t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t "
            "JOIN pg_class c ON c.oid = t.tgrelid "
            f"WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND c.relnamespace = {here}"
        )
    )
    for name, guard in _guards(reading).items():
        if name not in triggers:
            yield Fault("trigger_missing", name)
        elif _shape(triggers[name]) != _shape(guard.postgresql or ""):
            yield Fault("trigger_differs", name)
    # A foreign key is held by triggers of its own, which can be disabled as well.
    for row in reading.rows(
        "SELECT DISTINCT k.conname FROM pg_trigger t "
        "JOIN pg_constraint k ON k.oid = t.tgconstraint "
        f"WHERE t.tgisinternal AND t.tgenabled NOT IN ('O', 'A') AND k.connamespace = {here}"
    ):
        yield Fault("foreign_key_disabled", row[0])


def _functions() -> Iterator[tuple[str, str]]:
    for statement in (REFUSE_FUNCTION, *FUNCTIONS):
        if found := _FUNCTION.search(statement):
            yield found[1], found[2]


def _missing(what: str, expected: set[str], found: set[str]) -> Iterator[Fault]:
    for name in sorted(expected - found):
        yield Fault(what, name)


def _words(statement: str) -> list[str]:
    return statement.split()


def _shape(trigger: str) -> list[str]:
    """PostgreSQL writes a trigger in its own words: compare all but its condition."""
    without_condition = re.sub(r"\bWHEN \(.*\) EXECUTE", "EXECUTE", " ".join(trigger.split()))
    return re.sub(r"\bON \w+\.", "ON ", without_condition).split()
