"""Leave one trail row per operation, and keep what a request's key did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.trail.models import OperationKey, TrailRow
from app.trail.rules import KeyReused, canonical, cleaned, mask_text, sha256_of

# Set by the web edge; a command or a job leaves it empty or names itself.
current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")

_insert_row = insert(TrailRow)
_insert_key = insert(OperationKey)
_select_key = select(OperationKey.content_sha256, OperationKey.result)
_lock_key = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7104))")


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
    """Write the trail row of one operation into its transaction."""
    row = {
        "at": at,
        "operation": operation,
        "actor_id": actor_id,
        "on_behalf_of_id": on_behalf_of_id,
        "organisation_id": organisation_id,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "batch_id": batch_id,
        "before": None if before is None else canonical(cleaned(before)),
        "after": None if after is None else canonical(cleaned(after)),
        "reason": None if reason is None else mask_text(reason),
        "request_id": request_id or current_request_id.get(),
    }
    session.execute(_insert_row, row)


def remembered(
    session: Session, actor_id: int, key: str, content: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what this actor's key did before, or None; hold the key until the commit.

    Raises KeyReused when the key came with other content.
    """
    if is_postgresql(session):
        # Two taps may arrive at once: the second waits here and then finds the first's result.
        session.execute(_lock_key, {"name": f"{actor_id}:{key}"})
    found = session.execute(
        _select_key.where(OperationKey.actor_id == actor_id, OperationKey.key == key)
    ).first()
    if found is None:
        return None
    if found.content_sha256 != sha256_of(content):
        raise KeyReused
    result: dict[str, Any] = json.loads(found.result)
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
    row = {
        "actor_id": actor_id,
        "key": key,
        "content_sha256": sha256_of(content),
        "result": canonical(result),
        "at": at,
    }
    session.execute(_insert_key, row)
