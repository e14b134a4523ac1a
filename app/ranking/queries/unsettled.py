"""What of a year is not settled: records that wait, open activities, disputes, objections.

The counts and the lists are read by the same conditions, so that they are the same.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.disputes.queries import counting_blocking, open_disputes


class Unsettled(NamedTuple):
    """How much of a year waits for somebody."""

    records: int
    activities: int
    objections: int
    disputes: int
    # Objections that were upheld, and no list frozen since.
    upheld: int = 0


class OpenThing(NamedTuple):
    """One record that waits, activity that is not closed or dispute that is open."""

    id: int
    who_or_what: str
    on: date
    team_name: str
    minutes: int


# Of a night the half before midnight is the one thing that waits.
_RECORDS = """
FROM service_records r
WHERE r.state = 'submitted' AND r.part = 1 AND r.service_on BETWEEN ? AND ?
  AND r.organisation_id IN ?ids
"""
# Whatever began before today has ended.
_ACTIVITIES = """
FROM activities a JOIN teams t ON t.id = a.team_id
WHERE a.state IN ('published', 'under_way') AND a.service_on BETWEEN ? AND ? AND a.service_on < ?
  AND t.organisation_id IN ?ids
"""
_COUNTS = f"""
SELECT (SELECT count(*) {_RECORDS}), (SELECT count(*) {_ACTIVITIES}),
  {{disputes}},
  (SELECT count(*) FROM objections o
    WHERE o.organisation_id = ? AND o.year = ? AND o.state = 'open'),
  (SELECT count(*) FROM objections o
    WHERE o.organisation_id = ? AND o.year = ? AND o.state = 'upheld' AND NOT EXISTS (
      SELECT 1 FROM ranking_snapshots s WHERE s.organisation_id = o.organisation_id
        AND s.year = o.year AND s.frozen_at > o.ended_at))
"""
_LISTED_RECORDS = f"""
SELECT w.id, v.name, w.service_on, t.name, w.minutes FROM (
  SELECT r.id, r.volunteer_id, r.team_id, r.service_on, r.minutes {_RECORDS}
  ORDER BY r.service_on, r.id LIMIT ? OFFSET ?
) w JOIN volunteers v ON v.id = w.volunteer_id JOIN teams t ON t.id = w.team_id
ORDER BY w.service_on, w.id
"""
_LISTED_ACTIVITIES = f"""
SELECT a.id, a.title, a.service_on, t.name, a.minutes {_ACTIVITIES}
ORDER BY a.service_on, a.id LIMIT ? OFFSET ?
"""
_LISTED_DISPUTES = """
SELECT d.id, v.name, r.service_on, t.name, r.minutes
FROM disputes d JOIN service_records r ON r.id = d.record_id
  JOIN volunteers v ON v.id = d.volunteer_id JOIN teams t ON t.id = r.team_id
WHERE d.id IN ?ids ORDER BY d.due_on, d.id
"""


class Ground(NamedTuple):
    """Of which organisation's year, with which organisations below it, as of which day."""

    organisation_id: int
    year: int
    organisation_ids: Collection[int]
    today: date

    @property
    def span(self) -> tuple[date, date]:
        """Return the first and the last day of the year."""
        return date(self.year, 1, 1), date(self.year, 12, 31)


def unsettled(session: Session, ground: Ground) -> Unsettled:
    """Return how much of a year is not settled."""
    below = sorted(ground.organisation_ids)
    here = ground.organisation_id, ground.year
    disputes, within = counting_blocking(below, ground.year)
    dated = *ground.span, below, *ground.span, ground.today, below
    ((records, activities, disputed, objections, upheld),) = fetch(
        session, _COUNTS.format(disputes=disputes), *dated, *within, *here, *here
    )
    return Unsettled(records, activities, objections, disputed, upheld)


def waiting_records(
    session: Session, ground: Ground, *, limit: int, offset: int
) -> list[OpenThing]:
    """Return a page of the records and claims of a year that wait for approval."""
    below = sorted(ground.organisation_ids)
    return _things(fetch(session, _LISTED_RECORDS, *ground.span, below, limit, offset))


def open_activities(
    session: Session, ground: Ground, *, limit: int, offset: int
) -> list[OpenThing]:
    """Return a page of the activities of a year that were held and not closed."""
    below = sorted(ground.organisation_ids)
    asked = *ground.span, ground.today, below
    return _things(fetch(session, _LISTED_ACTIVITIES, *asked, limit, offset))


def disputes_of(session: Session, ground: Ground, *, limit: int, offset: int) -> list[OpenThing]:
    """Return a page of the open disputes that may change a year's figures."""
    found = open_disputes(session, sorted(ground.organisation_ids), ground.year)
    page = [one.id for one in found[offset:][:limit]]
    return _things(fetch(session, _LISTED_DISPUTES, page))


def _things(rows: Collection[Any]) -> list[OpenThing]:
    return [OpenThing(row[0], row[1], day_of(row[2]), *row[3:]) for row in rows]
