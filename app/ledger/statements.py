"""The ledger's SQL, in the words of each driver."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.bulk import Statement
from app.db import is_postgresql

OPEN_ACCOUNT = Statement(
    "INSERT INTO accounts (root_id, holder_id, purpose, unit, balance) "
    "SELECT ?1, ?2, 'own', ?3, 0 WHERE NOT EXISTS "
    "(SELECT 1 FROM accounts WHERE holder_id = ?2 AND unit = ?3)",
    "INSERT INTO accounts (root_id, holder_id, purpose, unit, balance) "
    "SELECT r.a, r.b, 'own', r.c, 0 FROM {rows} ON CONFLICT DO NOTHING",
    ("bigint", "bigint", "text"),
)
SYSTEM_ACCOUNTS = (
    "SELECT root_id, purpose, unit, id FROM accounts "
    "WHERE holder_id IS NULL AND root_id IN ?ids AND purpose IN ?words"
)
SYSTEM_ACCOUNTS_OF_HOLDERS = (
    "SELECT root_id, purpose, unit, id FROM accounts WHERE holder_id IS NULL AND root_id IN "
    "(SELECT root_id FROM accounts WHERE holder_id IN ?ids) AND purpose IN ?words"
)
OPEN_SYSTEM_ACCOUNT = (
    "INSERT INTO accounts (root_id, purpose, unit) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
)
HOLD_OFF_MARKS = "SELECT pg_advisory_xact_lock_shared(7104, 1)"
# For few people the plans are kept as they are: making them anew each time takes longer than
# knowing the values can save.
HOLD_OFF_MARKS_FOR_FEW = (
    f"{HOLD_OFF_MARKS}, set_config('plan_cache_mode', 'force_generic_plan', true)"
)
LOCK_MARKS = "SELECT pg_advisory_xact_lock(7104, 1)"
# The same lock held by a connection, until it frees it.
HOLD_MARKS = "SELECT pg_advisory_lock(7104, 1)"
FREE_MARKS = "SELECT pg_advisory_unlock(7104, 1)"
FREE_ALL_MARKS = "SELECT pg_advisory_unlock_all()"
_HELD = "SELECT id, holder_id, unit, balance FROM accounts WHERE holder_id IS NOT NULL AND "
ENTRIES_BY_ID = (
    "SELECT e.id, e.kind, e.subject_kind, e.subject_id, e.rule_version_id, r.id FROM entries e "
    "LEFT JOIN entries r ON r.reverses_id = e.id WHERE e.id IN ?ids"
)
LEGS_OF = (
    "SELECT entry_id, account_id, amount FROM postings WHERE entry_id IN ?ids "
    "ORDER BY entry_id, account_id"
)
RESERVE = "SELECT first_id, recorded_at FROM qicai_reserve_entries(?, ?)"
# Beside it an id of what the entry is about, and the system account opposite.
RESERVE_WITH = (
    "SELECT r.first_id, r.recorded_at, nextval(pg_get_serial_sequence(?, 'id')), "
    "(SELECT id FROM accounts WHERE holder_id IS NULL AND root_id = ? AND purpose = ? "
    "AND unit = ?) FROM qicai_reserve_entries(1, ?) r"
)
LAST_ENTRY = "SELECT id, recorded_at FROM entries ORDER BY id DESC LIMIT 1"
MOVE_BALANCE = Statement(
    "UPDATE accounts SET balance = balance + ? WHERE id = ? AND holder_id IS NOT NULL",
    "UPDATE accounts a SET balance = a.balance + r.a FROM {rows} "
    "WHERE a.id = r.b AND a.holder_id IS NOT NULL",
    ("bigint", "bigint"),
)
INSERT_POSTING = Statement(
    "INSERT INTO postings (account_id, entry_id, amount) VALUES (?, ?, ?)",
    "INSERT INTO postings (account_id, entry_id, amount) SELECT * FROM {rows}",
    ("bigint", "bigint", "bigint"),
    copy_into="postings (account_id, entry_id, amount)",
)
_ENTRY = (
    "entries (id, kind, recorded_at, actor_id, reason, idempotency_key, "
    "subject_kind, subject_id, reverses_id, rule_version_id)"
)
INSERT_ENTRY = Statement(
    f"INSERT INTO {_ENTRY} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    f"INSERT INTO {_ENTRY} SELECT * FROM {{rows}}",
    (
        "bigint",
        "text",
        "timestamptz",
        "bigint",
        "text",
        "text",
        "text",
        "bigint",
        "bigint",
        "bigint",
    ),
    copy_into=_ENTRY,
)
INSERT_MARK = Statement(
    "INSERT INTO marks (id, entry_id, purpose, published_at) VALUES (?, ?, ?, ?)",
    "INSERT INTO marks (id, entry_id, purpose, published_at) SELECT * FROM {rows}",
    ("bigint", "bigint", "text", "timestamptz"),
)
# The highest id ever given out, whether or not its posting has ended. Before the first there
# is none: the sequence says 1 then, too.
LAST_RESERVED = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM entry_ids"
# Who holds off marks, and so may yet post under an id that was given out before.
POSTINGS_UNDER_WAY = (
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND classid = 7104 AND objid = 1 AND objsubid = 2 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def locking(session: Session, column: str) -> str:
    """Return the query that locks holders' accounts by a column, in account order."""
    # SQLite's writer holds the only lock there is.
    tail = " ORDER BY id FOR UPDATE" if is_postgresql(session) else ""
    return f"{_HELD}{column} IN ?ids{tail}"
