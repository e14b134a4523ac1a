"""What stands behind a list: who its people are, their records, what came after its mark."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of


class Person(NamedTuple):
    """Somebody of a list, with the team they served most with in its year."""

    volunteer_id: int
    name: str
    number: str | None
    team_name: str
    colour_key: str
    colour_glyph: str


class CountedRecord(NamedTuple):
    """One record that counts in a year's ranking."""

    record_id: int
    service_on: date
    minutes: int
    is_service_day: bool
    points_hundredths: int
    team_name: str
    colour_key: str
    colour_glyph: str


class LaterRecord(NamedTuple):
    """A record that was approved, or taken back, after the mark of a frozen list."""

    record_id: int
    volunteer_id: int
    service_on: date
    minutes: int
    is_taken_back: bool
    # Who approved it, when.
    by: str
    at: datetime


# From the people shown, who are few.
_PEOPLE = """
SELECT v.id, v.name, v.number, m.team, m.key, m.glyph
FROM volunteers v LEFT JOIN (
  SELECT s.volunteer_id, t.name AS team, c.key, c.glyph, row_number() OVER (
    PARTITION BY s.volunteer_id ORDER BY sum(s.minutes) DESC, t.name) AS place
  FROM service_totals s JOIN teams t ON t.id = s.team_id JOIN colours c ON c.id = s.colour_id
  WHERE s.volunteer_id IN ?ids AND s.year = ? AND +s.organisation_id IN ?ids AND s.records > 0
  GROUP BY s.volunteer_id, t.name, c.key, c.glyph
) m ON m.volunteer_id = v.id AND m.place = 1
WHERE v.id IN ?ids
"""
_RECORD = """
SELECT r.id, r.service_on, r.minutes, r.is_service_day, r.points_hundredths, t.name, c.key, c.glyph
FROM service_records r JOIN teams t ON t.id = r.team_id JOIN colours c ON c.id = r.colour_id
WHERE r.volunteer_id = ? AND r.service_on BETWEEN ? AND ? AND r.organisation_id IN ?ids
"""
_IN_ORDER = " ORDER BY r.service_on, r.id"
_NOW = _RECORD + "AND r.state = 'approved'" + _IN_ORDER
_AT_MARK = (
    _RECORD
    + """AND r.state IN ('approved', 'reversed') AND r.award_entry_id <= ?
  AND (r.reversal_entry_id IS NULL OR r.reversal_entry_id > ?)"""
    + _IN_ORDER
)
_LATER = """
SELECT r.id, r.volunteer_id, r.service_on, r.minutes,
  CASE WHEN r.reversal_entry_id IS NULL THEN 0 ELSE 1 END, l.display_name, r.decided_at
FROM service_records r JOIN logins l ON l.id = coalesce(r.approver_id, r.recorder_id)
WHERE r.volunteer_id IN ?ids AND r.service_on BETWEEN ? AND ? AND r.organisation_id IN ?ids
  AND ((r.state = 'approved' AND r.award_entry_id > ?)
    OR (r.state = 'reversed' AND r.award_entry_id <= ? AND r.reversal_entry_id > ?))
ORDER BY r.id DESC
"""


def people_of(
    session: Session,
    volunteer_ids: Collection[int],
    year: int,
    organisation_ids: Collection[int],
) -> dict[int, Person]:
    """Return who these people are, by id, as they are called now."""
    if not volunteer_ids:
        return {}
    ids = sorted(set(volunteer_ids))
    rows = fetch(session, _PEOPLE, ids, year, sorted(organisation_ids), ids)
    return {row[0]: Person(*row[:3], *(part or "" for part in row[3:])) for row in rows}


def records_behind(
    session: Session,
    volunteer_id: int,
    year: int,
    organisation_ids: Collection[int],
    mark: int | None,
) -> list[CountedRecord]:
    """Return somebody's records that count: now, or as the ledger stood at a mark."""
    asked: tuple[Any, ...] = (volunteer_id, *_span(year), sorted(organisation_ids))
    if mark is None:
        rows = fetch(session, _NOW, *asked)
    else:
        rows = fetch(session, _AT_MARK, *asked, mark, mark)
    return [CountedRecord(row[0], day_of(row[1]), row[2], bool(row[3]), *row[4:]) for row in rows]


def records_after(
    session: Session,
    volunteer_ids: Collection[int],
    year: int,
    organisation_ids: Collection[int],
    mark: int,
) -> dict[int, list[LaterRecord]]:
    """Return what was approved or taken back after a mark, by person, newest first."""
    found: dict[int, list[LaterRecord]] = {}
    if not volunteer_ids:
        return found
    asked = sorted(set(volunteer_ids)), *_span(year), sorted(organisation_ids)
    for row in fetch(session, _LATER, *asked, mark, mark, mark):
        later = LaterRecord(
            row[0], row[1], day_of(row[2]), row[3], bool(row[4]), row[5], instant_of(row[6])
        )
        found.setdefault(later.volunteer_id, []).append(later)
    return found


def _span(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)
