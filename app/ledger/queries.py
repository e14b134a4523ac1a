"""Balances and statements, read from the ledger's own tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Label, case, cast, func, select
from sqlalchemy.orm import Session

from app.ledger.models import Account, Entry, Posting


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


def _sum_of(unit: str) -> Label[int]:
    # The sum of bigints is a numeric on PostgreSQL; it is a whole number here.
    amount = case((Account.unit == unit, Posting.amount), else_=0)
    return cast(func.sum(amount), BigInteger).label(unit)


def balances_of(session: Session, holder_id: int) -> Balances:
    """Return a person's stored balances; zero where no account was opened."""
    rows = session.execute(
        select(Account.unit, Account.balance).where(Account.holder_id == holder_id)
    )
    found = {unit: balance or 0 for unit, balance in rows}
    return Balances(found.get("minutes", 0), found.get("points", 0))


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
