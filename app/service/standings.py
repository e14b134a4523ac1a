"""What stands in a year's ranking: per person, year, organisation with all below it, and colour.

Kept with every posting beside the totals, so that a page of the ranking is a piece of an index,
however many people there are. A date served with two teams is one date: the totals of each
team cannot be added up, so dates shared by several are counted here by themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import Statement, allow_long_statements, many, run
from app.db import is_postgresql
from app.service.models import EVERY_COLOUR, ORDER_KEY
from app.service.operations.lines import DayCount, DayKey

_KEY = "volunteer_id, year, organisation_id, colour_id"
_COLUMNS = f"{_KEY}, number, records, minutes, points_hundredths, dates, service_days, order_key"
_ADD = f"""
ON CONFLICT ({_KEY}) DO UPDATE SET
  records = standings.records + excluded.records,
  minutes = standings.minutes + excluded.minutes,
  points_hundredths = standings.points_hundredths + excluded.points_hundredths,
  dates = standings.dates + excluded.dates,
  service_days = standings.service_days + excluded.service_days,
  order_key = standings.order_key + excluded.order_key
"""
_GROW = Statement(
    f"INSERT INTO standings ({_COLUMNS}) VALUES (?, ?, ?, ?, "
    f"(SELECT coalesce(number, '') FROM volunteers WHERE id = ?), ?, ?, ?, ?, ?, ?) {_ADD}",
    f"INSERT INTO standings ({_COLUMNS}) SELECT r.a, r.b, r.c, r.d, coalesce(v.number, ''), "
    f"r.f, r.g, r.h, r.i, r.j, r.k FROM {{rows}} JOIN volunteers v ON v.id = r.e {_ADD}",
    ("bigint", "integer", *("bigint",) * 9),
)
_SHRINK = Statement(
    "UPDATE standings SET records = records + ?, minutes = minutes + ?, "
    "points_hundredths = points_hundredths + ?, dates = dates + ?, "
    "service_days = service_days + ?, order_key = order_key + ? "
    "WHERE volunteer_id = ? AND year = ? AND organisation_id = ? AND colour_id = ?",
    "UPDATE standings t SET records = t.records + r.a, minutes = t.minutes + r.b, "
    "points_hundredths = t.points_hundredths + r.c, dates = t.dates + r.d, "
    "service_days = t.service_days + r.e, order_key = t.order_key + r.f FROM {rows} "
    "WHERE t.volunteer_id = r.g AND t.year = r.h AND t.organisation_id = r.i "
    "AND t.colour_id = r.j",
    (*("bigint",) * 7, "integer", "bigint", "bigint"),
)
_DROP_EMPTY = "DELETE FROM standings WHERE records = 0 AND volunteer_id IN ?ids"


class TotalKey(NamedTuple):
    """What one row of the kept totals is about."""

    volunteer_id: int
    year: int
    team_id: int
    organisation_id: int
    colour_id: int


class StandingKey(NamedTuple):
    """What one standing is about."""

    volunteer_id: int
    year: int
    organisation_id: int
    colour_id: int


Above = Mapping[int, Sequence[int]]
Days = Mapping[DayKey, DayCount]


def keep_standings(session: Session, moves: Mapping[StandingKey, Sequence[int]]) -> None:
    """Move the standings; the caller holds the people's locks."""
    rows = [(key, move) for key, move in sorted(moves.items()) if any(move)]
    growing = [
        (*key, key.volunteer_id, *move, _order_key(move)) for key, move in rows if min(move) >= 0
    ]
    many(session, _GROW, growing)
    shrinking = [(*move, _order_key(move), *key) for key, move in rows if min(move) < 0]
    if shrinking:
        many(session, _SHRINK, shrinking)
        run(session, _DROP_EMPTY, sorted({key.volunteer_id for key, move in rows if min(move) < 0}))


def _order_key(move: Sequence[int]) -> int:
    """Return by how much the order key moves: it is a sum of the figures, so it moves with them."""
    _records, minutes, _points, dates, service_days = move
    return -(minutes * 262144 + dates * 512 + service_days)


def moves_of(
    sums: Mapping[TotalKey, Sequence[int]], moved: Days, before: Days, above: Above
) -> dict[StandingKey, list[int]]:
    """Return by how much each standing moves.

    `sums`: by how much the totals move. `above`: the line from each organisation up to its root.
    """
    found: dict[StandingKey, list[int]] = {}
    for key, total in sums.items():
        for scope in _scopes(key.volunteer_id, key.year, key[3:], above):
            move = found.setdefault(scope, [0, 0, 0, 0, 0])
            for place, figure in enumerate(total):
                move[place] += figure
    for days in _shared_dates(moved, before):
        for scope, dates, service_days in _counted_too_often(days, moved, before, above):
            found[scope][3] -= dates
            found[scope][4] -= service_days
    return found


