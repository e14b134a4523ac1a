"""How points lie by the years they were earned in, reckoned from whole histories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.expiry.queries.houses import CHANGE_OF_IT, MOVED_OTHERWISE, House, house_of
from app.expiry.rules import Due, Move, Terms, dues, lots_after
from app.ledger.histories import instant_of_move, points_moves
from app.organisations.rules import Settings

# So many people are read and reckoned at a time.
AT_ONCE = 300


class Expired(NamedTuple):
    """What one entry took: points of a year, and until when they could be used."""

    year: int
    until_on: date
    hundredths: int


# Of which year credits are, which years expired, which year a joining of two people evened out,
# which reversal an award makes good, and when somebody came to where points end
# otherwise; dates as text, so that one statement answers it all.
_SAID = """
SELECT 'award' AS what, r.award_entry_id AS entry_id, r.volunteer_id AS volunteer_id,
  CAST(r.service_on AS text) AS said, o.reversal_entry_id AS number
FROM service_records r LEFT JOIN service_records o ON o.id = r.corrects_id
WHERE r.volunteer_id IN ?ids AND r.award_entry_id IS NOT NULL
UNION ALL
SELECT 'opening', entry_id, volunteer_id, CAST(as_of_on AS text), NULL
FROM opening_records WHERE volunteer_id IN ?ids
UNION ALL
SELECT 'expired', entry_id, volunteer_id, CAST(usable_until_on AS text), year_earned
FROM expiries WHERE volunteer_id IN ?ids
UNION ALL
SELECT 'joined', y.entry_id, m.kept_id, CAST(y.year AS text), NULL
FROM merges m JOIN merged_years y ON y.merge_id = m.id WHERE m.kept_id IN ?ids
UNION ALL
SELECT 'moved', 0, t.subject_id, CAST(max(t.at) AS text), NULL FROM trail t
WHERE t.subject_kind = 'volunteer' AND t.subject_id IN ?ids AND t.operation = 'move_person'
  AND t.after LIKE ?
GROUP BY t.subject_id
"""
_SAID_AND_DECIDED = f"""
WITH RECURSIVE above (id) AS (
  SELECT CAST(? AS bigint)
  UNION ALL
  SELECT o.parent_id FROM above a JOIN organisations o ON o.id = a.id
  WHERE o.parent_id IS NOT NULL
)
{_SAID}
UNION ALL
SELECT 'decided', 0, 0, CAST(max(t.at) AS text), NULL
FROM trail t JOIN above a ON a.id = t.organisation_id
WHERE t.operation = 'move_organisation' OR (
  t.operation = 'change_setting' AND (t.after LIKE ? OR t.before LIKE ?))
"""
_EXPIRED = """
SELECT entry_id, year_earned, usable_until_on, points_hundredths FROM expiries
WHERE volunteer_id = ?
"""


class _Said(NamedTuple):
    what: str
    entry_id: int
    volunteer_id: int
    said: str | None
    number: int | None


def dues_of(session: Session, people: Mapping[int, House]) -> dict[int, list[Due]]:
    """Return for each person what is left by year and last day, the earliest end first."""
    found: dict[int, list[Due]] = {}
    ids = sorted(people)
    for begin in range(0, len(ids), AT_ONCE):
        some = ids[begin : begin + AT_ONCE]
        found |= _dues_of(session, {each: people[each] for each in some})
    return found


def _dues_of(session: Session, people: Mapping[int, House]) -> dict[int, list[Due]]:
    ids = sorted(people)
    return _reckoned(session, people, _said(fetch(session, _SAID, *_given(ids))))


def _given(ids: list[int]) -> tuple[Any, ...]:
    """Return what _SAID is asked with."""
    return (ids, ids, ids, ids, ids, MOVED_OTHERWISE)


def _said(rows: Iterable[Any]) -> list[_Said]:
    return [_Said._make(row) for row in rows]


def _reckoned(
    session: Session, people: Mapping[int, House], said: Sequence[_Said]
) -> dict[int, list[Due]]:
    ends: dict[int, set[tuple[int, date]]] = {}
    for one in said:
        if one.what == "expired":
            end = (one.number or 0, date.fromisoformat(one.said or ""))
            ends.setdefault(one.volunteer_id, set()).add(end)
    histories = _histories(session, people, said)
    come_at = {one.volunteer_id: instant_of(one.said or "") for one in said if one.what == "moved"}
    return {
        each: dues(lots_after(moves), _terms(people[each], come_at.get(each)), ends.get(each, ()))
        for each, moves in histories.items()
    }


def _terms(house: House, come_at: datetime | None) -> Terms:
    """Return what somebody's points obey: nothing ends unwarned because they moved there."""
    if come_at is None:
        return house.terms
    come_on = come_at.astimezone(ZoneInfo(house.zone)).date()
    begun_on = house.terms.begun_on
    return house.terms._replace(begun_on=max(come_on, begun_on or come_on))


