"""What each person served, per year, team, organisation and colour: kept with every posting (I-25).

Distinct dates change only when the first record of a date comes or its last one goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, day_of, fetch, many, run
from app.service.operations.lines import DayCount, DayKey

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


class _TotalKey(NamedTuple):
    volunteer_id: int
    year: int
    team_id: int
    organisation_id: int
    colour_id: int


def keep_totals(
    session: Session,
    changes: Sequence[Change],
    *,
    before: Mapping[DayKey, DayCount] | None = None,
) -> None:
    """Move the totals by these changes, which the records already show.

    `before`: what the dates held before, where the caller has read it; else it is counted.
    The caller holds the people's locks. Two statements at most, whatever the number of people.
    """
    moved = _moved(changes)
    if before is None:
        before = _counted_before(session, moved)
    sums = _sums(changes)
    for day, delta in moved.items():
        held = before.get(day, DayCount())
        total = sums[_total_key(day)]
        total[3] += _appears(held.records, delta.records)
        total[4] += _appears(held.service_days, delta.service_days)
    rows = [(*key, *total) for key, total in sorted(sums.items()) if any(total)]
    many(session, _GROW, [row for row in rows if min(row[5:]) >= 0])
    shrinking = [row for row in rows if min(row[5:]) < 0]
    if shrinking:
        many(session, _SHRINK, [(*row[5:], *row[:5]) for row in shrinking])
        run(session, _DROP_EMPTY, sorted({row[0] for row in shrinking}))


def _appears(held: int, delta: int) -> int:
    """Return 1 when the first one comes, -1 when the last one goes, else 0."""
    return (held + delta > 0) - (held > 0)


def _moved(changes: Iterable[Change]) -> dict[DayKey, DayCount]:
    moved: dict[DayKey, DayCount] = {}
    for day, is_service_day, _minutes, _points, sign in changes:
        held = moved.get(day)
        if held is None:
            moved[day] = DayCount(sign, sign if is_service_day else 0)
        else:
            moved[day] = DayCount(
                held.records + sign, held.service_days + (sign if is_service_day else 0)
            )
    return moved


def _sums(changes: Iterable[Change]) -> dict[_TotalKey, list[int]]:
    sums: dict[_TotalKey, list[int]] = {}
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


def _total_key(day: DayKey) -> _TotalKey:
    return _TotalKey(day[0], day[4].year, day[1], day[2], day[3])


def _counted_before(session: Session, moved: Mapping[DayKey, DayCount]) -> dict[DayKey, DayCount]:
    """Count what stands now and take the changes back."""
    before = {day: DayCount(-delta.records, -delta.service_days) for day, delta in moved.items()}
    volunteer_ids = sorted({day.volunteer_id for day in moved})
    dates: list[date] = sorted({day.service_on for day in moved})
    for row in fetch(session, _COUNTS, volunteer_ids, dates):
        *_key, on, records, service_days = row
        day = DayKey(row[0], row[1], row[2], row[3], day_of(on))
        if day in before:
            held = before[day]
            before[day] = DayCount(held.records + records, held.service_days + int(service_days))
    return before
