"""Do to a database what its guards refuse, and leave the guards as they were."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing

import psycopg
from sqlalchemy.engine import make_url


def plant(url: str, statements: Sequence[str], without: Sequence[str] = ()) -> None:
    """Run statements with triggers, foreign keys and CHECKs off; `without`: keys taken away."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(address.database), isolation_level=None)) as connection:
            _plant_in_sqlite(connection, statements, without)
    else:
        plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            _plant_in_postgresql(connection, statements, without)


def _plant_in_sqlite(
    connection: sqlite3.Connection, statements: Sequence[str], without: Sequence[str]
) -> None:
    for pragma in ("foreign_keys=OFF", "ignore_check_constraints=ON", "legacy_alter_table=ON"):
        connection.execute(f"PRAGMA {pragma}")
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    triggers = connection.execute(query).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for constraint in without:
        _rebuild_without(connection, constraint)
    for statement in statements:
        connection.execute(statement)
    for _, statement in triggers:
        connection.execute(statement)


def _rebuild_without(connection: sqlite3.Connection, constraint: str) -> None:
    """Drop a key of a table, which SQLite only does by building the table anew."""
    table, written = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE ?",
        (f"%{constraint} %",),
    ).fetchone()
    indexes = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        (table,),
    ).fetchall()
    loose = re.sub(rf",\s*CONSTRAINT {constraint} [A-Z ]+\([^)]*\)", "", written)
    assert loose != written
    connection.execute(f"ALTER TABLE {table} RENAME TO former")
    connection.execute(loose)
    connection.execute(f"INSERT INTO {table} SELECT * FROM former")
    connection.execute("DROP TABLE former")
    for (statement,) in indexes:
        connection.execute(statement)


def _plant_in_postgresql(
    connection: psycopg.Connection, statements: Sequence[str], without: Sequence[str]
) -> None:
    # A replica fires no trigger, not even those of foreign keys. CHECKs and keys must go.
    connection.execute("SET session_replication_role = replica")
    checks = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'c' AND connamespace = current_schema()::regnamespace"
    ).fetchall()
    for table, name, _ in checks:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    for name in set(without) - {name for _table, name, _definition in checks}:
        row = connection.execute(
            "SELECT conrelid::regclass::text FROM pg_constraint WHERE conname = %s", (name,)
        ).fetchone()
        assert row is not None
        connection.execute(f"ALTER TABLE {row[0]} DROP CONSTRAINT {name} CASCADE".encode())
    for statement in statements:
        connection.execute(statement.encode())
    for table, name, definition in checks:
        if name in without:
            continue
        # Added unproven and then declared proven, as somebody covering their tracks would.
        connection.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID".encode()
        )
    connection.execute("UPDATE pg_constraint SET convalidated = true WHERE NOT convalidated")
