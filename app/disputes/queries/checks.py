"""我已核对: what stands in a year's books, whether it was confirmed and still is, and why not.

Nothing is written when a record changes: a confirmation names the last entry about the year's
records, and every change of them posts a later one. See docs/adr/0011.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.disputes.rules import YearLine
from app.ledger.queries import account_lines_among
from app.people.queries import login_names

MOST_CAUSES = 5


class Books(NamedTuple):
    """The approved records of a year, and the last entry about any record of it."""

    lines: list[YearLine]
    last_entry_id: int


class Check(NamedTuple):
    """The latest confirmation of a year, and whether nothing has changed since."""

    at: datetime
    by: str
    on_behalf_of: str | None
    records: int
    minutes: int
    points_hundredths: int
    entry_id: int
    holds: bool


class YearSums(NamedTuple):
    """What stands in a year's books, in figures."""

    records: int
    minutes: int
    points_hundredths: int


class YearStanding(NamedTuple):
    """A year's figures now, and the latest confirmation, if there ever was one."""

    figures: YearSums
    check: Check | None


class Cause(NamedTuple):
    """A change after a confirmation: which record, whether it came or went, who and when."""

    record_id: int
    service_on: date
    minutes: int
    is_reversal: bool
    name: str
    at: datetime


class CheckedTeam(NamedTuple):
    """How many of those who served with a team in a year have confirmed it."""

    team_name: str
    colour_key: str
    colour_glyph: str
    people: int
    confirmed: int


_BOOKS = """
SELECT id, service_on, team_id, minutes, points_hundredths, award_entry_id, reversal_entry_id
FROM service_records
WHERE volunteer_id = ? AND service_on BETWEEN ? AND ? AND state IN ('approved', 'reversed')
"""
# The year's figures and the latest confirmation in one row: pages of the ledger ask for it.
_STANDING = """
SELECT b.records, b.minutes, b.points_hundredths, b.last_award, b.last_reversal,
  y.at, a.display_name, v.name, y.records, y.minutes, y.points_hundredths, y.entry_id
FROM (
  SELECT count(CASE WHEN state = 'approved' THEN 1 END) AS records,
    CAST(coalesce(sum(CASE WHEN state = 'approved' THEN minutes END), 0) AS bigint) AS minutes,
    CAST(coalesce(sum(CASE WHEN state = 'approved' THEN points_hundredths END), 0) AS bigint)
      AS points_hundredths,
    coalesce(max(award_entry_id), 0) AS last_award,
    coalesce(max(reversal_entry_id), 0) AS last_reversal
  FROM service_records
  WHERE volunteer_id = ? AND service_on BETWEEN ? AND ? AND state IN ('approved', 'reversed')
) b
  LEFT JOIN year_checks y
    ON y.id = (SELECT max(l.id) FROM year_checks l WHERE l.volunteer_id = ? AND l.year = ?)
  LEFT JOIN logins a ON a.id = y.actor_id
  LEFT JOIN volunteers v ON v.id = y.on_behalf_of_id
"""
_CHANGED = """
SELECT id, service_on, minutes, award_entry_id, reversal_entry_id FROM service_records
WHERE volunteer_id = ? AND service_on BETWEEN ? AND ?
  AND (award_entry_id > ? OR reversal_entry_id > ?)
"""
_HOLDING = """
SELECT y.volunteer_id FROM year_checks y WHERE y.year = ? AND NOT EXISTS (
  SELECT 1 FROM service_records r
  WHERE r.volunteer_id = y.volunteer_id AND r.service_on BETWEEN ? AND ?
    AND (r.award_entry_id > y.entry_id OR r.reversal_entry_id > y.entry_id)
)
"""
_WITHIN = "s.year = ? AND s.records > 0 AND (s.team_id IN ?ids OR s.organisation_id IN ?ids)"
_TEAMS = f"""
SELECT t.name, c.key, c.glyph, count(DISTINCT s.volunteer_id), count(DISTINCT k.volunteer_id)
FROM service_totals s JOIN teams t ON t.id = s.team_id JOIN colours c ON c.id = t.colour_id
  LEFT JOIN ({_HOLDING}) k ON k.volunteer_id = s.volunteer_id
WHERE {_WITHIN} GROUP BY t.id, t.name, t.code, c.key, c.glyph ORDER BY t.code
"""
_PEOPLE = f"""
SELECT count(DISTINCT s.volunteer_id), count(DISTINCT k.volunteer_id)
FROM service_totals s LEFT JOIN ({_HOLDING}) k ON k.volunteer_id = s.volunteer_id
WHERE {_WITHIN}
"""
_YEARS = (
    "SELECT DISTINCT s.year FROM service_totals s WHERE s.records > 0 "
    "AND (s.team_id IN ?ids OR s.organisation_id IN ?ids) ORDER BY s.year DESC"
)


