"""An opening record is only added to, but for the one step to reversed; it is posted once."""

from __future__ import annotations

from app.guards import Guard, Moves, refuse_delete, refuse_overwrite, refuse_replace

_MOVES = Moves(
    table="opening_records",
    row="opening",
    steps="OLD.state = 'approved' AND NEW.state = 'reversed'",
    kept=(
        "root_id",
        "organisation_id",
        "volunteer_id",
        "as_of_on",
        "minutes",
        "points_hundredths",
        "note",
        "recorder_id",
        "recorded_at",
        "batch_id",
        "entry_id",
    ),
    begins="approved",
    wrong_step="an opening record is only reversed",
    edited="what was taken over is not edited",
    wrong_beginning="an opening record does not begin so",
)
FUNCTIONS = _MOVES.functions
_SAME_ENTRY = "o.entry_id = NEW.entry_id"
_SAME_REVERSAL = "o.reversal_entry_id = NEW.reversal_entry_id"
_SAME_PERSON = (
    "o.volunteer_id = NEW.volunteer_id AND o.state = 'approved' AND NEW.state = 'approved'"
)

GUARDS: tuple[Guard, ...] = (
    *refuse_delete("opening_records"),
    refuse_replace("opening_records", "o.id = NEW.id", _SAME_ENTRY, _SAME_PERSON),
    refuse_overwrite("opening_records", "id", _SAME_ENTRY, _SAME_REVERSAL, _SAME_PERSON),
    *_MOVES.guards,
    # The unique index says so too, but INSERT OR REPLACE would get past it (SQLite).
    Guard(
        "entries_opening_once",
        "entries",
        "CREATE TRIGGER entries_opening_once BEFORE INSERT ON entries WHEN NEW.kind = 'opening' "
        "AND EXISTS (SELECT 1 FROM entries WHERE kind = 'opening' "
        "AND subject_kind = NEW.subject_kind AND subject_id = NEW.subject_id) "
        "BEGIN SELECT RAISE(ABORT, 'subject has its opening already'); END",
        None,
    ),
)
