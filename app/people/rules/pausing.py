"""When somebody may rest, leave or come back; no database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple

from app.errors import N_, NotAllowed, RuleBroken

Kind = Literal["dormant", "left"]
LONGEST_REASON = 200
FIRST_DAY = date(1990, 1, 1)


class PausedAlready(RuleBroken):
    code = "paused_already"
    message = N_("%(name)s rests from %(from_on)s already; end that first.")


class LeftAlready(RuleBroken):
    code = "left_already"
    message = N_("%(name)s has left already.")


class NotPaused(RuleBroken):
    code = "not_paused"
    message = N_("%(name)s neither rests nor has left.")


class NotYetConfirmed(RuleBroken):
    code = "not_confirmed"
    message = N_("%(name)s is a new friend; confirm or match them first.")


class LeavesLater(RuleBroken):
    code = "bad_date"
    message = N_("Leaving is written down on the day or afterwards, not ahead of it.")


class PauseDatesUnfit(RuleBroken):
    code = "bad_date"
    message = N_("The last day cannot lie before the first.")


class TooLongAgo(RuleBroken):
    code = "bad_date"
    message = N_("A date before %(first_on)s cannot be right.")


class PauseOver(RuleBroken):
    code = "bad_date"
    message = N_("The last day of a rest cannot lie in the past.")


class PauseReasonNeeded(RuleBroken):
    code = "reason_needed"
    message = N_("Say why; the person can read it.")


class HoldsRole(NotAllowed):
    message = N_("%(name)s holds a role at the desk; an administrator ends that first.")


class ReturnAtDesk(NotAllowed):
    message = N_("Whoever has left comes back by an organiser; please ask at the desk.")


class Away(NamedTuple):
    """A pause as it stands in the books."""

    kind: str
    from_on: date
    until_on: date | None


def check_rest(
    name: str, from_on: date, until_on: date | None, others: Iterable[Away], today: date
) -> None:
    """Refuse a rest that ends before it begins, is over already, or meets another pause."""
    check_first_day(from_on)
    if until_on is not None and until_on < from_on:
        raise PauseDatesUnfit
    if until_on is not None and until_on < today:
        raise PauseOver
    for other in others:
        if _meets(other, from_on, until_on):
            if other.kind == "left":
                raise LeftAlready(name=name)
            raise PausedAlready(name=name, from_on=other.from_on)


def check_first_day(from_on: date) -> None:
    """Refuse a first day before anybody kept such books."""
    if from_on < FIRST_DAY:
        raise TooLongAgo(first_on=FIRST_DAY)


def checked_reason(given: str) -> str:
    """Return a reason as it is kept."""
    reason = " ".join(given.split())
    if not reason:
        raise PauseReasonNeeded
    return reason[:LONGEST_REASON]


def is_over(until_on: date | None, on: date) -> bool:
    """Tell whether a pause had ended by a date."""
    return until_on is not None and until_on < on


def _meets(other: Away, from_on: date, until_on: date | None) -> bool:
    begins_in_time = until_on is None or other.from_on <= until_on
    return begins_in_time and (other.until_on is None or other.until_on >= from_on)
