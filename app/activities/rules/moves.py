"""The states of an activity, and the one table of the moves between them."""

from __future__ import annotations

from collections.abc import Mapping

from app.errors import N_, RuleBroken

STATES = ("draft", "published", "under_way", "closed", "cancelled")
# Closed goes back to under way only when what it posted was undone.
MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"published", "under_way", "cancelled"}),
    "published": frozenset({"under_way", "closed", "cancelled"}),
    "under_way": frozenset({"closed", "cancelled"}),
    "closed": frozenset({"under_way"}),
    "cancelled": frozenset(),
}
STATE_NAMES: Mapping[str, str] = {
    "draft": N_("Draft"),
    "published": N_("Announced"),
    "under_way": N_("Under way"),
    "closed": N_("Closed"),
    "cancelled": N_("Cancelled"),
}
# What everybody may see.
PUBLIC = ("published", "under_way", "closed", "cancelled")
# What may still be served.
OPEN = ("published", "under_way")


class MoveRefused(RuleBroken):
    """The activity stands where this move does not start."""

    code = "bad_move"


_WHY: Mapping[str, str] = {
    "draft": N_("This activity has not been announced yet."),
    "published": N_("This activity was announced already."),
    "under_way": N_("This activity is under way already."),
    "closed": N_("This activity is closed: its hours are recorded."),
    "cancelled": N_("This activity was cancelled."),
}


def check_move(state: str, to: str) -> None:
    """Refuse a move that the table does not list, saying where the activity stands."""
    if to not in MOVES[state]:
        raise refused_at(state)


def check_open(state: str) -> None:
    """Refuse what is only done while an activity is announced or under way."""
    if state not in OPEN:
        raise refused_at(state)


def refused_at(state: str) -> MoveRefused:
    """Return the refusal that says where the activity stands."""
    refusal = MoveRefused()
    refusal.__dict__["message"] = _WHY[state]
    return refusal
