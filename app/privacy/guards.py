"""Erasures are only added to; what was asked ends once."""

from __future__ import annotations

from app.guards import Guard, Moves, refuse_change, refuse_delete, refuse_replace, steps_of
from app.privacy.rules.erasing import MOVES

_MOVES = Moves(
    table="erasure_asks",
    row="erasure_ask",
    steps=steps_of(MOVES),
    kept=("id", "volunteer_id", "asked_by_id", "asked_at"),
    begins="waiting",
    wrong_step="what was asked ends once",
    edited="what was asked is not edited",
    wrong_beginning="an erasure begins with the question",
)
FUNCTIONS = _MOVES.functions
_SAME = "o.volunteer_id = NEW.volunteer_id"
GUARDS: tuple[Guard, ...] = (
    *refuse_delete("erasure_asks"),
    refuse_replace(
        "erasure_asks",
        "o.id = NEW.id",
        f"{_SAME} AND o.state = 'waiting' AND NEW.state = 'waiting'",
    ),
    *_MOVES.guards,
    *refuse_change("erasures"),
    refuse_replace("erasures", "o.id = NEW.id", _SAME),
)
