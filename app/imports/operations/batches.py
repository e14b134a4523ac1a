"""The batch that all rows of one import belong to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.imports.operations.reading import ReadFile
from app.imports.rules.report import Report
from app.service.operations import new_batch
from app.teams.rules import Actor


def open_batch(
    session: Session,
    file: ReadFile,
    report: Report,
    organisation_id: int,
    actor: Actor,
    now: datetime,
    *,
    team_id: int | None = None,
) -> int:
    """Open the batch of a file, with what was counted of it."""
    return new_batch(
        session,
        kind=file.kind,
        organisation_id=organisation_id,
        actor_id=actor.login_id,
        now=now,
        team_id=team_id,
        service_on=file.top.service_on if file.top else None,
        file_name=file.name,
        file_sha256=file.sha256,
        rows=report.rows,
        created=report.created,
        updated=report.updated,
        duplicates=report.duplicates,
        refused=len(report.refused),
        blank=report.blank,
    )
