"""The one canonical form of the ledger and its subjects, the same bytes from either engine.

CSV in UTF-8, a header, rows by key, every line ended by LF. Text stands in quotes, NULL is
empty, flags are 0 and 1, instants ISO 8601 in UTC with microseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from app.audit.reading import Reading
from app.audit.tables import TABLES, Column, Table
from app.audit.words import Words


class Sealed(NamedTuple):
    """A table's canonical form, counted and hashed."""

    table: str
    rows: int
    sha256: str


class Sealer:
    """Count and hash a table's lines as they pass."""

    def __init__(self, table: Table) -> None:
        self.table = table.name
        self.rows = 0
        self.hash = hashlib.sha256()

    def header(self, data: bytes) -> bytes:
        self.hash.update(data)
        return data

    def lines(self, data: bytes, rows: int) -> bytes:
        self.rows += rows
        return self.header(data)

    def sealed(self) -> Sealed:
        return Sealed(self.table, self.rows, self.hash.hexdigest())


def written(reading: Reading, table: Table, sealer: Sealer) -> Iterator[bytes]:
    """Yield a table's canonical bytes, some thousand lines at a time."""
    names = ",".join(column.name for column in table.columns)
    yield sealer.header(f"{names}\n".encode())
    for chunk in reading.chunks(_query(table, Words(reading.engine))):
        text = "".join(f"{line}\n" for (line,) in chunk)
        yield sealer.lines(text.encode("utf-8", "surrogateescape"), len(chunk))


def digest(reading: Reading) -> str:
    """Return the SHA-256 over the whole ledger and its subjects."""
    return digest_of([seal(reading, table) for table in TABLES])


def digest_of(sealed: list[Sealed]) -> str:
    """Return the SHA-256 over the tables' own, as a dump's manifest names it."""
    lines = "".join(f"{each.table} {each.rows} {each.sha256}\n" for each in sealed)
    return hashlib.sha256(lines.encode()).hexdigest()


def seal(reading: Reading, table: Table) -> Sealed:
    """Count and hash one table."""
    sealer = Sealer(table)
    for _ in written(reading, table, sealer):
        pass
    return sealer.sealed()


def _query(table: Table, words: Words) -> str:
    """Put the lines together in the database: nobody else has to know a row's shape."""
    order = ", ".join(
        words.by_code_point(column.name) if column.kind == "text" else column.name
        for column in table.key
    )
    return f"SELECT {line(table.columns, words)} AS line FROM {table.name} ORDER BY {order}"


def line(columns: Iterable[Column], words: Words) -> str:
    """Return the expression that writes columns as one line, without its end."""
    return " || ',' || ".join(_field(column, words) for column in columns)


def _field(column: Column, words: Words) -> str:
    name = column.name
    if column.kind == "text":
        shown = f"""'"' || replace({name}, '"', '""') || '"'"""
    elif column.kind == "day":
        shown = words.day(name)
    elif column.kind == "instant":
        shown = words.instant(name)
    elif column.kind == "bytes":
        # SQLite calls the missing an empty text.
        shown = f"CASE WHEN {name} IS NULL THEN NULL ELSE {words.hexadecimal(name)} END"
    else:
        shown = f"CAST({words.flag(name) if column.kind == 'flag' else name} AS text)"
    return f"coalesce({shown}, '')"
