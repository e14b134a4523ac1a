"""Balances and statements, read from the ledger's own tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Label, case, cast, func, select
from sqlalchemy.orm import Session

from app.bulk import fetch, instant_of
from app.ledger.chain_rules import Head
from app.ledger.chain_statements import LAST_LINK
from app.ledger.models import Account, Entry, Posting
from app.ledger.statements import LAST_ENTRY


class Balances(NamedTuple):
    """A person's time account in minutes and points in hundredths."""

    minutes: int
    points_hundredths: int


class StatementLine(NamedTuple):
    """One entry as it touched a person's two accounts."""

    entry_id: int
    kind: str
    recorded_at: datetime
    actor_id: int | None
    reason: str | None
    subject_kind: str
    subject_id: int
    reverses_id: int | None
    rule_version_id: int | None
    minutes: int
    points_hundredths: int


class AccountLine(NamedTuple):
    """One entry as it touched a person's two accounts, with both balances after it."""

    entry_id: int
    kind: str
    recorded_at: datetime
    actor_id: int | None
    reason: str | None
    subject_kind: str
    subject_id: int
    reverses_id: int | None
    rule_version_id: int | None
    minutes: int
    points_hundredths: int
    minutes_after: int
    points_after_hundredths: int


_ACCOUNT_LINES = """
SELECT e.id, e.kind, e.recorded_at, e.actor_id, e.reason, e.subject_kind, e.subject_id,
  e.reverses_id, e.rule_version_id, CAST(m.minutes AS bigint), CAST(m.points AS bigint),
  CAST(m.minutes_after AS bigint), CAST(m.points_after AS bigint)
FROM (
  SELECT entry_id, minutes, points,
    sum(minutes) OVER (ORDER BY entry_id) AS minutes_after,
    sum(points) OVER (ORDER BY entry_id) AS points_after
  FROM (
    SELECT p.entry_id,
      sum(CASE WHEN a.unit = 'minutes' THEN p.amount ELSE 0 END) AS minutes,
      sum(CASE WHEN a.unit = 'points' THEN p.amount ELSE 0 END) AS points
    FROM accounts a JOIN postings p ON p.account_id = a.id
    WHERE a.holder_id = ? GROUP BY p.entry_id
  ) AS moved
) AS m JOIN entries e ON e.id = m.entry_id
"""
_SOME_ACCOUNT_LINES = _ACCOUNT_LINES + "WHERE e.id IN ?ids OR e.subject_kind <> ? ORDER BY e.id"
_ALL_ACCOUNT_LINES = _ACCOUNT_LINES + "ORDER BY e.id"


def account_lines(session: Session, holder_id: int) -> list[AccountLine]:
    """Return a person's whole history, oldest first, each entry with the balances after it."""
    return [_account_line(row) for row in fetch(session, _ALL_ACCOUNT_LINES, holder_id)]


def account_lines_among(
    session: Session, holder_id: int, entry_ids: list[int], *, or_not_about: str
) -> list[AccountLine]:
    """Return the entries named, and all those about subjects of other kinds, oldest first."""
    rows = fetch(session, _SOME_ACCOUNT_LINES, holder_id, entry_ids, or_not_about)
    return [_account_line(row) for row in rows]


def _account_line(row: tuple[Any, ...]) -> AccountLine:
    return AccountLine(row[0], row[1], instant_of(row[2]), *row[3:])


class LastEntry(NamedTuple):
    """The entry with the highest id."""

    id: int
    recorded_at: datetime


def last_entry(session: Session) -> LastEntry | None:
    """Return the entry with the highest id, or None."""
    rows = fetch(session, LAST_ENTRY)
    return LastEntry(rows[0][0], instant_of(rows[0][1])) if rows else None


def last_entry_id(session: Session) -> int:
    """Return the id of the last entry there is; 0 in an empty ledger."""
    return session.scalar(select(func.max(Entry.id))) or 0


def head(session: Session) -> Head | None:
    """Return the last link of the chain; None where nothing is sealed yet."""
    for through_id, digest, sealed_at, number in fetch(session, LAST_LINK):
        return Head(through_id, digest, instant_of(sealed_at), number)
    return None


def _sum_of(unit: str) -> Label[int]:
    # The sum of bigints is a numeric on PostgreSQL; it is a whole number here.
    amount = case((Account.unit == unit, Posting.amount), else_=0)
    return cast(func.sum(amount), BigInteger).label(unit)


