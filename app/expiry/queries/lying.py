"""How points lie by the years they were earned in, reckoned from whole histories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch
from app.expiry.queries.houses import House, houses_of
from app.expiry.rules import Due, Move, dues, lots_after
from app.ledger.histories import PointsMove, instant_of_move, points_moves

# So many people are read and reckoned at a time.
AT_ONCE = 300


class Expired(NamedTuple):
    """What one entry took: points of a year, and until when they could be used."""

    year: int
    until_on: date
    hundredths: int


_AWARDS = """
SELECT r.award_entry_id, r.service_on, o.reversal_entry_id
FROM service_records r LEFT JOIN service_records o ON o.id = r.corrects_id
WHERE r.volunteer_id IN ?ids AND r.award_entry_id IS NOT NULL
"""
_OPENINGS = "SELECT entry_id, as_of_on FROM opening_records WHERE volunteer_id IN ?ids"
_EXPIRED = """
SELECT entry_id, volunteer_id, year_earned, usable_until_on, points_hundredths FROM expiries
WHERE volunteer_id IN ?ids
"""


def dues_of(session: Session, people: Mapping[int, House]) -> dict[int, list[Due]]:
    """Return for each person what is left by year and last day, the earliest end first."""
    found: dict[int, list[Due]] = {}
    ids = sorted(people)
    for begin in range(0, len(ids), AT_ONCE):
        some = ids[begin : begin + AT_ONCE]
        found |= _dues_of(session, {each: people[each] for each in some})
    return found


def _dues_of(session: Session, people: Mapping[int, House]) -> dict[int, list[Due]]:
    ended = fetch(session, _EXPIRED, sorted(people))
    ends: dict[int, set[tuple[int, date]]] = {}
    for _, volunteer_id, year, until_on, _ in ended:
        ends.setdefault(volunteer_id, set()).add((year, day_of(until_on)))
    histories = _histories(session, people, {row[0]: row[2] for row in ended})
    return {
        each: dues(lots_after(moves), people[each].terms, ends.get(each, ()))
        for each, moves in histories.items()
    }


def _histories(
    session: Session, people: Mapping[int, House], ended: Mapping[int, int]
) -> dict[int, list[Move]]:
    """Return each person's moves; `ended` are the years of their expiry entries."""
    raw = points_moves(session, people)
    awards = {
        row[0]: (day_of(row[1]).year, row[2]) for row in fetch(session, _AWARDS, list(people))
    }
    openings = _openings(session, people, raw)
    days: dict[tuple[Any, str], date] = {}
    found: dict[int, list[Move]] = {}
    for one in raw:
        zone = people[one.holder_id].zone
        on = days.get((one.recorded_at, zone))
        if on is None:
            on = instant_of_move(one).astimezone(ZoneInfo(zone)).date()
            days[one.recorded_at, zone] = on
        year, repays_id = awards.get(one.entry_id, (on.year, None))
        year = openings.get(one.entry_id, ended.get(one.entry_id, year))
        subject = (one.subject_kind, one.subject_id)
        found.setdefault(one.holder_id, []).append(
            Move(one.entry_id, one.kind, one.amount, on, year, subject, one.reverses_id, repays_id)
        )
    return found


def _openings(session: Session, people: Iterable[int], raw: Sequence[PointsMove]) -> dict[int, int]:
    if all(one.kind != "opening" for one in raw):
        return {}
    return {row[0]: day_of(row[1]).year for row in fetch(session, _OPENINGS, sorted(people))}


def coming_of(session: Session, volunteer_id: int) -> list[Due]:
    """Return what of somebody's points ends when, the earliest end first; empty where never."""
    rows = fetch(session, "SELECT organisation_id FROM volunteers WHERE id = ?", volunteer_id)
    houses = houses_of(session, [row[0] for row in rows])
    if not houses:
        return []
    (house,) = houses.values()
    return dues_of(session, {volunteer_id: house}).get(volunteer_id, [])


def expired_of(session: Session, volunteer_id: int) -> dict[int, Expired]:
    """Return what expired of somebody's points by entry."""
    rows = fetch(session, _EXPIRED, [volunteer_id])
    return {row[0]: Expired(row[2], day_of(row[3]), row[4]) for row in rows}
