"""Who could be the second person today, and whether two accounts are really two people's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.clock import today_in
from app.errors import NotFound
from app.organisations.queries import LINES, settings_of
from app.second_person.rules import Matter
from app.teams.queries import actor_of
from app.teams.rules import Actor

_BEHIND = """
SELECT 1 FROM account_openings WHERE until_on >= ?
  AND ((login_id = ? AND issued_by_id = ?) OR (login_id = ? AND issued_by_id = ?))
"""
# The same as `rules.check_second` says of one person, asked of everybody.
_SECONDS = f"""{LINES}
SELECT l.id, a.leaf_id
FROM above a JOIN roles r ON r.organisation_id = a.id JOIN logins l ON l.id = r.login_id
WHERE r.role IN ('organiser', 'auditor')
  AND r.from_on <= ? AND (r.until_on IS NULL OR r.until_on >= ?)
  AND l.id <> ? AND NOT l.is_suspended
  AND (l.volunteer_id IS NULL OR NOT (l.volunteer_id IN ?ids))
  AND NOT EXISTS (SELECT 1 FROM helpers h WHERE h.helper_id = l.volunteer_id
    AND h.volunteer_id IN ?ids AND h.from_on <= ? AND (h.until_on IS NULL OR h.until_on >= ?))
  AND NOT EXISTS (SELECT 1 FROM account_openings o WHERE o.until_on >= ?
    AND ((o.login_id = l.id AND o.issued_by_id = ?) OR (o.login_id = ? AND o.issued_by_id = l.id)))
  AND NOT EXISTS (SELECT 1 FROM account_openings o JOIN logins i ON i.id = o.issued_by_id
    WHERE o.login_id = l.id AND o.until_on >= ? AND (i.volunteer_id IN ?ids
      OR EXISTS (SELECT 1 FROM helpers g WHERE g.helper_id = i.volunteer_id
        AND g.volunteer_id IN ?ids AND g.from_on <= ?
        AND (g.until_on IS NULL OR g.until_on >= ?))))
"""


def seconds_for(session: Session, matter: Matter, *, asker_id: int, on: date) -> frozenset[int]:
    """Return the logins that could confirm a matter on a date, were they asked."""
    here = sorted(matter.organisation_ids)
    people = sorted(matter.volunteer_ids)
    rows = fetch(
        session, _SECONDS, here, on, on, asker_id, people, people, on, on,
        on, asker_id, asker_id, on, people, people, on, on,
    )  # fmt: skip
    held: dict[int, set[int]] = {}
    for login_id, organisation_id in rows:
        held.setdefault(login_id, set()).add(organisation_id)
    return frozenset(login_id for login_id, reached in held.items() if reached.issuperset(here))


def is_behind(session: Session, one_id: int, other_id: int, on: date) -> bool:
    """Tell whether a code from one of two logins opened the other's account, and still counts."""
    return bool(fetch(session, _BEHIND, on, one_id, other_id, other_id, one_id))


def first_of(session: Session, login_id: int, on: date) -> Actor | None:
    """Return whoever asked, with their rights as the database says now; None when suspended."""
    try:
        return actor_of(session, login_id, on)
    except NotFound:
        return None


def today_of(session: Session, organisation_ids: Iterable[int], now: datetime) -> date:
    """Return the civil date where a matter stands."""
    return today_in(settings_of(session, min(organisation_ids)).time_zone, now)
