"""The records behind a certificate: as they are when it is issued, and what became of them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.certificates.rules import Served

_PERSON = """
SELECT v.id, v.number, v.name, v.state, o.id, o.code, o.name
FROM volunteers v JOIN organisations o ON o.id = v.organisation_id WHERE v.id = ?
"""
_TEAM = """
SELECT t.id, t.code, t.name, o.id, o.code, o.name
FROM teams t JOIN organisations o ON o.id = t.organisation_id WHERE t.id = ?
"""
_SERVED = """
SELECT r.service_on, r.minutes, r.is_service_day, r.content, t.name, c.key, c.glyph, c.name, o.name
FROM service_records r
  JOIN teams t ON t.id = r.team_id
  JOIN colours c ON c.id = r.colour_id
  JOIN organisations o ON o.id = r.organisation_id
WHERE r.volunteer_id = ? AND r.state = 'approved' AND r.service_on BETWEEN ? AND ?
ORDER BY r.service_on, r.starts_minute, r.id
"""
_BOOK = (
    "SELECT CAST(coalesce(sum(minutes), 0) AS bigint) FROM opening_records "
    "WHERE volunteer_id = ? AND state = 'approved'"
)
_YEARS = "SELECT DISTINCT year FROM service_totals WHERE volunteer_id = ? AND records > 0"
# What counted then and was taken back since, by whatever came into the books later.
_TAKEN_BACK = """
SELECT count(*) FROM service_records r
WHERE {whose} = ? AND r.state = 'reversed' AND r.service_on BETWEEN ? AND ?
  AND r.award_entry_id <= ? AND r.reversal_entry_id > ?
"""
_BOOK_TAKEN_BACK = """
SELECT count(*) FROM opening_records r
WHERE r.volunteer_id = ? AND r.state = 'reversed' AND r.entry_id <= ? AND r.reversal_entry_id > ?
"""


class Person(NamedTuple):
    """Who is certified, and by which organisation."""

    id: int
    number: str | None
    name: str
    state: str
    organisation_id: int
    organisation_code: str
    organisation_name: str


def find_person(session: Session, volunteer_id: int) -> Person | None:
    """Return a volunteer with the organisation they belong to, or None."""
    rows = fetch(session, _PERSON, volunteer_id)
    return Person(*rows[0]) if rows else None


def served_by(
    session: Session, volunteer_id: int, from_on: date | None, until_on: date | None
) -> list[Served]:
    """Return what counts of somebody's service in a span, or in a lifetime, oldest first."""
    rows = fetch(session, _SERVED, volunteer_id, from_on or date.min, until_on or date.max)
    return [Served(day_of(row[0]), row[1], bool(row[2]), *row[3:]) for row in rows]


def minutes_in_book(session: Session, volunteer_id: int) -> int:
    """Return what somebody's paper book held before Qicai."""
    return int(fetch(session, _BOOK, volunteer_id)[0][0])


def years_served(session: Session, volunteer_id: int) -> list[int]:
    """Return the years somebody served in, the newest first."""
    return sorted((row[0] for row in fetch(session, _YEARS, volunteer_id)), reverse=True)


def were_corrected(
    session: Session,
    *,
    volunteer_id: int | None,
    team_id: int | None,
    from_on: date | None,
    until_on: date | None,
    last_entry_id: int,
) -> bool:
    """Tell whether records that a certificate counted have been taken back since."""
    whose = "r.volunteer_id" if volunteer_id is not None else "r.team_id"
    span = (from_on or date.min, until_on or date.max)
    query = _TAKEN_BACK.format(whose=whose)
    entries = (last_entry_id, last_entry_id)
    if fetch(session, query, volunteer_id or team_id, *span, *entries)[0][0]:
        return True
    if volunteer_id is None or from_on is not None:
        return False
    return bool(fetch(session, _BOOK_TAKEN_BACK, volunteer_id, *entries)[0][0])