def books_of(session: Session, volunteer_id: int, year: int) -> Books:
    """Return what stands in somebody's books of a year."""
    lines: list[YearLine] = []
    last = 0
    for id_, on, team_id, minutes, points, award, reversal in fetch(
        session, _BOOKS, volunteer_id, *_span(year)
    ):
        last = max(last, award, reversal or 0)
        if reversal is None:
            lines.append(YearLine(id_, day_of(on), team_id, minutes, points, award))
    return Books(sorted(lines), last)


def standing_of(session: Session, volunteer_id: int, year: int) -> YearStanding:
    """Return a year's figures, and the latest confirmation of them, in one statement."""
    row = fetch(session, _STANDING, volunteer_id, *_span(year), volunteer_id, year)[0]
    figures, last = YearSums(*row[:3]), max(row[3], row[4])
    if row[5] is None:
        return YearStanding(figures, None)
    at, by, behalf, records, minutes, points, entry_id = row[5:]
    holds = last <= entry_id and figures == (records, minutes, points)
    check = Check(instant_of(at), by, behalf, records, minutes, points, entry_id, holds)
    return YearStanding(figures, check)


def check_of(session: Session, volunteer_id: int, year: int) -> Check | None:
    """Return the latest confirmation of a year, or None."""
    return standing_of(session, volunteer_id, year).check


def causes_of(
    session: Session, volunteer_id: int, year: int, entry_id: int, *, limit: int = MOST_CAUSES
) -> list[Cause]:
    """Return what changed in a year's books after an entry, newest first."""
    about: dict[int, tuple[int, date, int]] = {}
    for row in fetch(session, _CHANGED, volunteer_id, *_span(year), entry_id, entry_id):
        later = (each for each in row[3:] if each is not None and each > entry_id)
        about.update({each: (row[0], day_of(row[1]), row[2]) for each in later})
    wanted = sorted(about, reverse=True)[:limit]
    lines = account_lines_among(session, volunteer_id, wanted, or_not_about="service_record")
    entries = {line.entry_id: line for line in lines}
    names = login_names(session, {line.actor_id for line in lines if line.actor_id})
    return [
        Cause(
            *about[each],
            entries[each].reverses_id is not None,
            names.get(entries[each].actor_id or 0, ""),
            entries[each].recorded_at,
        )
        for each in wanted
        if each in entries
    ]


def checked_teams(
    session: Session, year: int, *, team_ids: Collection[int], organisation_ids: Collection[int]
) -> list[CheckedTeam]:
    """Return by team how many of the year's people have confirmed it, and nothing has changed."""
    scope = (year, sorted(team_ids), sorted(organisation_ids))
    rows = fetch(session, _TEAMS, year, *_span(year), *scope)
    return [CheckedTeam._make(row) for row in rows]


def checked_people(
    session: Session, year: int, *, team_ids: Collection[int], organisation_ids: Collection[int]
) -> tuple[int, int]:
    """Return how many people served in the year, and how many of them have confirmed it."""
    scope = (year, sorted(team_ids), sorted(organisation_ids))
    people, confirmed = fetch(session, _PEOPLE, year, *_span(year), *scope)[0]
    return people, confirmed


def checked_years(
    session: Session, *, team_ids: Collection[int], organisation_ids: Collection[int]
) -> list[int]:
    """Return the years anybody served in, newest first."""
    return [row[0] for row in fetch(session, _YEARS, sorted(team_ids), sorted(organisation_ids))]


def _span(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)
