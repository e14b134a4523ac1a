"""Whole tables of either engine in one canonical form: every column, secrets and files included.

The audit's digest covers the ledger and its subjects; a move must not lose a session either.
"""

from __future__ import annotations

from app.audit.canonical import Sealed, seal
from app.audit.reading import Reading
from app.audit.tables import Column, Kind, Table
from app.db import db

_KINDS: dict[str, Kind] = {
    "bigint": "integer",
    "integer": "integer",
    "boolean": "flag",
    "date": "day",
    "timestamp with time zone": "instant",
    "bytea": "bytes",
    "text": "text",
    "character varying": "text",
}


def whole_tables(target: Reading) -> tuple[Table, ...]:
    """Return every table with all its columns, as PostgreSQL knows them."""
    rows = target.rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns "
        "WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
    )
    known: dict[str, list[Column]] = {}
    for table, column, kind in rows:
        if table in db.metadata.tables:
            known.setdefault(table, []).append(Column(column, _KINDS[kind]))
    return tuple(_table(name, columns) for name, columns in sorted(known.items()))


def sealed(reading: Reading, tables: tuple[Table, ...]) -> dict[str, Sealed]:
    """Count and hash each table."""
    return {table.name: seal(reading, table) for table in tables}


def _table(name: str, columns: list[Column]) -> Table:
    keys = [column.name for column in db.metadata.tables[name].primary_key]
    by_name = {column.name: column for column in columns}
    return Table(name, tuple(by_name[key] for key in keys), tuple(columns))
