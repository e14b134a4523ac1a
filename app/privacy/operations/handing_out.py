"""A list of people leaves the house as a sheet, so the trail knows: everybody in it reads that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.privacy.rules.looking import LISTS
from app.trail.operations import note


def note_list(
    session: Session,
    operation: str,
    *,
    organisation_id: int,
    rows: int,
    actor_id: int,
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Leave the trail row of a list that was handed out, of an organisation with all below it."""
    if operation not in LISTS:
        raise ValueError(f"{operation} is no list of app/privacy/rules/looking.py.")
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="organisation",
        subject_id=organisation_id,
        organisation_id=organisation_id,
        after={"rows": rows, **(more or {})},
    )
