"""Copy a database to another one, of either engine, as a restore does: guards at rest meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine

from app.db import db
from app.guards import install_guards
from app.manifest import FUNCTIONS, GUARDS

AT_ONCE = 1000


def copy_tables(source: str, target: str) -> None:
    """Copy every table of the app, parents first, and let ids go on where they were."""
    with _engine(source) as old, _engine(target) as new:
        with old.connect() as reading, new.begin() as writing:
            _rest_guards(writing)
            for table in db.metadata.sorted_tables:
                _copy(reading, writing, table)
            if writing.dialect.name == "postgresql":
                _go_on(writing)
        with new.begin() as connection:
            install_guards(connection, GUARDS, FUNCTIONS)


@contextmanager
def _engine(url: str) -> Iterator[Engine]:
    made = create_engine(url)
    try:
        yield made
    finally:
        made.dispose()


def _rest_guards(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return
    for guard in GUARDS:
        if guard.sqlite is not None:
            connection.exec_driver_sql(f"DROP TRIGGER {guard.name}")


def _copy(reading: Connection, writing: Connection, table: Table) -> None:
    # A migration may have put something there.
    writing.execute(table.delete())
    rows = (row._asdict() for row in reading.execute(table.select()))
    while some := list(islice(rows, AT_ONCE)):
        writing.execute(table.insert(), some)


def _go_on(connection: Connection) -> None:
    """Set every sequence behind the last id, and the ledger's own behind its last entry."""

    def send(statement: str) -> Any:
        return connection.exec_driver_sql(statement)

    for table in db.metadata.sorted_tables:
        named = (
            "id" in table.c
            and send(f"SELECT pg_get_serial_sequence('{table.name}', 'id')").scalar()
        )
        if named:
            send(f"SELECT setval('{named}', max(id)) FROM {table.name} HAVING max(id) IS NOT NULL")
    send("SELECT setval('entry_ids', max(id)) FROM entries HAVING max(id) IS NOT NULL")
    send(
        "SELECT setval('entry_instants', (extract(epoch FROM max(recorded_at)) * 1000000)::bigint)"
        " FROM entries HAVING max(id) IS NOT NULL"
    )
