"""An opening record is only added to, but for the one step to reversed; it is posted once."""

from __future__ import annotations

from app.guards import Guard, refuse_delete, refuse_overwrite, refuse_replace

_KEPT = (
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
)
_STEP = "OLD.state = 'approved' AND NEW.state = 'reversed'"


def _differs(distinct: str) -> str:
    return " OR ".join(f"NEW.{column} {distinct} OLD.{column}" for column in _KEPT)


_MOVED_SQLITE = f"""
CREATE TRIGGER opening_records_moves BEFORE UPDATE ON opening_records BEGIN
  SELECT RAISE(ABORT, 'an opening record is only reversed') WHERE NOT ({_STEP});
  SELECT RAISE(ABORT, 'what was taken over is not edited') WHERE {_differs("IS NOT")};
END
"""
FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION qicai_opening_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id OR NOT ({_STEP}) THEN
    RAISE EXCEPTION 'an opening record is only reversed' USING ERRCODE = '23514';
  END IF;
  IF {_differs("IS DISTINCT FROM")} THEN
    RAISE EXCEPTION 'what was taken over is not edited' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE OR REPLACE FUNCTION qicai_opening_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an opening record does not begin so' USING ERRCODE = '23514';
END $$
""",
)
_SAME_ENTRY = "o.entry_id = NEW.entry_id"
_SAME_REVERSAL = "o.reversal_entry_id = NEW.reversal_entry_id"
_SAME_PERSON = (
    "o.volunteer_id = NEW.volunteer_id AND o.state = 'approved' AND NEW.state = 'approved'"
)

GUARDS: tuple[Guard, ...] = (
    *refuse_delete("opening_records"),
    refuse_replace("opening_records", "o.id = NEW.id", _SAME_ENTRY, _SAME_PERSON),
    refuse_overwrite("opening_records", "id", _SAME_ENTRY, _SAME_REVERSAL, _SAME_PERSON),
    Guard(
        "opening_records_moves",
        "opening_records",
        _MOVED_SQLITE,
        "CREATE TRIGGER opening_records_moves BEFORE UPDATE ON opening_records "
        "FOR EACH ROW EXECUTE FUNCTION qicai_opening_moves()",
    ),
    Guard(
        "opening_records_begins",
        "opening_records",
        "CREATE TRIGGER opening_records_begins BEFORE INSERT ON opening_records "
        "WHEN NEW.state <> 'approved' "
        "BEGIN SELECT RAISE(ABORT, 'an opening record does not begin so'); END",
        "CREATE TRIGGER opening_records_begins BEFORE INSERT ON opening_records "
        "FOR EACH ROW WHEN (NEW.state <> 'approved') EXECUTE FUNCTION qicai_opening_begins()",
    ),
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
