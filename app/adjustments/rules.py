"""What an adjustment asks for, how it moves, and what it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from app.errors import N_, NotFound, RuleBroken

# An amount for one person; or an undo whose missing part is covered: of a record, of a whole
# batch, or of what a waiting correction would reverse.
Kind = Literal["amount", "record", "batch", "correction"]
KINDS: tuple[str, ...] = get_args(Kind)
State = Literal["asked", "posted", "refused", "withdrawn"]
STATES: tuple[str, ...] = get_args(State)
MOVES: Mapping[str, frozenset[str]] = {"asked": frozenset({"posted", "refused", "withdrawn"})}
# What entries of the ledger name as the subject they are about.
SUBJECT = "adjustment"

MOST_POINTS_HUNDREDTHS = 1_000_000
MOST_MINUTES = 60_000
LONGEST_REASON = 200


class Amounts(NamedTuple):
    """What a person's accounts gain, or lose where negative."""

    minutes: int
    points_hundredths: int


class AdjustmentUnknown(NotFound):
    """No such adjustment within reach."""


class NothingAdjusted(RuleBroken):
    """Points, time, or both."""

    code = "nothing_adjusted"
    message = N_("Fill in points, hours, or both: something other than zero.")


class TooMuch(RuleBroken):
    """An adjustment mends; it does not make a fortune."""

    code = "too_much"
    message = N_(
        "One adjustment moves at most %(points)s points and %(hours)s hours; ask for several."
    )


class TooLittleLeft(RuleBroken):
    """A negative adjustment never takes a balance below zero."""

    code = "too_little_left"
    message = N_(
        "%(name)s has %(balance)s points; %(needed)s would be taken, %(missing)s too many."
    )


class TooLittleTimeLeft(TooLittleLeft):
    """The same in the time account."""

    message = N_(
        "%(name)s has %(balance)s minutes in the time account; %(needed)s would be taken,"
        " %(missing)s too many."
    )


class DealtWith(RuleBroken):
    """Somebody has confirmed, refused or withdrawn it meanwhile."""

    code = "dealt_with"
    message = N_("%(name)s has dealt with this meanwhile, %(at)s.")


class NothingMissing(RuleBroken):
    """The undo goes through as it is."""

    code = "nothing_missing"
    message = N_("Nothing is missing: this can be taken back without a second person.")


class AskedAlready(RuleBroken):
    """One request for one undo at a time."""

    code = "asked_already"
    message = N_("A second person was asked for this already.")


def check_amounts(amounts: Amounts) -> None:
    """Refuse an adjustment of nothing, or of more than one adjustment moves."""
    if not any(amounts):
        raise NothingAdjusted
    too_many = abs(amounts.points_hundredths) > MOST_POINTS_HUNDREDTHS
    if too_many or abs(amounts.minutes) > MOST_MINUTES:
        raise TooMuch(points=MOST_POINTS_HUNDREDTHS // 100, hours=MOST_MINUTES // 60)
