"""What of a page of things that wait is worth a second look: each kind in one batched query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of

_ON_THESE_DAYS = """
SELECT r.id, r.first_part_id, r.volunteer_id, r.service_on, r.team_id, t.name, r.minutes,
  a.minutes
FROM service_records r JOIN teams t ON t.id = r.team_id
  LEFT JOIN activities a ON a.id = r.activity_id
WHERE r.volunteer_id IN ?ids AND r.service_on IN ?days AND r.state IN ('submitted', 'approved')
ORDER BY t.code
"""
# Of the lists shown also how many people are on one where all have the same minutes and nobody
# signed in; all that was shown was made within the span, by one of these.
_ENTRIES = """
SELECT b.id, b.actor_id, b.made_at, CASE WHEN b.id IN ?ids THEN (
  SELECT CASE WHEN min(r.minutes) = max(r.minutes)
    AND count(CASE WHEN r.evidence <> 'entered' THEN 1 END) = 0 THEN count(*) ELSE 0 END
  FROM service_records r
  WHERE r.batch_id = b.id AND r.part = 1 AND r.state IN ('submitted', 'approved')
) ELSE 0 END
FROM batches b
WHERE b.actor_id IN ?ids AND b.kind = 'day' AND b.made_at >= ? AND b.made_at < ?
  AND b.undone_at IS NULL
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
    # Of the activity it belongs to, where it belongs to one.
    planned_minutes: int | None


def lines_on(session: Session, volunteer_ids: Iterable[int], days: Iterable[date]) -> list[DayLine]:
    """Return what stands for these people on these dates, waiting or approved."""
    wanted = sorted(set(volunteer_ids)), sorted(set(days))
    rows = fetch(session, _ON_THESE_DAYS, *wanted)
    return [DayLine._make((*row[:3], day_of(row[3]), *row[4:])) for row in rows]


class Entry(NamedTuple):
    """A team's day as somebody entered it."""

    batch_id: int
    login_id: int
    made_at: datetime
    # People, where all have the same minutes and nobody signed in; of the lists asked for.
    alike: int


def entries_made(
    session: Session,
    login_ids: Iterable[int],
    batch_ids: Iterable[int],
    since: datetime,
    until: datetime,
) -> list[Entry]:
    """Return who entered a team's day when, between two instants."""
    wanted = sorted(set(batch_ids)), sorted(set(login_ids))
    rows = fetch(session, _ENTRIES, *wanted, since, until)
    return [Entry(batch, login, instant_of(at), alike) for batch, login, at, alike in rows]
