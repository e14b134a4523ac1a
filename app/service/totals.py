"""What each person served, per year, team, organisation and colour: kept with every posting (I-25).

Distinct dates change only when the first record of a date comes or its last one goes.
The standings of the ranking (app/service/standings.py) and the sums of each day
(app/service/day_totals.py) move with the totals.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, day_of, fetch, many, run
from app.organisations.queries import asking_above, lines_above
from app.service.day_totals import DayTotalKey, keep_day_totals
from app.service.operations.lines import DayCount, DayKey
from app.service.standings import Above, TotalKey, appears, keep_standings, moves_of

_COLUMNS = (
    "volunteer_id, year, team_id, organisation_id, colour_id, "
    "records, minutes, points_hundredths, dates, service_days"
)
_CASTS = ("bigint", "integer", "bigint", "bigint", "bigint", *("bigint",) * 5)
_ADD = """
ON CONFLICT (volunteer_id, year, team_id, organisation_id, colour_id) DO UPDATE SET
  records = service_totals.records + excluded.records,
  minutes = service_totals.minutes + excluded.minutes,
  points_hundredths = service_totals.points_hundredths + excluded.points_hundredths,
  dates = service_totals.dates + excluded.dates,
  service_days = service_totals.service_days + excluded.service_days
"""
_GROW = Statement(
    f"INSERT INTO service_totals ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {_ADD}",
    f"INSERT INTO service_totals ({_COLUMNS}) SELECT * FROM {{rows}} {_ADD}",
    _CASTS,
)
_SHRINK = Statement(
    "UPDATE service_totals SET records = records + ?, minutes = minutes + ?, "
    "points_hundredths = points_hundredths + ?, dates = dates + ?, "
    "service_days = service_days + ? WHERE volunteer_id = ? AND year = ? AND team_id = ? "
    "AND organisation_id = ? AND colour_id = ?",
    "UPDATE service_totals t SET records = t.records + r.a, minutes = t.minutes + r.b, "
    "points_hundredths = t.points_hundredths + r.c, dates = t.dates + r.d, "
    "service_days = t.service_days + r.e FROM {rows} WHERE t.volunteer_id = r.f AND t.year = r.g "
    "AND t.team_id = r.h AND t.organisation_id = r.i AND t.colour_id = r.j",
    (*("bigint",) * 5, "bigint", "integer", "bigint", "bigint", "bigint"),
)
_DROP_EMPTY = "DELETE FROM service_totals WHERE records = 0 AND volunteer_id IN ?ids"
_COUNTS = """
SELECT volunteer_id, team_id, organisation_id, colour_id, service_on,
  count(*), sum(CASE WHEN is_service_day THEN 1 ELSE 0 END)
FROM service_records
WHERE volunteer_id IN ?ids AND service_on IN ?days AND state = 'approved'
GROUP BY volunteer_id, team_id, organisation_id, colour_id, service_on
"""


class Change(NamedTuple):
    """One approved record that comes (+1) or goes (-1)."""

    day: DayKey
    is_service_day: bool
    minutes: int
    points_hundredths: int
    sign: int


def keep_totals(
    session: Session,
    changes: Sequence[Change],
    *,
    before: Mapping[DayKey, DayCount] | None = None,
    above: Above | None = None,
) -> None:
    """Move the totals, standings and days by these changes, which the records already show.

    `before`: what these people's dates held before with whatever team, and `above`: the lines
    up from the organisations of both, where the caller has read them; else they are read.
    The caller holds the people's locks. The statements do not grow with the people.
    """
    moved = _moved(changes)
    if before is None:
        before = _counted_before(session, moved)
    if above is None:
        above = lines_above(fetch(session, *asking_above(organisations_of(changes, before))))
    sums = _sums(changes)
    for day, delta in moved.items():
        held = before.get(day, DayCount())
        total = sums[_total_key(day)]
        total[3] += appears(held.records, delta.records)
        total[4] += appears(held.service_days, delta.service_days)
    rows = [(*key, *total) for key, total in sorted(sums.items()) if any(total)]
    many(session, _GROW, [row for row in rows if min(row[5:]) >= 0])
    shrinking = [row for row in rows if min(row[5:]) < 0]
    if shrinking:
        many(session, _SHRINK, [(*row[5:], *row[:5]) for row in shrinking])
        run(session, _DROP_EMPTY, sorted({row[0] for row in shrinking}))
    keep_standings(session, moves_of(sums, moved, before, above))
    keep_day_totals(session, _days(changes))


def organisations_of(changes: Iterable[Change], before: Iterable[DayKey]) -> list[int]:
    """Return the organisations whose lines above are needed to keep the standings."""
    days = {change.day.organisation_id for change in changes}
    return sorted(days.union(day.organisation_id for day in before))


def _moved(changes: Iterable[Change]) -> dict[DayKey, DayCount]:
    moved: dict[DayKey, DayCount] = {}
    for day, is_service_day, _minutes, _points, sign in changes:
        held = moved.get(day)
        if held is None:
            moved[day] = _first_of(sign, is_service_day)
        else:
            moved[day] = DayCount(
                held.records + sign, held.service_days + (sign if is_service_day else 0)
            )
    return moved


@lru_cache
def _first_of(sign: int, is_service_day: bool) -> DayCount:
    """Return what one record moves: nearly every day has one, and they are four in all."""
    return DayCount(sign, sign if is_service_day else 0)


def _sums(changes: Iterable[Change]) -> dict[TotalKey, list[int]]:
    sums: dict[TotalKey, list[int]] = {}
    for day, _is_service_day, minutes, points, sign in changes:
        key = _total_key(day)
        total = sums.get(key)
        if total is None:
            sums[key] = [sign, sign * minutes, sign * points, 0, 0]
        else:
            total[0] += sign
            total[1] += sign * minutes
            total[2] += sign * points
    return sums


def _days(changes: Iterable[Change]) -> dict[DayTotalKey, list[int]]:
    days: dict[DayTotalKey, list[int]] = {}
    for day, _is_service_day, minutes, _points, sign in changes:
        _volunteer_id, team_id, organisation_id, colour_id, on = day
        move = days.setdefault(DayTotalKey(organisation_id, on, team_id, colour_id), [0, 0])
        move[0] += sign
        move[1] += sign * minutes
    return days


def _total_key(day: DayKey) -> TotalKey:
    return TotalKey(day[0], day[4].year, day[1], day[2], day[3])


def _counted_before(session: Session, moved: Mapping[DayKey, DayCount]) -> dict[DayKey, DayCount]:
    """Count what stands now and take the changes back."""
    before = {day: DayCount(-delta.records, -delta.service_days) for day, delta in moved.items()}
    volunteer_ids = sorted({day.volunteer_id for day in moved})
    dates: list[date] = sorted({day.service_on for day in moved})
    for row in fetch(session, _COUNTS, volunteer_ids, dates):
        *_key, on, records, service_days = row
        day = DayKey(row[0], row[1], row[2], row[3], day_of(on))
        held = before.get(day, DayCount())
        before[day] = DayCount(held.records + records, held.service_days + int(service_days))
    return before
