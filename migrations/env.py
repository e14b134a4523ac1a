"""Migrate on either engine; SQLite by batch mode, with foreign keys off and checked at the end."""

from __future__ import annotations

import re
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, inspect, pool
from sqlalchemy.engine import Connection

from app.db import db, prepare_sqlite
from app.guards import Guard, guards_in_place, install_guards
from app.manifest import FUNCTIONS, GUARDS


def same_ddl(_context: Any, _column: Any, _model_column: Any, found: Any, wanted: Any) -> bool:
    """Tell Alembic whether a type differs: by what it compiles to on this engine."""
    dialect = _context.dialect
    return bool(found.compile(dialect) != wanted.compile(dialect))


def migrate(connection: Connection) -> None:
    """Run the migrations and install the guards in one transaction."""
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=is_sqlite,
        transactional_ddl=True,
        compare_type=same_ddl,
    )
    with context.begin_transaction():
        if is_sqlite:
            # It alters no table while a guard looks into one that is not there (yet, any more).
            for name in guards_in_place(connection):
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        context.run_migrations()
        if connection.dialect.has_table(connection, "entries"):
            # Half-way through, the tables of later migrations are not there yet.
            there = set(inspect(connection).get_table_names())
            guards = [guard for guard in GUARDS if guard.table in there and knows(guard, there)]
            install_guards(connection, guards, FUNCTIONS)
        if is_sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"The migration broke foreign keys: {broken[:5]}")


def knows(guard: Guard, there: set[str]) -> bool:
    """Tell whether every table a guard speaks of is there."""
    missing = set(db.metadata.tables) - there
    return not missing & set(re.findall(r"\w+", guard.sqlite or ""))


def run() -> None:
    """Connect as the role that owns the tables and migrate."""
    url = current_app.config["MIGRATION_DATABASE_URL"] or current_app.config["DATABASE_URL"]
    engine = create_engine(url, poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Batch mode drops and renames tables, which foreign keys would refuse.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        migrate(connection)
        connection.commit()
    engine.dispose()


run()
