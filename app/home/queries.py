"""The figures of the front pages, from the kept totals: never from the records."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch


class Colour(NamedTuple):
    """A colour as its glyph is drawn."""

    key: str
    glyph: str


class Sums(NamedTuple):
    """What a community served, ever and in one year, and who belongs to it."""

    minutes_ever: int
    minutes: int
    records: int
    people: int
    volunteers: int


class Begun(NamedTuple):
    """How far a community without any hours yet has come."""

    leaders: int
    accounts: int


class ColourHours(NamedTuple):
    """What was served in one colour in a year."""

    colour: Colour
    name: str
    minutes: int


class TeamHours(NamedTuple):
    """What was served with one team in a year, and by how many."""

    code: str
    name: str
    colour: Colour
    theme: str
    minutes: int
    people: int


_SUMS = """
SELECT
  (SELECT CAST(coalesce(sum(minutes), 0) AS bigint) FROM service_totals
    WHERE organisation_id IN ?ids),
  CAST(coalesce(sum(y.minutes), 0) AS bigint), CAST(coalesce(sum(y.records), 0) AS bigint),
  count(DISTINCT y.volunteer_id),
  (SELECT count(*) FROM volunteers WHERE organisation_id IN ?ids AND state = 'active')
FROM service_totals y WHERE y.year = ? AND y.organisation_id IN ?ids AND y.records > 0
"""
_BEGUN = """
SELECT
  (SELECT count(DISTINCT m.volunteer_id) FROM memberships m JOIN teams t ON t.id = m.team_id
    WHERE t.organisation_id IN ?ids AND m.role = 'leader' AND m.until_on IS NULL),
  (SELECT count(*) FROM logins l JOIN volunteers v ON v.id = l.volunteer_id
    WHERE v.organisation_id IN ?ids AND l.password_hash IS NOT NULL AND l.id <> ?)
"""
_COLOURS = """
SELECT c.key, c.glyph, c.name, CAST(sum(s.minutes) AS bigint)
FROM service_totals s JOIN colours c ON c.id = s.colour_id
WHERE s.year = ? AND s.organisation_id IN ?ids AND s.records > 0
GROUP BY c.key, c.glyph, c.name ORDER BY min(c.position)
"""
_TEAMS = """
SELECT t.code, t.name, c.key, c.glyph, c.name, coalesce(s.minutes, 0), coalesce(s.people, 0)
FROM teams t JOIN colours c ON c.id = t.colour_id
  LEFT JOIN (
    SELECT team_id, CAST(sum(minutes) AS bigint) AS minutes, count(DISTINCT volunteer_id) AS people
    FROM service_totals WHERE year = ? AND organisation_id IN ?ids AND records > 0
    GROUP BY team_id
  ) s ON s.team_id = t.id
WHERE t.organisation_id IN ?ids AND (t.retired_on IS NULL OR t.retired_on > ?)
ORDER BY c.position, t.code
"""
_WARDS = (
    "SELECT id, number, name FROM volunteers WHERE id IN ?ids AND number IS NOT NULL ORDER BY id"
)


def sums_of(session: Session, organisation_ids: Collection[int], year: int) -> Sums:
    """Return the sums of some organisations in one statement."""
    ids = list(organisation_ids)
    return Sums(*fetch(session, _SUMS, ids, ids, year, ids)[0])


def begun_of(session: Session, organisation_ids: Collection[int], login_id: int) -> Begun:
    """Return how many lead, and how many others than the reader have an account."""
    ids = list(organisation_ids)
    return Begun(*fetch(session, _BEGUN, ids, ids, login_id)[0])


def hours_by_colour(
    session: Session, organisation_ids: Collection[int], year: int
) -> list[ColourHours]:
    """Return what was served in each colour, in the order of the colours."""
    rows = fetch(session, _COLOURS, year, list(organisation_ids))
    return [ColourHours(Colour(key, glyph), name, minutes) for key, glyph, name, minutes in rows]


def hours_by_team(
    session: Session, organisation_ids: Collection[int], year: int, today: date
) -> list[TeamHours]:
    """Return the teams there are today, with what was served with each in the year."""
    ids = list(organisation_ids)
    rows = fetch(session, _TEAMS, year, ids, ids, today)
    return [
        TeamHours(code, name, Colour(key, glyph), theme, minutes, people)
        for code, name, key, glyph, theme, minutes, people in rows
    ]


def wards_of(session: Session, volunteer_ids: Collection[int]) -> list[tuple[int, str, str]]:
    """Return id, number and name of the people somebody acts for."""
    if not volunteer_ids:
        return []
    return [(row[0], row[1], row[2]) for row in fetch(session, _WARDS, sorted(volunteer_ids))]
