"""The SQLite file a community moves from: held still for writers, and closed to them at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from app.copying.refusals import SourceBusy, TextHoldsNul, TextNotUTF8
from app.db import MOVED_AWAY, db

# Whoever writes is let finish; then nobody begins until the move is over.
WAIT_SECONDS = 60
ROWS_AT_ONCE = 5000
LOCK = "BEGIN IMMEDIATE"

Row = tuple[object, ...]


class Source:
    """The file under its writer's lock: whatever is read from it, nobody changes meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @property
    def is_closed(self) -> bool:
        """Tell whether the community left this file before."""
        return bool(self.connection.execute("PRAGMA user_version").fetchone()[0] == MOVED_AWAY)

    def count(self, table: str) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[list[Row]]:
        """Yield a table's rows, some thousands at a time."""
        wanted = ", ".join(f'"{name}"' for name in columns)
        with closing(self.connection.execute(f"SELECT {wanted} FROM {table}")) as cursor:
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                yield rows

    def check_texts(self) -> None:
        """Refuse texts that PostgreSQL takes no row with, naming the first."""
        for table in db.metadata.sorted_tables:
            texts = [column.name for column in table.columns if column.type.python_type is str]
            if texts:
                keys = " || ', ' || ".join(column.name for column in table.primary_key)
                self._check_nul_in(table.name, keys, texts)
                self._check_bytes_of(table.name, keys, texts)

    def _check_nul_in(self, table: str, key: str, columns: list[str]) -> None:
        holds = [f'instr("{name}", char(0))' for name in columns]
        query = f"SELECT {key}, {', '.join(holds)} FROM {table} WHERE {' OR '.join(holds)} LIMIT 1"
        if found := self.connection.execute(query).fetchone():
            column = next(name for name, at in zip(columns, found[1:], strict=True) if at)
            raise TextHoldsNul(table=table, column=column, row=found[0])

    def _check_bytes_of(self, table: str, key: str, columns: list[str]) -> None:
        """Refuse bytes that are no UTF-8, which SQLite keeps as text without looking."""
        wanted = ", ".join(f'"{name}"' for name in columns)
        self.connection.text_factory = bytes
        try:
            with closing(self.connection.execute(f"SELECT {key}, {wanted} FROM {table}")) as cursor:
                while rows := cursor.fetchmany(ROWS_AT_ONCE):
                    if not _is_text(value for row in rows for value in row[1:]):
                        raise _not_text(table, columns, rows)
        finally:
            self.connection.text_factory = str

    def close(self) -> None:
        """Let nobody write here any more: the mark stands in the file itself, and is committed."""
        self._mark(MOVED_AWAY)

    def reopen(self) -> None:
        """Take the file into service again."""
        self._mark(0)

    def _mark(self, value: int) -> None:
        # A field of the file's header, so it is part of the transaction like any row.
        self.connection.execute(f"PRAGMA user_version = {value}")
        self.connection.execute("COMMIT")
        self.connection.execute(LOCK)


def _is_text(values: Iterable[bytes | None]) -> bool:
    try:
        # Apart, so that no two halves make a sign.
        b"\n".join(filter(None, values)).decode()
    except UnicodeDecodeError:
        return False
    return True


def _not_text(table: str, columns: list[str], rows: list[Any]) -> TextNotUTF8:
    """Return the refusal that names the first of these rows that is no text."""
    row, column = next(
        (row[0], column)
        for row in rows
        for column, value in zip(columns, row[1:], strict=True)
        if not _is_text([value])
    )
    named = row.decode(errors="replace") if isinstance(row, bytes) else row
    return TextNotUTF8(table=table, column=column, row=named)


@contextmanager
def held_still(file: Path) -> Iterator[Source]:
    """Open the file with its writer's lock held: readers go on, writers wait or are sent away."""
    address = f"file:{quote(str(file.absolute()))}?mode=rw"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=WAIT_SECONDS)
    with closing(connection):
        for pragma in ("trusted_schema=OFF", "synchronous=EXTRA", "cache_size=-16384"):
            connection.execute(f"PRAGMA {pragma}")
        try:
            connection.execute(LOCK)
        except sqlite3.OperationalError as error:
            raise SourceBusy(error=error) from error
        # Closing it lets go of the lock, whatever happened inside.
        yield Source(connection)