_BALANCES = "SELECT unit, balance FROM accounts WHERE holder_id = ?"


def balances_of(session: Session, holder_id: int) -> Balances:
    """Return a person's stored balances; zero where no account was opened."""
    found = {unit: balance or 0 for unit, balance in fetch(session, *asking_balances(holder_id))}
    return Balances(found.get("minutes", 0), found.get("points", 0))


def asking_balances(holder_id: int) -> tuple[Any, ...]:
    """Return the query of `balances_of`, as `asked_ahead` takes it."""
    return _BALANCES, holder_id


def statement(
    session: Session, holder_id: int, *, before_id: int | None = None, limit: int = 50
) -> list[StatementLine]:
    """Return a person's entries, newest first, below an entry id (keyset paging)."""
    mine = (
        select(
            Posting.entry_id,
            _sum_of("minutes"),
            _sum_of("points"),
        )
        .join(Account, Account.id == Posting.account_id)
        .where(Account.holder_id == holder_id)
        .group_by(Posting.entry_id)
        .order_by(Posting.entry_id.desc())
        .limit(limit)
    )
    if before_id is not None:
        mine = mine.where(Posting.entry_id < before_id)
    page = mine.subquery()
    rows = session.execute(
        select(
            Entry.id,
            Entry.kind,
            Entry.recorded_at,
            Entry.actor_id,
            Entry.reason,
            Entry.subject_kind,
            Entry.subject_id,
            Entry.reverses_id,
            Entry.rule_version_id,
            page.c.minutes,
            page.c.points,
        )
        .join(page, page.c.entry_id == Entry.id)
        .order_by(Entry.id.desc())
    )
    return [StatementLine._make(row) for row in rows]


def balances_of_many(session: Session, holder_ids: Iterable[int]) -> dict[int, Balances]:
    """Return the stored balances of several people (a page of them), by holder."""
    rows = session.execute(
        select(Account.holder_id, Account.unit, Account.balance).where(
            Account.holder_id.in_(list(holder_ids))
        )
    )
    found: dict[int, dict[str, int]] = {}
    for holder_id, unit, balance in rows:
        found.setdefault(holder_id or 0, {})[unit] = balance or 0
    return {
        holder: Balances(units.get("minutes", 0), units.get("points", 0))
        for holder, units in found.items()
    }


class Lack(NamedTuple):
    """What somebody's balance falls short of what is to be taken back."""

    holder_id: int
    unit: str
    balance: int
    needed: int

    @property
    def missing(self) -> int:
        return self.needed - self.balance


class Covered(NamedTuple):
    """One shortfall that was covered, and by what."""

    entry_id: int
    recorded_at: datetime
    subject_id: int
    holder_id: int
    unit: str
    amount: int


_LACKING = """
SELECT a.holder_id, a.unit, a.balance, CAST(sum(p.amount) AS bigint)
FROM postings p JOIN accounts a ON a.id = p.account_id
WHERE p.entry_id IN ?ids AND a.holder_id IS NOT NULL
GROUP BY a.id, a.holder_id, a.unit, a.balance HAVING sum(p.amount) > a.balance
ORDER BY a.holder_id, a.unit
"""
_COVERED = """
SELECT e.id, e.recorded_at, e.subject_id, a.holder_id, a.unit, p.amount
FROM entries e JOIN postings p ON p.entry_id = e.id JOIN accounts a ON a.id = p.account_id
WHERE e.kind = 'shortfall' AND e.subject_kind = ? AND e.subject_id IN ?ids
  AND a.holder_id IS NOT NULL
ORDER BY e.id DESC, a.unit
"""


def lacking(session: Session, entry_ids: Iterable[int]) -> list[Lack]:
    """Return whose balance is less than what the reversal of these entries would take."""
    wanted = sorted(set(entry_ids))
    return [Lack(*row) for row in fetch(session, _LACKING, wanted)] if wanted else []


def covered_by(session: Session, subject_kind: str, subject_ids: Iterable[int]) -> list[Covered]:
    """Return the shortfalls that were covered by these subjects, newest first."""
    wanted = sorted(set(subject_ids))
    rows = fetch(session, _COVERED, subject_kind, wanted) if wanted else []
    return [Covered(row[0], instant_of(row[1]), *row[2:]) for row in rows]
