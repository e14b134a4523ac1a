"""What has expired is only added to, and each row names the entry that took the points."""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_replace

_NO_ENTRY = (
    "NOT EXISTS (SELECT 1 FROM entries e WHERE e.id = NEW.entry_id AND e.kind = 'expiry' "
    "AND e.subject_kind = 'expiry' AND e.subject_id = NEW.id)"
)
FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION qicai_expiry_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_NO_ENTRY} THEN
    RAISE EXCEPTION 'what expires names its entry' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
""",
)
GUARDS: tuple[Guard, ...] = (
    *refuse_change("expiries"),
    refuse_replace(
        "expiries",
        "o.id = NEW.id",
        "o.entry_id = NEW.entry_id",
        "o.volunteer_id = NEW.volunteer_id AND o.year_earned = NEW.year_earned "
        "AND o.usable_until_on = NEW.usable_until_on",
    ),
    Guard(
        "expiries_entry",
        "expiries",
        f"CREATE TRIGGER expiries_entry BEFORE INSERT ON expiries WHEN {_NO_ENTRY} "
        "BEGIN SELECT RAISE(ABORT, 'what expires names its entry'); END",
        "CREATE TRIGGER expiries_entry BEFORE INSERT ON expiries "
        "FOR EACH ROW EXECUTE FUNCTION qicai_expiry_entry()",
    ),
)