def _histories(
    session: Session, people: Mapping[int, House], said: Iterable[_Said]
) -> dict[int, list[Move]]:
    """Return each person's moves, oldest first."""
    years, repaid = _years(said)
    days: dict[tuple[Any, str], date] = {}
    found: dict[int, list[Move]] = {}
    for one in points_moves(session, people):
        zone = people[one.holder_id].zone
        on = days.get((one.recorded_at, zone))
        if on is None:
            on = instant_of_move(one).astimezone(ZoneInfo(zone)).date()
            days[one.recorded_at, zone] = on
        year = years.get(one.entry_id, on.year)
        subject = (one.subject_kind, one.subject_id)
        about = (one.reverses_id, repaid.get(one.entry_id))
        move = Move(one.entry_id, one.kind, one.amount, on, year, subject, *about)
        found.setdefault(one.holder_id, []).append(move)
    return found


def _years(said: Iterable[_Said]) -> tuple[dict[int, int], dict[int, int | None]]:
    """Return by entry the year it is of, and the reversal it makes good."""
    years: dict[int, int] = {}
    repaid: dict[int, int | None] = {}
    for one in said:
        if one.what == "expired":
            years[one.entry_id] = one.number or 0
        elif one.said is not None and one.what != "moved":
            years[one.entry_id] = int(one.said[:4])
            repaid[one.entry_id] = one.number
    return years, repaid


def coming_of(
    session: Session, volunteer_id: int, organisation_id: int, settings: Settings
) -> list[Due]:
    """Return what of somebody's points ends when, the earliest end first; empty where never.

    The settings are those of the organisation they belong to.
    """
    if not settings.points_expire_after_years:
        return []
    ids = [volunteer_id]
    given = (organisation_id, *_given(ids), CHANGE_OF_IT, CHANGE_OF_IT)
    said = _said(fetch(session, _SAID_AND_DECIDED, *given))
    decided = next((one.said for one in said if one.what == "decided"), None)
    house = house_of(settings, instant_of(decided) if decided else None)
    told = [one for one in said if one.what != "decided"]
    return _reckoned(session, {volunteer_id: house}, told).get(volunteer_id, [])


def points_by_year(session: Session, volunteer_id: int, zone: str) -> dict[int, int]:
    """Return what somebody has of the points of each year, in hundredths; whatever the setting."""
    ids = [volunteer_id]
    said = _said(fetch(session, _SAID, *_given(ids)))
    histories = _histories(session, {volunteer_id: House(Terms(0), zone)}, said)
    found: dict[int, int] = {}
    for lot in lots_after(histories.get(volunteer_id, [])):
        found[lot.year] = found.get(lot.year, 0) + lot.hundredths
    return found


def expired_of(session: Session, volunteer_id: int) -> dict[int, Expired]:
    """Return what expired of somebody's points by entry."""
    rows = fetch(session, _EXPIRED, volunteer_id)
    return {row[0]: Expired(row[1], day_of(row[2]), row[3]) for row in rows}
