"""Star levels of people: as they stand now, and the dates on which they were reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.clock import today_in
from app.opening.queries import LIVE_DATED, LIVE_MINUTES
from app.organisations.rules import Settings
from app.service.rules import Reached, Stars, Tenure, levels_reached, star_level

# When somebody joined: the first membership, or when they were entered, whichever is earlier.
_JOINED = """
SELECT v.id, v.created_at,
  (SELECT min(m.from_on) FROM memberships m WHERE m.volunteer_id = v.id)
FROM volunteers v WHERE v.id IN ?ids
"""
_STANDING = f"""
SELECT v.id, v.created_at,
  (SELECT min(m.from_on) FROM memberships m WHERE m.volunteer_id = v.id),
  CAST(coalesce((SELECT sum(s.minutes) FROM service_totals s WHERE s.volunteer_id = v.id), 0)
    + coalesce((SELECT sum(minutes) FROM ({LIVE_MINUTES} AND volunteer_id = v.id) AS book), 0)
    AS bigint)
FROM volunteers v WHERE v.id = ?
"""
_SERVED = f"""
SELECT volunteer_id, service_on, minutes FROM service_records
WHERE state = 'approved' AND volunteer_id IN ?ids AND service_on >= ? AND service_on <= ?
UNION ALL {LIVE_DATED} AND volunteer_id IN ?ids AND as_of_on >= ? AND as_of_on <= ?
"""


class Joined(NamedTuple):
    """What tells when somebody joined."""

    created_at: datetime
    member_on: date | None

    def on(self, zone: str) -> date:
        """Return the civil date somebody joined on."""
        entered_on = today_in(zone, self.created_at)
        return min(self.member_on, entered_on) if self.member_on else entered_on


class Standing(NamedTuple):
    """What somebody's level follows from: lifetime minutes, and when they joined."""

    minutes: int
    joined: Joined

    def level(self, settings: Settings, on: date) -> int:
        """Return the level on a date, by one organisation's hours and months."""
        tenure = tenure_of(settings, self.joined, on)
        return star_level(self.minutes, settings.star_hours, tenure).level


def standing_of(session: Session, volunteer_id: int) -> Standing:
    """Return what a person's level follows from; one statement."""
    return standing_told(fetch(session, *asking_standing(volunteer_id)))


def asking_standing(volunteer_id: int) -> tuple[Any, ...]:
    """Return the query of `standing_of`, for a caller who has more to ask in the same trip."""
    return _STANDING, volunteer_id


def standing_told(rows: Iterable[Any]) -> Standing:
    """Return the standing from the answer to `asking_standing`."""
    (row,) = rows
    return Standing(row[3], joined_from(row[1:3]))


def asks_for_tenure(settings: Settings) -> bool:
    """Tell whether a star level takes more than hours."""
    return any(settings.star_tenure_months)


def tenure_of(settings: Settings, joined: Joined | None, on: date) -> Tenure | None:
    """Return how long somebody belongs as far as stars ask for it; None where they do not."""
    if joined is None or not asks_for_tenure(settings):
        return None
    return Tenure(settings.star_tenure_months, joined.on(settings.time_zone), on)


def stars_of(
    session: Session, volunteer_id: int, minutes: int, settings: Settings, now: datetime
) -> Stars:
    """Return the level that somebody's lifetime minutes reach today."""
    tenure = _tenure_now(session, volunteer_id, settings, now)
    return star_level(minutes, settings.star_hours, tenure)


def star_dates_of(
    session: Session, volunteer_id: int, settings: Settings, now: datetime
) -> list[Reached]:
    """Return every level with the date somebody reached it on, from what counts now."""
    served = served_days(session, [volunteer_id], date.min, date.max)
    tenure = _tenure_now(session, volunteer_id, settings, now)
    return levels_reached(served.get(volunteer_id, ()), settings.star_hours, tenure)


def joined_by_id(session: Session, volunteer_ids: Iterable[int]) -> dict[int, Joined]:
    """Return when each of several people joined."""
    return {row[0]: joined_from(row[1:]) for row in fetch(session, _JOINED, sorted(volunteer_ids))}


def joined_from(row: Sequence[Any]) -> Joined:
    """Return what a row of the query says, behind the id."""
    return Joined(instant_of(row[0]), None if row[1] is None else day_of(row[1]))


def served_days(
    session: Session, volunteer_ids: Iterable[int], first: date, last: date
) -> Mapping[int, list[tuple[date, int]]]:
    """Return what counts of several people within some time: dates with minutes, in any order."""
    ids = sorted(volunteer_ids)
    found: dict[int, list[tuple[date, int]]] = {}
    for volunteer_id, on, minutes in fetch(session, _SERVED, ids, first, last, ids, first, last):
        found.setdefault(volunteer_id, []).append((day_of(on), minutes))
    return found


def _tenure_now(
    session: Session, volunteer_id: int, settings: Settings, now: datetime
) -> Tenure | None:
    if not asks_for_tenure(settings):
        return None
    joined = joined_by_id(session, [volunteer_id]).get(volunteer_id)
    return tenure_of(settings, joined, today_in(settings.time_zone, now))
