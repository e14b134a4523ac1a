"""Service records as they stand, read in bulk."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, fetch_together
from app.service.operations.lines import DayKey
from app.service.rules import (
    Existing,
)

_ONE_DAY = timedelta(days=1)
_RECORD = """
SELECT id, volunteer_id, team_id, service_on, minutes, starts_minute, content, external_id, state,
  evidence = 'claimed', root_id, organisation_id, colour_id, evidence, part, first_part_id,
  waits_reason, is_guest, is_service_day, earns_points, daily_limit_minutes, points_hundredths,
  recorder_id, recorded_at, corrects_id, batch_id, award_entry_id, activity_id
FROM service_records
"""
_STANDING = _RECORD + (
    "WHERE volunteer_id IN ?ids AND service_on BETWEEN ? AND ? "
    "AND state IN ('draft', 'submitted', 'approved') ORDER BY id"
)
_BY_ID = _RECORD + "WHERE id IN ?ids ORDER BY id"
_BY_BATCH = _RECORD + "WHERE batch_id = ? ORDER BY id"


class Kept(NamedTuple):
    """A service record as it stands; its first ten fields are the rules' `Existing`."""

    id: int
    volunteer_id: int
    team_id: int
    service_on: date
    minutes: int
    starts_minute: int | None
    content: str
    external_id: str | None
    state: str
    is_claim: bool
    root_id: int
    organisation_id: int
    colour_id: int
    evidence: str
    part: int
    first_part_id: int | None
    waits_reason: str | None
    is_guest: bool
    is_service_day: bool
    earns_points: bool
    daily_limit_minutes: int
    points_hundredths: int
    recorder_id: int
    recorded_at: datetime | str
    corrects_id: int | None
    batch_id: int | None
    award_entry_id: int | None
    activity_id: int | None

    @property
    def group_id(self) -> int:
        """Both halves of a service across midnight share one fate."""
        return self.first_part_id or self.id

    @property
    def entered_at(self) -> datetime:
        """The instant it was recorded at; SQLite's driver gives it as text in UTC."""
        if isinstance(self.recorded_at, str):
            return datetime.fromisoformat(self.recorded_at).replace(tzinfo=UTC)
        return self.recorded_at

    @property
    def day_key(self) -> DayKey:
        return DayKey(
            self.volunteer_id, self.team_id, self.organisation_id, self.colour_id, self.service_on
        )


def not_before_entry(records: Iterable[Kept], now: datetime) -> datetime:
    """Return the instant of a decision on records: theirs where the clock was set back since."""
    return max([now, *(record.entered_at for record in records)])


def existing(kept: Kept) -> Existing:
    """Return a record as the rules see it."""
    return Existing(*kept[:10])


def kept_of(row: Iterable[Any]) -> Kept:
    """Return a record from its row."""
    kept = Kept._make(row)
    # SQLite's driver gives dates as text.
    return kept._replace(service_on=day_of(kept.service_on))


def records_asked(volunteer_ids: list[int], first_on: date, last_on: date) -> tuple[Any, ...]:
    """Return the query of `records_standing`, for a caller with more to ask; see `kept_of`."""
    return _STANDING, volunteer_ids, first_on, last_on


def records_standing(
    session: Session, volunteer_ids: Iterable[int], first_on: date, last_on: date
) -> list[Kept]:
    """Return the draft, submitted and approved records of these people between two dates."""
    wanted = sorted(set(volunteer_ids))
    (rows,) = fetch_together(session, records_asked(wanted, first_on, last_on))
    return [kept_of(row) for row in rows]


def records_by_id(session: Session, record_ids: Iterable[int]) -> list[Kept]:
    """Return records by id, lowest first."""
    return [kept_of(row) for row in fetch(session, _BY_ID, sorted(set(record_ids)))]


def records_of_batch(session: Session, batch_id: int) -> list[Kept]:
    """Return the records of a batch, lowest id first."""
    return [kept_of(row) for row in fetch(session, _BY_BATCH, batch_id)]


def groups_of(session: Session, record_ids: Iterable[int]) -> list[Kept]:
    """Return records by id, and with each half of a service across midnight the other half."""
    found = records_by_id(session, record_ids)
    halves = [record for record in found if record.first_part_id is not None]
    if not halves:
        return found
    near = records_standing(
        session,
        (half.volunteer_id for half in halves),
        min(half.service_on for half in halves) - _ONE_DAY,
        max(half.service_on for half in halves) + _ONE_DAY,
    )
    wanted = {half.first_part_id for half in halves}
    more = {record.id: record for record in near if record.first_part_id in wanted}
    more.update({record.id: record for record in found})
    return [more[each] for each in sorted(more)]
