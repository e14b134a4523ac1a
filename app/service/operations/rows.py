"""The rows of service records as the drivers take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.bulk import (
    Statement,
    driver_instant,
)
from app.db import is_postgresql
from app.service.operations.lines import (
    PlannedRecord,
)

_CASTS_BY_COLUMN = {
    "id": "bigint",
    "root_id": "bigint",
    "volunteer_id": "bigint",
    "team_id": "bigint",
    "organisation_id": "bigint",
    "colour_id": "bigint",
    "service_on": "date",
    "minutes": "integer",
    "starts_minute": "integer",
    "content": "text",
    "place": "text",
    "note": "text",
    "evidence": "text",
    "external_id": "text",
    "part": "integer",
    "first_part_id": "bigint",
    "state": "text",
    "waits_reason": "text",
    "is_guest": "boolean",
    "is_service_day": "boolean",
    "is_service_month": "boolean",
    "earns_points": "boolean",
    "daily_limit_minutes": "integer",
    "points_hundredths": "bigint",
    "recorder_id": "bigint",
    "recorded_at": "timestamptz",
    "approver_id": "bigint",
    "decided_at": "timestamptz",
    "reason": "text",
    "corrects_id": "bigint",
    "batch_id": "bigint",
    "award_entry_id": "bigint",
    "activity_id": "bigint",
}
_INTO = f"service_records ({', '.join(_CASTS_BY_COLUMN)})"
INSERT_RECORD = Statement(
    f"INSERT INTO {_INTO} VALUES ({', '.join('?' * len(_CASTS_BY_COLUMN))})",
    f"INSERT INTO {_INTO} SELECT * FROM {{rows}}",
    tuple(_CASTS_BY_COLUMN.values()),
    copy_into=_INTO,
)


def rows_of(
    session: Session,
    records: Sequence[PlannedRecord],
    record_ids: Sequence[int],
    awards: Mapping[int, int],
    actor_id: int,
    now: datetime,
    batch_id: int | None,
    corrects: Sequence[int | None],
    places: Sequence[int],
) -> list[tuple[Any, ...]]:
    """Return the rows of some of the records as the driver takes them."""
    at = driver_instant(session, now)
    to_text = not is_postgresql(session)
    said: dict[date, str] = {}
    rows: list[tuple[Any, ...]] = []
    for i in places:
        record = records[i]
        on: Any = record.service_on
        if to_text:
            on = said.get(on) or said.setdefault(on, on.isoformat())
        approved = record.is_approved
        back = record.first_part_back
        rows.append(
            (
                record_ids[i],
                *record[:5],
                on,
                *record[6:14],
                None if back is None else record_ids[i - back],
                "approved" if approved else "submitted",
                *record[16:23],
                actor_id,
                at,
                actor_id if approved else None,
                at if approved else None,
                record.reason,
                corrects[i] if corrects else None,
                batch_id,
                awards.get(i),
                record.activity_id,
            )
        )
    return rows
