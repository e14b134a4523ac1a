"""Which state of a record may follow which, and which of them count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from app.errors import N_, RuleBroken

State = Literal["draft", "submitted", "approved", "rejected", "reversed"]
# Minutes in these states fill the day and may not overlap.
COUNTED_STATES = frozenset({"submitted", "approved"})
# Claims in these states wait for somebody; an entitled person's entry settles them.
PENDING_STATES = frozenset({"draft", "submitted"})


class WrongMove(RuleBroken):
    """A record cannot go from its state to the one asked for."""

    code = "wrong_state"
    message = N_("Somebody has dealt with this record in the meantime. Look at it again.")


# Which state may follow which. Entering and approving in one step is still two moves.
MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"submitted"}),
    "submitted": frozenset({"approved", "rejected"}),
    "approved": frozenset({"reversed"}),
    "rejected": frozenset(),
    "reversed": frozenset(),
}


def check_move(state: str, target: str) -> None:
    """Refuse a skip, a step back and a state unknown."""
    if target not in MOVES.get(state, frozenset()):
        raise WrongMove(state=state, target=target)
