"""A batch and the records it brought."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.people.models import Login
from app.service.models import Batch, ServiceRecord
from app.service.queries.records import RecordRow, record_rows, rows_of
from app.teams.models import Team


class BatchRow(NamedTuple):
    """A batch as its result page shows it."""

    id: int
    kind: str
    organisation_id: int
    team_id: int | None
    team_name: str | None
    service_on: date | None
    actor_id: int
    actor_name: str
    made_at: datetime
    file_name: str | None
    rows: int
    created: int
    updated: int
    duplicates: int
    refused: int
    blank: int
    undone_at: datetime | None


def batch_rows() -> Any:
    """Return the selection of batches with the names beside them, in the order of BatchRow."""
    return (
        select(
            Batch.id,
            Batch.kind,
            Batch.organisation_id,
            Batch.team_id,
            Team.name,
            Batch.service_on,
            Batch.actor_id,
            Login.display_name,
            Batch.made_at,
            Batch.file_name,
            Batch.rows,
            Batch.created,
            Batch.updated,
            Batch.duplicates,
            Batch.refused,
            Batch.blank,
            Batch.undone_at,
        )
        .join(Login, Login.id == Batch.actor_id)
        .outerjoin(Team, Team.id == Batch.team_id)
    )


def find_batch(session: Session, batch_id: int) -> BatchRow | None:
    """Return a batch with the names its page shows, or None."""
    row = session.execute(batch_rows().where(Batch.id == batch_id)).first()
    return None if row is None else BatchRow._make(row)


def records_of_batch(session: Session, batch_id: int) -> list[RecordRow]:
    """Return the records of a batch in the order they were handed in."""
    query = record_rows.where(ServiceRecord.batch_id == batch_id).order_by(ServiceRecord.id)
    return rows_of(session, query)
