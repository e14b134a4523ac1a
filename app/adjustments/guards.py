"""An adjustment is answered once, and what was asked for stays as it was asked."""

from __future__ import annotations

from app.adjustments.rules import MOVES
from app.guards import Guard, Moves, refuse_delete, refuse_overwrite, refuse_replace, steps_of

_MOVES = Moves(
    table="adjustments",
    row="adjustment",
    steps=steps_of(MOVES),
    kept=(
        "id",
        "kind",
        "organisation_id",
        "volunteer_id",
        "minutes",
        "points_hundredths",
        "record_id",
        "batch_id",
        "reason",
        "asker_id",
        "asked_at",
    ),
    begins="asked",
    wrong_step="an adjustment is answered once",
    edited="what was asked is not edited",
    wrong_beginning="an adjustment begins with the question",
)
FUNCTIONS = _MOVES.functions
_SAME_RECORD = "o.record_id = NEW.record_id AND o.state = 'asked' AND NEW.state = 'asked'"
_SAME_BATCH = "o.batch_id = NEW.batch_id AND o.state = 'asked' AND NEW.state = 'asked'"
_SAME_ENTRY = "o.entry_id = NEW.entry_id"
_KEYS = (_SAME_RECORD, _SAME_BATCH, _SAME_ENTRY)

GUARDS: tuple[Guard, ...] = (
    *refuse_delete("adjustments"),
    refuse_replace("adjustments", "o.id = NEW.id", *_KEYS),
    refuse_overwrite("adjustments", "id", *_KEYS),
    *_MOVES.guards,
)
