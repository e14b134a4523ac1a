"""Sealing a whole ledger and verifying its chain, beside plainly reading the same rows."""

from __future__ import annotations

import resource
import sqlite3
import statistics
import time
from collections.abc import Callable
from typing import Any

from flask_migrate import upgrade

from app.audit.chain_checks import chain_checks
from app.audit.checks import run
from app.audit.reading import open_reading
from app.audit.words import Words
from app.clock import now
from app.config import ROOT
from app.ledger.chain import seal
from app.ledger.chain_rules import MOST_ENTRIES
from bench.grounds import Ground, on
from bench.measures import raw_connection

ROUNDS = 3
FIRST_ACCOUNT = 101
_NUMBERS = {
    "sqlite": "(WITH RECURSIVE g (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g "
    "WHERE i + 1 < {count}) SELECT i FROM g) g",
    "postgresql": "generate_series(0, {count} - 1) AS g(i)",
}
_AT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', '+' || (i / 50) || ' seconds') "
    "|| '.000000'",
    "postgresql": "timestamptz '2026-01-01 00:00:00+00' + (i / 50) * interval '1 second'",
}
# Entries in the order of time, so that whoever is credited changes from one to the next.
_FILL = (
    "INSERT INTO accounts (id, root_id, purpose, unit) "
    "VALUES (1, 1, 'service_issued', 'minutes'), (2, 1, 'points_issued', 'points')",
    "INSERT INTO accounts (id, root_id, holder_id, purpose, unit, balance) "
    f"SELECT {FIRST_ACCOUNT} + i, 1, 1 + i / 2, 'own', "
    "CASE WHEN i % 2 = 0 THEN 'minutes' ELSE 'points' END, 0 FROM {two_each}",
    "INSERT INTO entries (id, kind, recorded_at, actor_id, idempotency_key, subject_kind, "
    "subject_id) SELECT i + 1, 'service', {at}, 1, 'k-' || (i / 50), 'service_record', i + 1 "
    "FROM {each}",
    *(
        f"INSERT INTO postings (account_id, entry_id, amount) "
        f"SELECT a, e, {amount} FROM (SELECT {account} AS a, i + 1 AS e FROM {{each}}) p "
        "ORDER BY a, e"
        for account, amount in (
            (f"{FIRST_ACCOUNT} + 2 * (i % {{people}})", 90),
            (f"{FIRST_ACCOUNT + 1} + 2 * (i % {{people}})", 150),
            ("1", -90),
            ("2", -150),
        )
    ),
)
# The rows a chain is over, in its order, as a driver gives them.
_PLAIN = (
    "SELECT * FROM entries ORDER BY id",
    "SELECT p.entry_id, p.account_id, a.root_id, a.holder_id, a.purpose, a.unit, p.amount "
    "FROM postings p LEFT JOIN accounts a ON a.id = p.account_id "
    "ORDER BY p.entry_id, p.account_id",
)


def chain_at_size(ground: Ground, *, people: int, records: int) -> None:
    """Print what sealing and verifying so many entries takes, and its memory."""
    url = ground.empty()
    with on(url):
        upgrade(directory=str(ROOT / "migrations"))
    _fill(ground, url, people, records)
    plain = [_timed(lambda: _read_plainly(url)) for _ in range(ROUNDS)]
    before = _peak()
    with on(url):
        sealing = _timed(lambda: seal(now))
    grown = _peak() - before
    verifying = [_timed(lambda: _verify(url, records)) for _ in range(ROUNDS)]
    ground.drop(url)
    name = f"{ground.engine}, {records:,} entries, {4 * records:,} postings"
    floor = statistics.median(plain)
    links = -(-records // MOST_ENTRIES)
    print(f"{name}: read plainly in {floor:.1f} s")
    print(f"{name}: sealed by {links} links in {sealing:.1f} s, {sealing / floor:.2f} times plain")
    checked = statistics.median(verifying)
    print(f"{name}: verified in {checked:.1f} s, {checked / floor:.2f} times plain")
    print(f"{name}: peak of memory grew by {grown} MB while sealing", flush=True)


def _fill(ground: Ground, url: str, people: int, records: int) -> None:
    numbers = _NUMBERS[ground.engine]
    given = {
        "people": people,
        "at": _AT[ground.engine],
        "each": numbers.format(count=records),
        "two_each": numbers.format(count=2 * people),
    }
    with raw_connection(url) as connection:
        _rest_guards(connection)
        connection.execute("BEGIN")
        for statement in _FILL:
            connection.execute(statement.format(**given))
        if ground.engine == "postgresql":
            connection.execute(f"SELECT setval('entry_ids', {records})")
        connection.execute("COMMIT")
        connection.execute("ANALYZE")


def _rest_guards(connection: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name <> 'chain_links'"
        )
        for (name,) in connection.execute(query).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA synchronous=OFF")
    else:
        connection.execute("SET session_replication_role = replica")


def _read_plainly(url: str) -> None:
    with open_reading(url) as reading:
        for query in _PLAIN:
            assert sum(len(chunk) for chunk in reading.chunks(query))


def _verify(url: str, records: int) -> None:
    with open_reading(url) as reading:
        (check,) = chain_checks(Words(reading.engine))
        result = run(check, reading)
    assert (result.looked_at, result.violations) == (records, 0), result


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
