"""The ledger's SQL, in the words of each driver."""

from __future__ import annotations

from sqlalchemy import select

from app.bulk import Statement
from app.ledger.models import Entry

OPEN_ACCOUNT = Statement(
    "INSERT INTO accounts (root_id, holder_id, purpose, unit, balance) "
    "SELECT ?1, ?2, 'own', ?3, 0 WHERE NOT EXISTS "
    "(SELECT 1 FROM accounts WHERE holder_id = ?2 AND unit = ?3)",
    "INSERT INTO accounts (root_id, holder_id, purpose, unit, balance) "
    "SELECT r.a, r.b, 'own', r.c, 0 FROM {rows} ON CONFLICT DO NOTHING",
    ("bigint", "bigint", "text"),
)
FIND_SYSTEM_ACCOUNT = Statement(
    "SELECT id FROM accounts WHERE holder_id IS NULL AND root_id = ? AND purpose = ? AND unit = ?",
    "SELECT id FROM accounts "
    "WHERE holder_id IS NULL AND root_id = %s AND purpose = %s AND unit = %s",
)
OPEN_SYSTEM_ACCOUNT = Statement(
    "INSERT INTO accounts (root_id, purpose, unit) VALUES (?, ?, ?)",
    "INSERT INTO accounts (root_id, purpose, unit) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
)
LOCK_HOLDERS = Statement(
    "SELECT id, holder_id, unit, balance FROM accounts "
    "WHERE holder_id IN (SELECT value FROM json_each(?))",
    "SELECT id, holder_id, unit, balance FROM accounts "
    "WHERE holder_id = ANY(%s) ORDER BY id FOR UPDATE",
)
LOCK_ACCOUNTS = Statement(
    "SELECT id, holder_id, unit, balance FROM accounts "
    "WHERE holder_id IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
    "SELECT id, holder_id, unit, balance FROM accounts "
    "WHERE holder_id IS NOT NULL AND id = ANY(%s) ORDER BY id FOR UPDATE",
)
ENTRIES_BY_ID = Statement(
    "SELECT e.id, e.kind, e.subject_kind, e.subject_id, e.rule_version_id, r.id FROM entries e "
    "LEFT JOIN entries r ON r.reverses_id = e.id WHERE e.id IN (SELECT value FROM json_each(?))",
    "SELECT e.id, e.kind, e.subject_kind, e.subject_id, e.rule_version_id, r.id FROM entries e "
    "LEFT JOIN entries r ON r.reverses_id = e.id WHERE e.id = ANY(%s)",
)
LEGS_OF = Statement(
    "SELECT entry_id, account_id, amount FROM postings "
    "WHERE entry_id IN (SELECT value FROM json_each(?)) ORDER BY entry_id, account_id",
    "SELECT entry_id, account_id, amount FROM postings "
    "WHERE entry_id = ANY(%s) ORDER BY entry_id, account_id",
)
RESERVE = "SELECT first_id, recorded_at FROM qicai_reserve_entries(%s, %s)"
LAST_ENTRY = select(Entry.id, Entry.recorded_at).order_by(Entry.id.desc()).limit(1)
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
    "INSERT INTO marks (entry_id, purpose, published_at) VALUES (?, ?, ?)",
    "INSERT INTO marks (entry_id, purpose, published_at) SELECT * FROM {rows}",
    ("bigint", "text", "timestamptz"),
)
