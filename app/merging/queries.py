"""What two people's books hold, and what still stands against joining them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch

_BOOKS = (
    "SELECT volunteer_id, id, root_id, organisation_id, as_of_on, minutes, points_hundredths, "
    "note, recorder_id, entry_id FROM opening_records "
    "WHERE volunteer_id IN ?ids AND state = 'approved'"
)
_CREDITS = (
    "SELECT r.id, e.rule_version_id, r.is_service_month FROM service_records r "
    "JOIN entries e ON e.id = r.award_entry_id WHERE r.id IN ?ids"
)
# The last three: by the sign-in of the one about the other: records that count, books taken over,
# adjustments that were not taken back.
_ACROSS = """
  (SELECT count(*) FROM service_records r JOIN logins l ON l.id = r.approver_id
    WHERE r.volunteer_id = {about} AND l.volunteer_id = {by} AND r.state = 'approved'
      AND {about} = {kept})
  + (SELECT count(*) FROM opening_records o JOIN logins l ON l.id = o.recorder_id
    WHERE o.volunteer_id = {about} AND l.volunteer_id = {by} AND o.state = 'approved')
  + (SELECT count(*) FROM adjustments a JOIN logins l ON l.id = a.asker_id OR l.id = a.second_id
    WHERE a.volunteer_id = {about} AND l.volunteer_id = {by} AND a.state = 'posted'
      AND NOT EXISTS (SELECT 1 FROM entries u WHERE u.reverses_id = a.entry_id))
"""
_KEPT, _GONE = "w.kept_id", "w.gone_id"
_FACTS = f"""
SELECT
  (SELECT count(*) FROM memberships m WHERE m.volunteer_id = w.gone_id AND m.role = 'leader'
    AND (m.until_on IS NULL OR m.until_on >= ?))
  + (SELECT count(*) FROM roles r JOIN logins l ON l.id = r.login_id
    WHERE l.volunteer_id = w.gone_id AND (r.until_on IS NULL OR r.until_on >= ?)),
  (SELECT count(*) FROM disputes
    WHERE volunteer_id = w.gone_id AND state IN ('open', 'passed_on')),
  (SELECT count(*) FROM objections WHERE volunteer_id = w.gone_id AND state = 'open'),
  (SELECT count(*) FROM adjustments WHERE volunteer_id = w.gone_id AND state = 'asked'),
  {_ACROSS.format(about=_GONE, by=_KEPT, kept=_KEPT)},
  {_ACROSS.format(about=_KEPT, by=_GONE, kept=_KEPT)},
  (SELECT count(*) FROM logins WHERE volunteer_id = w.kept_id),
  (SELECT count(*) FROM logins WHERE volunteer_id = w.gone_id),
  (SELECT count(*) FROM redemptions WHERE volunteer_id = w.gone_id AND state = 'to_collect')
FROM (SELECT CAST(? AS bigint) AS kept_id, CAST(? AS bigint) AS gone_id) w
"""
_TEAMS = "SELECT id, name FROM teams WHERE id IN ?ids"
_FROZEN = """
SELECT DISTINCT s.year FROM ranking_rows w JOIN ranking_snapshots s ON s.id = w.snapshot_id
WHERE w.volunteer_id IN ?ids ORDER BY s.year
"""


class Book(NamedTuple):
    """The balance taken over from a paper book, where it still counts."""

    id: int
    root_id: int
    organisation_id: int
    as_of_on: date
    minutes: int
    points_hundredths: int
    note: str | None
    recorder_id: int
    entry_id: int


class Credit(NamedTuple):
    """By which rule version a record was credited, and whether its month is the service month."""

    rule_version_id: int
    is_service_month: bool


class Facts(NamedTuple):
    """What stands against joining two people, and what only the preview shows, in numbers."""

    # Roles and teams led by whoever goes.
    roles: int
    # What waits for an answer, of whoever goes.
    disputes: int
    objections: int
    adjustments: int
    # Decisions about the other of the two by the sign-in of one, which no merge decides anew.
    by_kept: int
    by_gone: int
    kept_logins: int
    gone_logins: int
    tickets: int


def books_of(session: Session, volunteer_ids: Collection[int]) -> dict[int, Book]:
    """Return the paper books that count, by person."""
    rows = fetch(session, _BOOKS, sorted(volunteer_ids))
    return {row[0]: Book(*row[1:])._replace(as_of_on=day_of(row[4])) for row in rows}


def credits_of(session: Session, record_ids: Collection[int]) -> dict[int, Credit]:
    """Return how approved records were credited, by id."""
    rows = fetch(session, _CREDITS, sorted(record_ids)) if record_ids else ()
    return {row[0]: Credit(row[1], bool(row[2])) for row in rows}


def facts_of(session: Session, kept_id: int, gone_id: int, on: date) -> Facts:
    """Return what is to be known of two people besides their books, on a date."""
    return Facts(*fetch(session, _FACTS, on, on, kept_id, gone_id)[0])


def team_names(session: Session, team_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of teams by id."""
    wanted = sorted(set(team_ids))
    return dict(map(tuple, fetch(session, _TEAMS, wanted))) if wanted else {}


def frozen_years(session: Session, volunteer_ids: Collection[int]) -> list[int]:
    """Return the years frozen in which one of these people has a place."""
    return [row[0] for row in fetch(session, _FROZEN, sorted(volunteer_ids))]
