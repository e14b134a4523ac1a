"""An adjustment is answered once, and what was asked for stays as it was asked."""

from __future__ import annotations

from app.adjustments.rules import MOVES
from app.guards import Guard, refuse_delete, refuse_overwrite, refuse_replace

_KEPT = (
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
)
_STEPS = " OR ".join(
    f"(OLD.state = '{state}' AND NEW.state = '{target}')"
    for state, targets in MOVES.items()
    for target in sorted(targets)
)
_SAME_RECORD = "o.record_id = NEW.record_id AND o.state = 'asked' AND NEW.state = 'asked'"
_SAME_BATCH = "o.batch_id = NEW.batch_id AND o.state = 'asked' AND NEW.state = 'asked'"
_SAME_ENTRY = "o.entry_id = NEW.entry_id"
_KEYS = (_SAME_RECORD, _SAME_BATCH, _SAME_ENTRY)


def _differs(distinct: str) -> str:
    return " OR ".join(f"NEW.{column} {distinct} OLD.{column}" for column in _KEPT)


_MOVES_SQLITE = f"""
CREATE TRIGGER adjustments_moves BEFORE UPDATE ON adjustments BEGIN
  SELECT RAISE(ABORT, 'an adjustment is answered once') WHERE NOT ({_STEPS});
  SELECT RAISE(ABORT, 'what was asked is not edited') WHERE {_differs("IS NOT")};
END
"""
FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION qicai_adjustment_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT ({_STEPS}) THEN
    RAISE EXCEPTION 'an adjustment is answered once' USING ERRCODE = '23514';
  END IF;
  IF {_differs("IS DISTINCT FROM")} THEN
    RAISE EXCEPTION 'what was asked is not edited' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE OR REPLACE FUNCTION qicai_adjustment_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an adjustment begins with the question' USING ERRCODE = '23514';
END $$
""",
)

GUARDS: tuple[Guard, ...] = (
    *refuse_delete("adjustments"),
    refuse_replace("adjustments", "o.id = NEW.id", *_KEYS),
    refuse_overwrite("adjustments", "id", *_KEYS),
    Guard(
        "adjustments_moves",
        "adjustments",
        _MOVES_SQLITE,
        "CREATE TRIGGER adjustments_moves BEFORE UPDATE ON adjustments "
        "FOR EACH ROW EXECUTE FUNCTION qicai_adjustment_moves()",
    ),
    Guard(
        "adjustments_begins",
        "adjustments",
        "CREATE TRIGGER adjustments_begins BEFORE INSERT ON adjustments "
        "WHEN NEW.state <> 'asked' "
        "BEGIN SELECT RAISE(ABORT, 'an adjustment begins with the question'); END",
        "CREATE TRIGGER adjustments_begins BEFORE INSERT ON adjustments "
        "FOR EACH ROW WHEN (NEW.state <> 'asked') EXECUTE FUNCTION qicai_adjustment_begins()",
    ),
)
