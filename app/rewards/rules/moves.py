"""How a redemption moves: it waits to be collected, and then ends once, in one of three ways."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, get_args

from app.errors import N_, RuleBroken

State = Literal["to_collect", "collected", "cancelled", "expired"]
STATES: tuple[str, ...] = get_args(State)
MOVES: Mapping[str, frozenset[str]] = {
    "to_collect": frozenset({"collected", "cancelled", "expired"}),
    "collected": frozenset(),
    "cancelled": frozenset(),
    "expired": frozenset(),
}
# Points and stock have come back.
RETURNED: frozenset[str] = frozenset({"cancelled", "expired"})
# What still counts towards a limit.
COUNTED: tuple[str, ...] = ("to_collect", "collected")


class SettledAlready(RuleBroken):
    """A redemption ends once; `code` says how this one did."""

    code = "settled_already"


class CollectedAlready(SettledAlready):
    """It was handed over."""

    code = "collected_already"
    message = N_("This was collected on %(settled_on)s already; nothing was done now.")


class CancelledAlready(SettledAlready):
    """It was cancelled."""

    code = "cancelled_already"
    message = N_("This was cancelled on %(settled_on)s; its points went back then.")


class ExpiredAlready(SettledAlready):
    """Nobody came for it in time."""

    code = "expired_already"
    message = N_(
        "This was to be collected by %(collect_by_on)s; since then its points have gone back."
    )


class TooLateToCollect(RuleBroken):
    """The last day has passed, and the job has not come round yet."""

    code = "too_late_to_collect"
    message = N_("This was to be collected by %(collect_by_on)s; its points go back today.")


class NotDueYet(RuleBroken):
    """It can still be collected."""

    code = "not_due_yet"
    message = N_("This can be collected until %(collect_by_on)s.")


_ENDED: Mapping[str, type[SettledAlready]] = {
    "collected": CollectedAlready,
    "cancelled": CancelledAlready,
    "expired": ExpiredAlready,
}


def check_move(
    state: str,
    target: str,
    *,
    settled_on: date | None,
    collect_by_on: date,
    today: date,
) -> None:
    """Refuse to settle what is settled, to hand over late, and to expire early."""
    if target not in MOVES[state]:
        raise _ENDED[state](settled_on=settled_on, collect_by_on=collect_by_on)
    if target == "collected" and today > collect_by_on:
        raise TooLateToCollect(collect_by_on=collect_by_on)
    if target == "expired" and today <= collect_by_on:
        raise NotDueYet(collect_by_on=collect_by_on)
