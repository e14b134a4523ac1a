"""The rows a chain is over, copied by hand into a bare SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.audit.reading import Reading

TABLES = ("accounts", "entries", "postings", "chain_links")


def copied_to_sqlite(reading: Reading, file: Path) -> Path:
    """Copy them as they are; instants as SQLite keeps them."""
    with closing(sqlite3.connect(file)) as copy:
        for table in TABLES:
            names, rows = reading.table(f"SELECT * FROM {table}")
            copy.execute(f"CREATE TABLE {table} ({', '.join(names)})")
            marks = ", ".join("?" * len(names))
            values = [tuple(map(_value, row)) for row in rows]
            copy.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
        copy.commit()
    return file


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value
