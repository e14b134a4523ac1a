"""The chain's SQL: its links, and the lines that are hashed, the same bytes on either engine.

A line is CSV: whole numbers, text in quotes with those inside doubled, nothing where there is
nothing, instants in UTC with microseconds.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.bulk import Statement
from app.db import is_postgresql

_LINK = (
    "chain_links (id, after_id, through_id, entries, postings, entries_sha256, postings_sha256, "
    "previous_sha256, sha256, sealed_at)"
)
# Who comes second finds the place taken and adds nothing.
ADD_LINK = Statement(
    f"INSERT INTO {_LINK} SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 "
    "WHERE NOT EXISTS (SELECT 1 FROM chain_links WHERE id = ?1)",
    f"INSERT INTO {_LINK} SELECT * FROM {{rows}} ON CONFLICT DO NOTHING",
    (
        "bigint",
        "bigint",
        "bigint",
        "integer",
        "integer",
        "text",
        "text",
        "text",
        "text",
        "timestamptz",
    ),
)
IS_LINK = "SELECT id FROM chain_links WHERE id = ? AND sha256 = ?"
LAST_LINK = "SELECT through_id, sha256, sealed_at, id FROM chain_links ORDER BY id DESC LIMIT 1"

_ENTRY = ("id", "kind:t", "recorded_at:z", "actor_id", "reason:t", "idempotency_key:t",
          "subject_kind:t", "subject_id", "reverses_id", "rule_version_id")  # fmt: skip
# With each posting stands whose account it is: an account given to somebody else shows too.
_POSTING = ("p.entry_id", "p.account_id", "a.root_id", "a.holder_id", "a.purpose:t", "a.unit:t",
            "p.amount")  # fmt: skip


def entry_lines(session: Session) -> str:
    """Return the query for the next entries above one and up to another: id, line, instant."""
    return (
        f"SELECT id, {_line(session, _ENTRY)}, recorded_at FROM entries "
        "WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
    )


def posting_lines(session: Session) -> str:
    """Return the query for the postings of the entries above one and up to another: line."""
    return (
        f"SELECT {_line(session, _POSTING)} FROM postings p "
        "LEFT JOIN accounts a ON a.id = p.account_id "
        "WHERE p.entry_id > ? AND p.entry_id <= ? ORDER BY p.entry_id, p.account_id"
    )


def _line(session: Session, columns: tuple[str, ...]) -> str:
    return " || ',' || ".join(_field(column, is_postgresql(session)) for column in columns)


def _field(column: str, for_postgresql: bool) -> str:
    name, _, kind = column.partition(":")
    shown = f"CAST({name} AS text)"
    if kind == "t":
        shown = f"""'"' || replace({name}, '"', '""') || '"'"""
    elif kind == "z" and for_postgresql:
        shown = f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    elif kind == "z":
        shown = f"substr({name}, 1, 10) || 'T' || substr({name}, 12) || 'Z'"
    return f"coalesce({shown}, '')"
