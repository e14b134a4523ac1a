"""What moved the points of very many people from instant to instant, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, instant_of


class Holders(NamedTuple):
    """Whose accounts are meant: a query for their ids, in the words of `fetch`, and its values."""

    query: str
    values: tuple[object, ...] = ()


class KindSum(NamedTuple):
    """What the entries of one kind gave to accounts and took from them within one period.

    Period 0 is all before the first bound, period n what lies between the bounds n and n + 1.
    """

    period: int
    kind: str
    gained: int
    lost: int


_SUMS = """
SELECT {period}, e.kind,
  CAST(sum(CASE WHEN p.amount > 0 THEN p.amount ELSE 0 END) AS bigint),
  CAST(sum(CASE WHEN p.amount < 0 THEN p.amount ELSE 0 END) AS bigint)
FROM accounts a JOIN postings p ON p.account_id = a.id JOIN entries e ON e.id = p.entry_id
WHERE a.holder_id IN ({holders}) AND a.unit = 'points' AND e.recorded_at < ?
GROUP BY 1, 2 ORDER BY 1, 2
"""
_HELD = """
SELECT CAST(coalesce(sum(a.balance), 0) AS bigint) FROM accounts a
WHERE a.holder_id IN ({holders}) AND a.unit = 'points'
"""
_FIRST = "SELECT recorded_at FROM entries ORDER BY id LIMIT 1"


def points_by_period(
    session: Session, holders: Holders, bounds: Sequence[datetime]
) -> list[KindSum]:
    """Return by period and kind what moved these people's points before the last bound."""
    whens = " ".join(f"WHEN e.recorded_at < ? THEN {place}" for place in range(len(bounds)))
    query = _SUMS.format(period=f"CASE {whens} END", holders=holders.query)
    rows = fetch(session, query, *bounds, *holders.values, bounds[-1])
    return [KindSum(*row) for row in rows]


def points_held(session: Session, holders: Holders) -> int:
    """Return what the balances of these people add up to now, in hundredths."""
    return int(fetch(session, _HELD.format(holders=holders.query), *holders.values)[0][0])


def first_recorded_at(session: Session) -> datetime | None:
    """Return when the first entry was recorded; None in an empty ledger."""
    rows = fetch(session, _FIRST)
    return instant_of(rows[0][0]) if rows else None
