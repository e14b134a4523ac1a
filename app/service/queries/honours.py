"""Who reached a star level within some time: from the kept totals, with dates of those shown.

A year is summed from its totals alone. Where the time begins or ends within a year, the records
of that year before and after it are told apart. Everybody stands once, with the highest level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.opening.queries import LIVE_DATED
from app.organisations.rules import Settings
from app.service.queries.stars import (
    Joined,
    asks_for_tenure,
    joined_by_id,
    joined_from,
    served_days,
    tenure_of,
)
from app.service.rules import levels_reached, star_level

HOUR = 60
_ONE_DAY = timedelta(days=1)

# What each person had served before the years of the time (b) and by their end (e); of those who
# rose within these years, what the years hold before and after the time is told apart.
_HONOURED = f"""
WITH risen AS (
  SELECT volunteer_id, sum(b) AS b, sum(e) AS e FROM (
    SELECT volunteer_id, CASE WHEN year < ? THEN minutes ELSE 0 END AS b, minutes AS e
    FROM service_totals WHERE year <= ?
    UNION ALL SELECT volunteer_id, CASE WHEN as_of_on < ? THEN minutes ELSE 0 END, minutes
    FROM ({LIVE_DATED} AND as_of_on <= ?) AS book
  ) AS part GROUP BY volunteer_id HAVING {{crossing}}
)
SELECT v.id, v.organisation_id, v.number, v.name, CAST(p.b AS bigint), CAST(p.e AS bigint),
  v.created_at, {{member_on}}
FROM (
  SELECT volunteer_id, sum(b) AS b, sum(e) AS e FROM (
    SELECT volunteer_id, b, e FROM risen {{edges}}
  ) AS part GROUP BY volunteer_id HAVING {{crossing}}
) AS p JOIN volunteers v ON v.id = p.volunteer_id
WHERE v.state = 'active' AND v.organisation_id IN ?ids
"""
# A cross join keeps SQLite from walking through the records first.
_EDGE = f"""
UNION ALL SELECT s.volunteer_id, {{0}} FROM risen r CROSS JOIN service_records s
WHERE s.volunteer_id = r.volunteer_id AND s.state = 'approved'
  AND s.service_on >= ? AND s.service_on <= ?
UNION ALL SELECT volunteer_id, {{0}}
FROM ({LIVE_DATED} AND as_of_on >= ? AND as_of_on <= ?) AS book
"""
_LED, _FOLLOWED = _EDGE.format("minutes, 0"), _EDGE.format("0, -minutes")
_MEMBER_ON = "(SELECT min(m.from_on) FROM memberships m WHERE m.volunteer_id = v.id)"


class Span(NamedTuple):
    """Some time, both dates within it, as seen from a date."""

    first: date
    last: date
    today: date


class Honour(NamedTuple):
    """The highest level somebody reached within some time, and what they had served by its end."""

    volunteer_id: int
    organisation_id: int
    number: str
    name: str
    level: int
    minutes: int
    # Before the time, from which the date is counted on.
    before_minutes: int


def honours_of(session: Session, places: Mapping[int, Settings], span: Span) -> list[Honour]:
    """Return who of these organisations reached a level, the highest first, then by number."""
    slow = {home for home, settings in places.items() if asks_for_tenure(settings)}
    query, values = _asking(places, span, bool(slow))
    found = [
        _honour(row, places[row[1]], joined_from(row[6:]) if row[1] in slow else None, span)
        for row in fetch(session, query, *values)
    ]
    kept = [honour for honour in found if honour]
    return sorted(kept, key=lambda honour: (-honour.level, honour.number))


def dates_of(
    session: Session, places: Mapping[int, Settings], honours: Iterable[Honour], span: Span
) -> dict[int, date]:
    """Return on which date each of these people reached the level they stand with."""
    listed = list(honours)
    ids = [honour.volunteer_id for honour in listed]
    served = served_days(session, ids, span.first, span.last)
    asked = [one.volunteer_id for one in listed if asks_for_tenure(places[one.organisation_id])]
    joined = joined_by_id(session, asked) if asked else {}
    found = {}
    for honour in listed:
        days = served.get(honour.volunteer_id, [])
        on = _reached_on(honour, days, joined.get(honour.volunteer_id), places, span)
        if on is not None:
            found[honour.volunteer_id] = on
    return found


def _reached_on(
    honour: Honour,
    days: Sequence[tuple[date, int]],
    joined: Joined | None,
    places: Mapping[int, Settings],
    span: Span,
) -> date | None:
    settings = places[honour.organisation_id]
    tenure = tenure_of(settings, joined, _end_of(span))
    before = (span.first - _ONE_DAY, honour.before_minutes)
    levels = levels_reached([before, *days], settings.star_hours, tenure)
    return levels[honour.level - 1].on


def _asking(
    places: Mapping[int, Settings], span: Span, with_tenure: bool
) -> tuple[str, tuple[Any, ...]]:
    """Return the query that finds who may have risen, and its values."""
    begins, ends = date(span.first.year, 1, 1), date(span.last.year, 12, 31)
    edges: list[tuple[str, tuple[date, date]]] = []
    if span.first > begins:
        edges.append((_LED, (begins, span.first - _ONE_DAY)))
    if span.last < ends:
        edges.append((_FOLLOWED, (span.last + _ONE_DAY, ends)))
    query = _HONOURED.format(
        edges="".join(edge for edge, _days in edges),
        crossing=_crossing(places.values(), with_tenure),
        member_on=_MEMBER_ON if with_tenure else "NULL",
    )
    within = (begins.year, ends.year, begins, ends)
    return query, (*within, *(day for _edge, days in edges for day in days * 2), sorted(places))


def _crossing(settings: Iterable[Settings], with_tenure: bool) -> str:
    """Say who may have risen: who crossed some hours; with months besides, who has enough."""
    bounds = sorted({hours * HOUR for each in settings for hours in each.star_hours})
    if with_tenure:
        return f"sum(e) >= {bounds[0]}"
    return " OR ".join(f"(sum(b) < {bound} AND sum(e) >= {bound})" for bound in bounds)


def _honour(row: Any, settings: Settings, joined: Joined | None, span: Span) -> Honour | None:
    volunteer_id, home, number, name, before, by_end = row[:6]
    level = _level(by_end, settings, joined, _end_of(span))
    if level == _level(before, settings, joined, span.first - _ONE_DAY):
        return None
    return Honour(volunteer_id, home, number, name, level, by_end, before)


def _level(minutes: int, settings: Settings, joined: Joined | None, on: date) -> int:
    tenure = tenure_of(settings, joined, on) if joined else None
    return star_level(minutes, settings.star_hours, tenure).level


def _end_of(span: Span) -> date:
    """Months that are over only after today count for nobody yet."""
    return min(span.last, span.today)
