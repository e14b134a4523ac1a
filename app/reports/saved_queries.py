"""Saved reports of the organisations somebody reaches."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.organisations.models import Organisation
from app.people.models import Login
from app.reports.models import SavedReport


class SavedRow(NamedTuple):
    """One saved report, with whose it is and who saved it."""

    id: int
    organisation_id: int
    organisation: str
    code: str
    owner: str
    name: str
    question: str
    saved_at: datetime


_SAVED = (
    select(
        SavedReport.id,
        SavedReport.organisation_id,
        Organisation.name,
        Organisation.code,
        Login.display_name,
        SavedReport.name,
        SavedReport.question,
        SavedReport.saved_at,
    )
    .join(Organisation, Organisation.id == SavedReport.organisation_id)
    .join(Login, Login.id == SavedReport.owner_id)
)


def saved_in(session: Session, organisation_ids: Collection[int], limit: int) -> list[SavedRow]:
    """Return the latest saved reports of some organisations."""
    wanted = _SAVED.where(SavedReport.organisation_id.in_(organisation_ids))
    rows = session.execute(wanted.order_by(SavedReport.id.desc()).limit(limit))
    return [SavedRow(*row) for row in rows]


def find_saved(session: Session, report_id: int) -> SavedRow | None:
    """Return one saved report, or None."""
    row = session.execute(_SAVED.where(SavedReport.id == report_id)).first()
    return SavedRow(*row) if row else None
