"""One person's service records with the names a reader needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.passbook.rules import Credit
from app.service.queries.evidence import evidence_shown

_MOST_WAITING = 50
ALL = -1


class Colour(NamedTuple):
    """A colour as its glyph is drawn."""

    key: str
    glyph: str


class Record(NamedTuple):
    """A service record with the names a reader needs."""

    id: int
    service_on: date
    minutes: int
    points_hundredths: int
    starts_minute: int | None
    content: str
    place: str | None
    note: str | None
    evidence: str
    state: str
    waits_reason: str | None
    is_guest: bool
    credit: Credit
    team_name: str
    colour: Colour
    recorder: str
    recorded_at: datetime
    approver: str | None
    decided_at: datetime | None
    reason: str | None
    award_entry_id: int | None
    reversal_entry_id: int | None
    # The award this record's award replaces, and the one that replaces this record's.
    corrects_entry_id: int | None
    corrected_by_entry_id: int | None
    # The number it was served under, before that one was joined with this.
    joined_from: str | None


_RECORDS = f"""
SELECT r.id, r.service_on, r.minutes, r.points_hundredths, r.starts_minute, r.content, r.place,
  r.note, {evidence_shown("r")}, r.state, r.waits_reason, r.is_guest,
  r.is_service_day, r.is_service_month, r.earns_points, t.name, c.id, c.key, c.glyph,
  by_whom.display_name, r.recorded_at, judge.display_name, r.decided_at, r.reason,
  r.award_entry_id, r.reversal_entry_id, corrected.award_entry_id,
  (SELECT min(n.award_entry_id) FROM service_records n
    WHERE n.corrects_id = r.id AND n.state IN ('approved', 'reversed')),
  (SELECT f.number FROM volunteers f
    WHERE f.id = corrected.volunteer_id AND f.id <> r.volunteer_id)
FROM service_records r
  JOIN teams t ON t.id = r.team_id
  JOIN colours c ON c.id = r.colour_id
  JOIN logins by_whom ON by_whom.id = r.recorder_id
  LEFT JOIN logins judge ON judge.id = r.approver_id
  LEFT JOIN service_records corrected ON corrected.id = r.corrects_id
WHERE r.volunteer_id = ? AND r.service_on BETWEEN ? AND ?
"""
_SHOWN = {
    "all": "AND r.state IN ('approved', 'reversed') ",
    "service": "AND r.state = 'approved' ",
    # No record is one: they are entries of their own.
    "redemptions": "AND 1 = 0 ",
    "corrections": "AND r.state IN ('approved', 'reversed') "
    "AND (r.state = 'reversed' OR r.corrects_id IS NOT NULL) ",
}
_NEWEST_FIRST = "ORDER BY r.service_on DESC, r.award_entry_id DESC LIMIT ?"
_WAITING = (
    _RECORDS + "AND r.state IN ('draft', 'submitted', 'rejected') "
    "ORDER BY r.service_on DESC, r.id DESC LIMIT ?"
)
_OF_TEAMS = (
    _RECORDS + "AND r.state = 'approved' AND r.team_id IN ?ids "
    "ORDER BY r.service_on DESC, r.id DESC LIMIT ?"
)
FILTERS = tuple(_SHOWN)


def waiting_of(session: Session, volunteer_id: int) -> list[Record]:
    """Return what waits for somebody or was sent back, newest first."""
    return [record_of(row) for row in fetch(session, *asking_waiting(volunteer_id))]


def asking_waiting(volunteer_id: int) -> tuple[Any, ...]:
    """Return the query of `waiting_of`, as `asked_ahead` takes it."""
    return _WAITING, volunteer_id, date.min, date.max, _MOST_WAITING


def records_with_teams(
    session: Session, volunteer_id: int, team_ids: Collection[int], *, limit: int = 200
) -> list[Record]:
    """Return what somebody served with some teams, newest first."""
    every = (volunteer_id, date.min, date.max, list(team_ids), limit)
    return [record_of(row) for row in fetch(session, _OF_TEAMS, *every)]


def record_rows(
    session: Session, volunteer_id: int, from_on: date, until_on: date, show: str, limit: int
) -> Sequence[Any]:
    """Return raw rows of a span, newest first, for `record_of`; `ALL` sets no limit."""
    return fetch(session, *asking_records(volunteer_id, from_on, until_on, show, limit))


def asking_records(
    volunteer_id: int, from_on: date, until_on: date, show: str, limit: int
) -> tuple[Any, ...]:
    """Return the query of `record_rows`, as `asked_ahead` takes it."""
    query = _RECORDS + _SHOWN[show] + _NEWEST_FIRST
    return query, volunteer_id, from_on, until_on, 2**31 if limit == ALL else limit


def record_of(row: Any) -> Record:
    """Return a raw row as a record."""
    return Record(
        id=row[0],
        service_on=day_of(row[1]),
        minutes=row[2],
        points_hundredths=row[3],
        starts_minute=row[4],
        content=row[5],
        place=row[6],
        note=row[7],
        evidence=row[8],
        state=row[9],
        waits_reason=row[10],
        is_guest=bool(row[11]),
        credit=Credit(row[2], row[16], bool(row[12]), bool(row[13]), bool(row[14])),
        team_name=row[15],
        colour=Colour(row[17], row[18]),
        recorder=row[19],
        recorded_at=instant_of(row[20]),
        approver=row[21],
        decided_at=None if row[22] is None else instant_of(row[22]),
        reason=row[23],
        award_entry_id=row[24],
        reversal_entry_id=row[25],
        corrects_entry_id=row[26],
        corrected_by_entry_id=row[27],
        joined_from=row[28],
    )
