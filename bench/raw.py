"""The floor: the very rows an operation wrote, written again by the bare driver.

Read from a database after the operation, replayed into a copy from before it, with the same
schema, guards and durability: nothing is judged, translated or looked up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg

from app.db import BUSY_TIMEOUT_MS, wal_is_safe

# Written in this order: postings before the entries that seal them.
INSERTED = ("batches", "service_records", "postings", "entries", "trail", "operation_keys")
BATCHES_OF = 100


class Marks(NamedTuple):
    """Where an operation began: the highest id of each table, and the keys kept."""

    ids: dict[str, int]
    keys: set[str]


class Written(NamedTuple):
    """What one operation added, by table, and the balances, totals and standings it left."""

    columns: dict[str, tuple[str, ...]]
    rows: dict[str, list[tuple[Any, ...]]]
    balances: list[tuple[int, int]]
    totals: list[tuple[Any, ...]]
    standings: list[tuple[Any, ...]]
    days: list[tuple[Any, ...]]


TOTAL_COLUMNS = (
    "volunteer_id",
    "year",
    "team_id",
    "organisation_id",
    "colour_id",
    "records",
    "minutes",
    "points_hundredths",
    "dates",
    "service_days",
)
_KEEP_TOTAL = """
INSERT INTO service_totals ({columns}) VALUES ({marks})
ON CONFLICT (volunteer_id, year, team_id, organisation_id, colour_id) DO UPDATE SET
  records = excluded.records, minutes = excluded.minutes,
  points_hundredths = excluded.points_hundredths, dates = excluded.dates,
  service_days = excluded.service_days
"""
STANDING_COLUMNS = (
    "volunteer_id",
    "year",
    "organisation_id",
    "colour_id",
    "number",
    *TOTAL_COLUMNS[5:],
    "order_key",
)
_KEEP_STANDING = """
INSERT INTO standings ({columns}) VALUES ({marks})
ON CONFLICT (volunteer_id, year, organisation_id, colour_id) DO UPDATE SET
  records = excluded.records, minutes = excluded.minutes,
  points_hundredths = excluded.points_hundredths, dates = excluded.dates,
  service_days = excluded.service_days, order_key = excluded.order_key
"""


DAY_COLUMNS = ("organisation_id", "service_on", "team_id", "colour_id", "records", "minutes")
_KEEP_DAY = """
INSERT INTO day_totals ({columns}) VALUES ({marks})
ON CONFLICT (organisation_id, service_on, team_id, colour_id) DO UPDATE SET
  records = excluded.records, minutes = excluded.minutes
"""


def connect(url: str) -> Any:
    """Connect by the bare driver, as durable as the application does."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        journal, synchronous = ("WAL", "FULL") if wal_is_safe() else ("DELETE", "EXTRA")
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            f"journal_mode={journal}",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            "cache_size=-65536",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection
    parts = urlsplit(url)
    return psycopg.connect(urlunsplit(parts._replace(scheme="postgresql")), autocommit=True)


def marks_of(connection: Any) -> Marks:
    """Return the highest id of each table, and the keys kept, before the operation."""
    found = {}
    for table in ("batches", "service_records", "entries", "trail"):
        found[table] = _all(connection, f"SELECT coalesce(max(id), 0) FROM {table}")[0][0]
    return Marks(found, {row[0] for row in _all(connection, "SELECT key FROM operation_keys")})


def written_since(connection: Any, marks: Marks) -> Written:
    """Read what came after these marks."""
    columns, rows = {}, {}
    for table in INSERTED:
        if table == "postings":
            where = f"WHERE entry_id > {marks.ids['entries']} ORDER BY entry_id, account_id"
        elif table == "operation_keys":
            where = ""
        else:
            where = f"WHERE id > {marks.ids[table]} ORDER BY id"
        cursor = connection.execute(f"SELECT * FROM {table} {where}")
        columns[table] = tuple(each[0] for each in cursor.description)
        rows[table] = [tuple(row) for row in cursor.fetchall()]
    place = columns["operation_keys"].index("key")
    kept = rows["operation_keys"]
    rows["operation_keys"] = [row for row in kept if row[place] not in marks.keys]
    accounts = {row[columns["postings"].index("account_id")] for row in rows["postings"]}
    balances = [
        (balance, account)
        for account, balance in _all(
            connection, "SELECT id, balance FROM accounts WHERE balance IS NOT NULL ORDER BY id"
        )
        if account in accounts
    ]
    people = {
        row[columns["service_records"].index("volunteer_id")] for row in rows["service_records"]
    }
    totals, standings = (
        [
            row
            for row in _all(connection, f"SELECT {', '.join(kept)} FROM {table}")
            if row[0] in people
        ]
        for table, kept in (("service_totals", TOTAL_COLUMNS), ("standings", STANDING_COLUMNS))
    )
    place = columns["service_records"].index("service_on")
    served = {row[place] for row in rows["service_records"]}
    days = [
        row
        for row in _all(connection, f"SELECT {', '.join(DAY_COLUMNS)} FROM day_totals")
        if row[1] in served
    ]
    return Written(columns, rows, balances, totals, standings, days)


def replay(connection: Any, written: Written) -> None:
    """Write it all in one transaction: executemany, or COPY for a large batch on PostgreSQL."""
    is_sqlite = isinstance(connection, sqlite3.Connection)
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
    for table in INSERTED:
        _insert(cursor, table, written.columns[table], written.rows[table], is_sqlite)
    mark = "?" if is_sqlite else "%s"
    _many(
        cursor,
        f"UPDATE accounts SET balance = {mark} WHERE id = {mark}",
        written.balances,
        is_sqlite,
    )
    for keep, kept, figures in (
        (_KEEP_TOTAL, TOTAL_COLUMNS, written.totals),
        (_KEEP_STANDING, STANDING_COLUMNS, written.standings),
        (_KEEP_DAY, DAY_COLUMNS, written.days),
    ):
        statement = keep.format(columns=", ".join(kept), marks=", ".join([mark] * len(kept)))
        _many(cursor, statement, figures, is_sqlite)
    cursor.execute("COMMIT")


def _insert(
    cursor: Any, table: str, columns: Sequence[str], rows: list[tuple[Any, ...]], is_sqlite: bool
) -> None:
    names = ", ".join(columns)
    if not is_sqlite and len(rows) > 1000:
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join(["?" if is_sqlite else "%s"] * len(columns))
    _many(cursor, f"INSERT INTO {table} ({names}) VALUES ({marks})", rows, is_sqlite)


def _many(cursor: Any, statement: str, rows: list[tuple[Any, ...]], is_sqlite: bool) -> None:
    if is_sqlite or len(rows) > 10:
        cursor.executemany(statement, rows)
        return
    # One record alone: the plain statements, one after the other.
    for row in rows:
        cursor.execute(statement, row)


def _all(connection: Any, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(query).fetchall()]
