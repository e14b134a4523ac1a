"""What of a page of things that wait is worth a second look: each kind in one batched query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of

_ON_THESE_DAYS = """
SELECT r.id, r.first_part_id, r.volunteer_id, r.service_on, r.team_id, t.name, r.minutes
FROM service_records r JOIN teams t ON t.id = r.team_id
WHERE r.volunteer_id IN ?ids AND r.service_on IN ?days AND r.state IN ('submitted', 'approved')
ORDER BY t.code
"""
_ALIKE = """
SELECT r.batch_id, count(*) FROM service_records r JOIN batches b ON b.id = r.batch_id
WHERE r.batch_id IN ?ids AND b.kind = 'day' AND r.part = 1
  AND r.state IN ('submitted', 'approved')
GROUP BY r.batch_id
HAVING min(r.minutes) = max(r.minutes)
  AND count(CASE WHEN r.evidence <> 'entered' THEN 1 END) = 0
"""
_ENTRIES = """
SELECT actor_id, made_at FROM batches
WHERE actor_id IN ?ids AND kind = 'day' AND made_at >= ? AND made_at < ? AND undone_at IS NULL
"""


class DayLine(NamedTuple):
    """One record on a person's date."""

    id: int
    first_part_id: int | None
    volunteer_id: int
    service_on: date
    team_id: int
    team_name: str
    minutes: int


def lines_on(session: Session, volunteer_ids: Iterable[int], days: Iterable[date]) -> list[DayLine]:
    """Return what stands for these people on these dates, waiting or approved."""
    wanted = sorted(set(volunteer_ids)), sorted(set(days))
    rows = fetch(session, _ON_THESE_DAYS, *wanted)
    return [DayLine._make((*row[:3], day_of(row[3]), *row[4:])) for row in rows]


def people_alike(session: Session, batch_ids: Iterable[int]) -> dict[int, int]:
    """Return, of lists on which all have the same minutes and nobody signed in, the people."""
    wanted = sorted(set(batch_ids))
    return dict(map(tuple, fetch(session, _ALIKE, wanted))) if wanted else {}


def entries_made(
    session: Session, login_ids: Iterable[int], since: datetime, until: datetime
) -> list[tuple[int, datetime]]:
    """Return who logged a team's day when, between two instants."""
    rows = fetch(session, _ENTRIES, sorted(set(login_ids)), since, until)
    return [(login_id, instant_of(at)) for login_id, at in rows]
