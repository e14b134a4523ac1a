"""Put a year under notice: from then on leaders undo nothing of it (SPEC §3)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from app.bulk import Statement, driver_instant, many

_INSERT = Statement(
    "INSERT INTO noticed_years (organisation_id, year, noticed_at) SELECT ?1, ?2, ?3"
    " WHERE NOT EXISTS (SELECT 1 FROM noticed_years WHERE organisation_id = ?1 AND year = ?2)",
    "INSERT INTO noticed_years (organisation_id, year, noticed_at)"
    " SELECT * FROM {rows} ON CONFLICT DO NOTHING",
    ("bigint", "integer", "timestamptz"),
)


def put_under_notice(
    session: Session, organisation_ids: Collection[int], year: int, now: datetime
) -> None:
    """Note that a year of these organisations is under notice; it stays so."""
    at = driver_instant(session, now)
    many(session, _INSERT, [(one, year, at) for one in sorted(organisation_ids)])
