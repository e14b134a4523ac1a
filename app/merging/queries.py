"""What two people's books hold, and what still stands against joining them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of

_BOOK = (
    "SELECT id, root_id, organisation_id, as_of_on, minutes, points_hundredths, note, recorder_id, "
    "entry_id FROM opening_records WHERE volunteer_id = ? AND state = 'approved'"
)
_CREDITS = (
    "SELECT r.id, e.rule_version_id, r.is_service_month FROM service_records r "
    "JOIN entries e ON e.id = r.award_entry_id WHERE r.id IN ?ids"
)
_ROLES = """
SELECT 1 FROM memberships m WHERE m.volunteer_id = ? AND m.role = 'leader'
  AND (m.until_on IS NULL OR m.until_on >= ?)
UNION ALL
SELECT 1 FROM roles r JOIN logins l ON l.id = r.login_id WHERE l.volunteer_id = ?
  AND (r.until_on IS NULL OR r.until_on >= ?)
"""
_OPEN = """
SELECT
  (SELECT count(*) FROM disputes WHERE volunteer_id = ? AND state IN ('open', 'passed_on')),
  (SELECT count(*) FROM objections WHERE volunteer_id = ? AND state = 'open'),
  (SELECT count(*) FROM adjustments WHERE volunteer_id = ? AND state = 'asked')
"""
# By the sign-in of the one about the other: records that count, books taken over, adjustments.
_ACROSS = """
SELECT l.volunteer_id, count(*) FROM service_records r JOIN logins l ON l.id = r.approver_id
WHERE r.volunteer_id = ? AND l.volunteer_id = ? AND r.state = 'approved' GROUP BY l.volunteer_id
UNION ALL
SELECT l.volunteer_id, count(*) FROM opening_records o JOIN logins l ON l.id = o.recorder_id
WHERE o.state = 'approved' AND (o.volunteer_id = ? AND l.volunteer_id = ?
  OR o.volunteer_id = ? AND l.volunteer_id = ?) GROUP BY l.volunteer_id
UNION ALL
SELECT l.volunteer_id, count(*) FROM adjustments a
JOIN logins l ON l.id = a.asker_id OR l.id = a.second_id
WHERE a.state = 'posted' AND (a.volunteer_id = ? AND l.volunteer_id = ?
  OR a.volunteer_id = ? AND l.volunteer_id = ?)
  AND NOT EXISTS (SELECT 1 FROM entries u WHERE u.reverses_id = a.entry_id)
GROUP BY l.volunteer_id
"""
_TEAMS = "SELECT id, name FROM teams WHERE id IN ?ids"
_FROZEN = """
SELECT DISTINCT s.year FROM ranking_rows w JOIN ranking_snapshots s ON s.id = w.snapshot_id
WHERE w.volunteer_id IN ?ids ORDER BY s.year
"""
_LAST = """
SELECT id, kept_id, gone_id, merged_by_id, merged_at, reason, figures FROM merges
WHERE kept_id = ? ORDER BY id DESC
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


class Matters(NamedTuple):
    """What waits for an answer."""

    disputes: int
    objections: int
    adjustments: int


class Decided(NamedTuple):
    """How many decisions about the other of the two were taken by one's sign-in."""

    by_id: int
    decisions: int


class Joined(NamedTuple):
    """A merge as it was done."""

    id: int
    kept_id: int
    gone_id: int
    merged_by_id: int
    merged_at: datetime
    reason: str
    figures: str


def book_of(session: Session, volunteer_id: int) -> Book | None:
    """Return the paper book of somebody that counts, if there is one."""
    rows = fetch(session, _BOOK, volunteer_id)
    return Book(*rows[0])._replace(as_of_on=day_of(rows[0][3])) if rows else None


def credits_of(session: Session, record_ids: Collection[int]) -> dict[int, Credit]:
    """Return how approved records were credited, by id."""
    rows = fetch(session, _CREDITS, sorted(record_ids)) if record_ids else ()
    return {row[0]: Credit(row[1], bool(row[2])) for row in rows}


def holds_role(session: Session, volunteer_id: int, on: date) -> bool:
    """Tell whether somebody leads a team or holds a role, on a date or from a later one."""
    return bool(fetch(session, _ROLES, volunteer_id, on, volunteer_id, on))


def open_matters(session: Session, volunteer_id: int) -> Matters:
    """Return how much of somebody's waits for an answer."""
    return Matters(*fetch(session, _OPEN, volunteer_id, volunteer_id, volunteer_id)[0])


def decided_across(session: Session, kept_id: int, gone_id: int) -> list[Decided]:
    """Return what was decided about one of two by the other, and is not decided anew."""
    both = (kept_id, gone_id, gone_id, kept_id)
    found: dict[int, int] = {}
    for by_id, count in fetch(session, _ACROSS, kept_id, gone_id, *both, *both):
        found[by_id] = found.get(by_id, 0) + count
    return [Decided(*each) for each in sorted(found.items())]


def team_names(session: Session, team_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of teams by id."""
    wanted = sorted(set(team_ids))
    return dict(map(tuple, fetch(session, _TEAMS, wanted))) if wanted else {}


def frozen_years(session: Session, volunteer_ids: Collection[int]) -> list[int]:
    """Return the years frozen in which one of these people has a place."""
    return [row[0] for row in fetch(session, _FROZEN, sorted(volunteer_ids))]


def merges_into(session: Session, volunteer_id: int) -> list[Joined]:
    """Return who was joined with somebody, the latest first."""
    return [_joined(row) for row in fetch(session, _LAST, volunteer_id)]


def _joined(row: Any) -> Joined:
    return Joined(row[0], row[1], row[2], row[3], instant_of(row[4]), row[5], row[6])
