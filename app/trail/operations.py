"""Leave one trail row per operation, and keep what a request's key did."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.bulk import Statement, driver_instant, fetch_together, many
from app.db import is_postgresql
from app.trail.rules import (
    PERSONAL,
    KeyReused,
    canonical,
    cleaned,
    mask_text,
    parted,
    sha256_of,
)

# Set by the web edge; a command or a job leaves it empty or names itself.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

_ROW = (
    "trail (at, operation, actor_id, on_behalf_of_id, organisation_id, subject_kind, subject_id, "
    "batch_id, before, after, reason, request_id)"
)
_INSERT_ROW = Statement(
    f"INSERT INTO {_ROW} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    f"INSERT INTO {_ROW} SELECT * FROM {{rows}}",
    (
        *("timestamptz", "text", "bigint", "bigint", "bigint", "text", "bigint", "bigint"),
        *("text", "text", "text", "text"),
    ),
)
_BESIDE = "trail_personal (trail_id, volunteer_id, before, after, reason)"
_INSERT_BESIDE = f"INSERT INTO {_BESIDE} VALUES (last_insert_rowid(), ?, ?, ?, ?)"
# On PostgreSQL one statement for both: writes may be pipelined, nothing is read back between.
_INSERT_BOTH = Statement(
    "",
    f"WITH given AS (SELECT * FROM {{rows}}), said AS (INSERT INTO {_ROW} "
    "SELECT a, b, c, d, e, f, g, h, i, j, k, l FROM given RETURNING id) "
    f"INSERT INTO {_BESIDE} SELECT said.id, m, n, o, p FROM said, given",
    (*_INSERT_ROW.casts, "bigint", "text", "text", "text"),
)
_KEY = "operation_keys (actor_id, key, content_sha256, result, at)"
_INSERT_KEY = Statement(
    f"INSERT INTO {_KEY} VALUES (?, ?, ?, ?, ?)",
    f"INSERT INTO {_KEY} SELECT * FROM {{rows}}",
    ("bigint", "text", "text", "text", "timestamptz"),
)
_FIND_KEY = "SELECT content_sha256, result FROM operation_keys WHERE actor_id = ? AND key = ?"
_LOCK_KEY = "SELECT pg_advisory_xact_lock(hashtextextended(?, 7104))"


def note(
    session: Session,
    *,
    operation: str,
    actor_id: int | None,
    at: datetime,
    subject_kind: str,
    subject_id: int | None = None,
    batch_id: int | None = None,
    organisation_id: int | None = None,
    on_behalf_of_id: int | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    request_id: str = "",
) -> None:
    """Write the trail row of one operation into its transaction; what is personal stands beside."""
    stays_before, own_before = parted(subject_kind, None if before is None else cleaned(before))
    stays_after, own_after = parted(subject_kind, None if after is None else cleaned(after))
    said = None if reason is None else mask_text(reason)
    beside = (
        subject_id if subject_kind == "volunteer" else None,
        _written(own_before),
        _written(own_after),
        said if subject_kind in PERSONAL else None,
    )
    row = (
        driver_instant(session, at),
        operation,
        actor_id,
        on_behalf_of_id,
        organisation_id,
        subject_kind,
        subject_id,
        batch_id,
        _written(stays_before),
        _written(stays_after),
        None if subject_kind in PERSONAL else said,
        request_id or current_request_id.get(),
    )
    if any(part is not None for part in beside[1:]):
        _write_both(session, row, beside)
    else:
        many(session, _INSERT_ROW, [row])


def _write_both(session: Session, row: tuple[Any, ...], beside: tuple[Any, ...]) -> None:
    if is_postgresql(session):
        many(session, _INSERT_BOTH, [row + beside])
    else:
        many(session, _INSERT_ROW, [row])
        session.connection().exec_driver_sql(_INSERT_BESIDE, beside)


def _written(fields: Mapping[str, Any] | None) -> str | None:
    return None if fields is None else canonical(fields)


def note_each(
    session: Session,
    subjects: Iterable[tuple[int, int]],
    *,
    operation: str,
    actor_id: int,
    at: datetime,
    subject_kind: str,
    reason: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write a row about each of many (subject, organisation) in one statement.

    `before` and `after` are the same for each of them.
    """
    said = mask_text(reason)
    when, request_id = driver_instant(session, at), current_request_id.get()
    sides = [None if side is None else canonical(cleaned(side)) for side in (before, after)]
    what = (None, *sides, said, request_id)
    rows = [
        (when, operation, actor_id, None, home, subject_kind, one, *what) for one, home in subjects
    ]
    many(session, _INSERT_ROW, rows)


def remembered(
    session: Session, actor_id: int, key: str, content: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what this actor's key did before, or None; hold the key until the commit.

    Raises KeyReused when the key came with other content.
    """
    return kept_result(fetch_together(session, *asking_for(session, actor_id, key))[-1], content)


def asking_for(session: Session, actor_id: int, key: str) -> list[tuple[Any, ...]]:
    """Return the queries of `remembered`, for a caller who has more to ask in the same trip."""
    finding = (_FIND_KEY, actor_id, key)
    # Two taps may arrive at once: the second waits here and then finds the first's result.
    return [(_LOCK_KEY, f"{actor_id}:{key}"), finding] if is_postgresql(session) else [finding]


def kept_result(rows: Sequence[Any], content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what the last query of `asking_for` found; see `remembered`."""
    if not rows:
        return None
    content_sha256, kept = rows[0]
    if content_sha256 != sha256_of(content):
        raise KeyReused
    result: dict[str, Any] = json.loads(kept)
    return result


def remember(
    session: Session,
    actor_id: int,
    key: str,
    content: Mapping[str, Any],
    result: Mapping[str, Any],
    at: datetime,
) -> None:
    """Keep the result of a request under its key, in the transaction of its effect."""
    kept = (actor_id, key, sha256_of(content), canonical(result), driver_instant(session, at))
    many(session, _INSERT_KEY, [kept])
