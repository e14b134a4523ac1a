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
_BACK = (
    "OLD.name = '已注销' AND (NEW.name <> OLD.name OR NEW.state IN ('active', 'proposed')) "
    "AND EXISTS (SELECT 1 FROM erasures e WHERE e.volunteer_id = OLD.id)"
)
_STAYS = "whoever is erased stays so"
FUNCTIONS = (
    *_MOVES.functions,
    f"""
CREATE OR REPLACE FUNCTION qicai_stay_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_BACK} THEN
    RAISE EXCEPTION '{_STAYS}' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
""",
)
_SAME = "o.volunteer_id = NEW.volunteer_id"
GUARDS: tuple[Guard, ...] = (
    *refuse_delete("erasure_asks"),
    refuse_replace(
        "erasure_asks",
        "o.id = NEW.id",
        f"{_SAME} AND o.state = 'waiting' AND NEW.state = 'waiting'",
    ),
    *_MOVES.guards,
    Guard(
        "volunteers_stay_erased",
        "volunteers",
        f"CREATE TRIGGER volunteers_stay_erased BEFORE UPDATE ON volunteers WHEN {_BACK} "
        f"BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
        "CREATE TRIGGER volunteers_stay_erased BEFORE UPDATE ON volunteers "
        "FOR EACH ROW EXECUTE FUNCTION qicai_stay_erased()",
    ),
    *refuse_change("erasures"),
    refuse_replace("erasures", "o.id = NEW.id", _SAME),
)