def appears(held: int, delta: int) -> int:
    """Return 1 when the first one comes, -1 when the last one goes, else 0."""
    return (held + delta > 0) - (held > 0)


def _scopes(
    volunteer_id: int, year: int, place: tuple[int, ...], above: Above
) -> Iterator[StandingKey]:
    organisation_id, colour_id = place
    for each in above[organisation_id]:
        yield StandingKey(volunteer_id, year, each, EVERY_COLOUR)
        yield StandingKey(volunteer_id, year, each, colour_id)


def _shared_dates(moved: Days, before: Days) -> Iterable[list[DayKey]]:
    """Return the dates that somebody spends, or spent, with more than one team."""
    if len({key[1:4] for days in (moved, before) for key in days}) < 2:
        # All with one team, as nearly always: of 100,000 dates none need be remembered.
        return ()
    first: dict[tuple[int, date], DayKey] = {}
    shared: dict[tuple[int, date], list[DayKey]] = {}
    for key in moved:
        day = (key.volunteer_id, key.service_on)
        if first.setdefault(day, key) is not key:
            shared.setdefault(day, [first[day]]).append(key)
    for key in before:
        day = (key.volunteer_id, key.service_on)
        if key not in moved and day in first:
            shared.setdefault(day, [first[day]]).append(key)
    return shared.values()


def _counted_too_often(
    days: Sequence[DayKey], moved: Days, before: Days, above: Above
) -> Iterator[tuple[StandingKey, int, int]]:
    """Yield the standings to which these parts of one date were added each as a date."""
    by_scope: dict[StandingKey, list[DayKey]] = {}
    for day in days:
        year = day.service_on.year
        place = (day.organisation_id, day.colour_id)
        for scope in _scopes(day.volunteer_id, year, place, above):
            by_scope.setdefault(scope, []).append(day)
    for scope, parts in by_scope.items():
        if len(parts) > 1 and any(part in moved for part in parts):
            held = [before.get(part, DayCount()) for part in parts]
            deltas = [moved.get(part, DayCount()) for part in parts]
            dates, service_days = (
                _too_often([one[i] for one in held], [one[i] for one in deltas]) for i in (0, 1)
            )
            yield scope, dates, service_days


def _too_often(held: Sequence[int], deltas: Sequence[int]) -> int:
    each = sum(appears(one, delta) for one, delta in zip(held, deltas, strict=True))
    return each - appears(sum(held), sum(deltas))


# ── the same from the records ─────────────────────────────────────────────────────────────

_YEAR = {
    False: "CAST(substr(s.service_on, 1, 4) AS INTEGER)",
    True: "CAST(extract(year FROM s.service_on) AS integer)",
}
_FORGET = "DELETE FROM standings WHERE organisation_id IN ?ids"
_RECOUNT = """
WITH RECURSIVE below (scope_id, id) AS (
  SELECT id, id FROM organisations WHERE id IN ?ids
  UNION ALL
  SELECT b.scope_id, o.id FROM below b JOIN organisations o ON o.parent_id = b.id
)
INSERT INTO standings ({columns})
SELECT c.*, {order_key} FROM (
  SELECT s.volunteer_id, {year} AS year, b.scope_id, {colour} AS colour_id,
    coalesce(v.number, '') AS number, count(*) AS records,
    CAST(sum(s.minutes) AS bigint) AS minutes,
    CAST(sum(s.points_hundredths) AS bigint) AS points_hundredths,
    count(DISTINCT s.service_on) AS dates,
    count(DISTINCT CASE WHEN s.is_service_day THEN s.service_on END) AS service_days
  FROM service_records s JOIN below b ON b.id = s.organisation_id
    JOIN volunteers v ON v.id = s.volunteer_id
  WHERE s.state = 'approved'
  GROUP BY s.volunteer_id, {year}, b.scope_id, {grouped} v.number
) c
"""


def recount_standings(session: Session, organisation_ids: Collection[int]) -> None:
    """Count the standings of some organisations anew; the caller holds off all posting."""
    ids = sorted(organisation_ids)
    if not ids:
        return
    allow_long_statements(session)
    run(session, _FORGET, ids)
    year = _YEAR[is_postgresql(session)]
    for colour, grouped in ((str(EVERY_COLOUR), ""), ("s.colour_id", "s.colour_id,")):
        recount = _RECOUNT.format(
            columns=_COLUMNS, year=year, colour=colour, grouped=grouped, order_key=ORDER_KEY
        )
        run(session, recount, ids)
