"""Entries that balance, mirrors that undo them, and what a ledger refuses.

Amounts are signed integers: minutes, or hundredths of a point.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from app.errors import N_, RuleBroken

Unit = Literal["minutes", "points"]
UNITS: frozenset[str] = frozenset(get_args(Unit))

Kind = Literal[
    "service",
    "reversal",
    "redemption",
    "refund",
    "transfer",
    "expiry",
    "adjustment",
    "opening",
    "shortfall",
]
KINDS: frozenset[str] = frozenset(get_args(Kind))

# What a reversal took away is awarded again, what was redeemed is refunded, and what has expired
# or was covered comes back by an adjustment only.
NOT_REVERSIBLE_KINDS: frozenset[str] = frozenset(
    {"reversal", "redemption", "refund", "expiry", "shortfall"}
)

LEAST_POSTINGS = 2


class Leg(NamedTuple):
    """One posting to be: an account and what it gains (or, negative, gives)."""

    account_id: int
    amount: int


class Unbalanced(RuleBroken):
    """The postings of one unit do not sum to zero."""

    code = "unbalanced"
    message = N_("An entry's postings must sum to zero; these sum to %(sum)s in %(unit)s.")


class TooFewPostings(Unbalanced):
    """An entry moves something from one account to another, so it has two postings."""

    message = N_("An entry has at least %(least)s postings; this one has %(count)s.")


class BadAmount(Unbalanced):
    """A posting moves a whole number other than zero."""

    message = N_("A posting moves a whole number other than zero; this one moves %(amount)s.")


class AlreadyReversed(RuleBroken):
    """An entry is reversed at most once."""

    code = "already_reversed"
    message = N_("Entry %(entry)s was reversed already, by entry %(reversed_by)s.")


class NotReversible(RuleBroken):
    """A reversal is not reversed: award again instead; others have a way back of their own."""

    code = "not_reversible"
    message = N_("Entry %(entry)s is a %(kind)s and cannot be reversed.")


class InsufficientBalance(RuleBroken):
    """An account would go below zero."""

    code = "insufficient_balance"
    message = N_("The account holds %(balance)s; %(needed)s are needed, %(missing)s are missing.")


class WouldGoBelowZero(RuleBroken):
    """A reversal would take more than is left; `holders` are those concerned (may be unknown)."""

    code = "would_go_below_zero"
    message = N_("%(count)s balances would go below zero.")

    @classmethod
    def of(cls, holders: Iterable[int]) -> WouldGoBelowZero:
        """Return the refusal for these holders."""
        concerned = frozenset(holders)
        return cls(count=len(concerned), holders=concerned)

    @property
    def holders(self) -> frozenset[int]:
        """The holders whose balance does not suffice."""
        return frozenset(self.figures["holders"])


def check_balanced(legs_with_units: Iterable[tuple[Leg, str]]) -> None:
    """Refuse postings that do not sum to zero in each unit, or are fewer than two."""
    sums: dict[str, int] = {}
    count = 0
    for leg, unit in legs_with_units:
        if type(leg.amount) is not int or leg.amount == 0:
            raise BadAmount(amount=leg.amount)
        sums[unit] = sums.get(unit, 0) + leg.amount
        count += 1
    if count < LEAST_POSTINGS:
        raise TooFewPostings(least=LEAST_POSTINGS, count=count)
    for unit, total in sums.items():
        if total:
            raise Unbalanced(sum=total, unit=unit)


def mirror(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """Return the postings that undo these, in the same order."""
    return tuple(Leg(leg.account_id, -leg.amount) for leg in legs)


def check_reversible(entry_id: int, kind: str, reversed_by: int | None) -> None:
    """Refuse to reverse an entry a second time, or one that is never reversed."""
    if kind in NOT_REVERSIBLE_KINDS:
        raise NotReversible(entry=entry_id, kind=kind)
    if reversed_by is not None:
        raise AlreadyReversed(entry=entry_id, reversed_by=reversed_by)


def missing_of(balance: int, change: int) -> int:
    """Return how much a balance falls short of a change; 0 when it is enough."""
    return max(0, -(balance + change))


def check_balance(balance: int, change: int) -> None:
    """Refuse a change that would take a balance below zero, with the figures."""
    missing = missing_of(balance, change)
    if missing:
        raise InsufficientBalance(balance=balance, needed=-change, missing=missing)
