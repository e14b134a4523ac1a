"""Service records with the names a page shows, one or a few of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Select, String, literal_column, select
from sqlalchemy.orm import Session, aliased

from app.organisations.models import Organisation
from app.people.models import Login, Volunteer
from app.service.models import ServiceRecord
from app.service.queries.evidence import evidence_shown
from app.teams.models import Colour, Team

MOST_LISTED = 500
_Recorder = aliased(Login)
_Approver = aliased(Login)


class RecordRow(NamedTuple):
    """One service record with the names a page shows."""

    id: int
    volunteer_id: int
    volunteer_name: str
    volunteer_number: str | None
    volunteer_state: str
    team_id: int
    team_code: str
    team_name: str
    organisation_id: int
    organisation_name: str
    colour_id: int
    colour_key: str
    colour_glyph: str
    service_on: date
    minutes: int
    starts_minute: int | None
    content: str
    place: str | None
    note: str | None
    evidence: str
    external_id: str | None
    part: int
    first_part_id: int | None
    state: str
    waits_reason: str | None
    is_guest: bool
    is_service_day: bool
    is_service_month: bool
    earns_points: bool
    daily_limit_minutes: int
    points_hundredths: int
    recorder_id: int
    recorder_name: str
    recorded_at: datetime
    approver_id: int | None
    approver_name: str | None
    decided_at: datetime | None
    reason: str | None
    corrects_id: int | None
    batch_id: int | None
    award_entry_id: int | None
    reversal_entry_id: int | None

    @property
    def ends_minute(self) -> int | None:
        """Return the minute of the day the service ended at, where its start is known."""
        return None if self.starts_minute is None else self.starts_minute + self.minutes


record_rows = (
    select(
        ServiceRecord.id,
        ServiceRecord.volunteer_id,
        Volunteer.name,
        Volunteer.number,
        Volunteer.state,
        ServiceRecord.team_id,
        Team.code,
        Team.name,
        ServiceRecord.organisation_id,
        Organisation.name,
        ServiceRecord.colour_id,
        Colour.key,
        Colour.glyph,
        ServiceRecord.service_on,
        ServiceRecord.minutes,
        ServiceRecord.starts_minute,
        ServiceRecord.content,
        ServiceRecord.place,
        ServiceRecord.note,
        literal_column(evidence_shown(), String).label("evidence"),
        ServiceRecord.external_id,
        ServiceRecord.part,
        ServiceRecord.first_part_id,
        ServiceRecord.state,
        ServiceRecord.waits_reason,
        ServiceRecord.is_guest,
        ServiceRecord.is_service_day,
        ServiceRecord.is_service_month,
        ServiceRecord.earns_points,
        ServiceRecord.daily_limit_minutes,
        ServiceRecord.points_hundredths,
        ServiceRecord.recorder_id,
        _Recorder.display_name,
        ServiceRecord.recorded_at,
        ServiceRecord.approver_id,
        _Approver.display_name,
        ServiceRecord.decided_at,
        ServiceRecord.reason,
        ServiceRecord.corrects_id,
        ServiceRecord.batch_id,
        ServiceRecord.award_entry_id,
        ServiceRecord.reversal_entry_id,
    )
    .join(Volunteer, Volunteer.id == ServiceRecord.volunteer_id)
    .join(Team, Team.id == ServiceRecord.team_id)
    .join(Organisation, Organisation.id == ServiceRecord.organisation_id)
    .join(Colour, Colour.id == ServiceRecord.colour_id)
    .join(_Recorder, _Recorder.id == ServiceRecord.recorder_id)
    .outerjoin(_Approver, _Approver.id == ServiceRecord.approver_id)
)


def rows_of(session: Session, query: Select[*tuple[object, ...]]) -> list[RecordRow]:
    """Run a query made from `record_rows`."""
    return [RecordRow._make(row) for row in session.execute(query)]


def records_by_id(session: Session, record_ids: Iterable[int]) -> dict[int, RecordRow]:
    """Return some records (a page of them) by id."""
    wanted = sorted(set(record_ids))
    if not wanted:
        return {}
    found = rows_of(session, record_rows.where(ServiceRecord.id.in_(wanted)))
    return {record.id: record for record in found}


def find_record(session: Session, record_id: int) -> RecordRow | None:
    """Return one record, or None."""
    return records_by_id(session, [record_id]).get(record_id)


def open_records_of(session: Session, volunteer_id: int) -> list[RecordRow]:
    """Return what of a person's service still waits or was sent back, newest first."""
    query = (
        record_rows.where(
            ServiceRecord.volunteer_id == volunteer_id,
            ServiceRecord.state.in_(("draft", "submitted", "rejected")),
        )
        .order_by(ServiceRecord.service_on.desc(), ServiceRecord.id.desc())
        .limit(MOST_LISTED)
    )
    return rows_of(session, query)
