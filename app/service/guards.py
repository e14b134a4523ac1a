"""Service records move only as SPEC §3 allows, and a decided one keeps its content (I-07, I-08)."""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_delete, refuse_overwrite, refuse_replace

# What an approval approves: none of it may change in the same step, nor ever after.
JUDGED = (
    "root_id",
    "volunteer_id",
    "team_id",
    "organisation_id",
    "colour_id",
    "service_on",
    "minutes",
    "starts_minute",
    "content",
    "evidence",
    "external_id",
    "part",
    "first_part_id",
    "recorder_id",
    "recorded_at",
    "corrects_id",
    "batch_id",
)
# What the approval adds, fixed with it.
DECIDED = (
    "waits_reason",
    "is_guest",
    "is_service_day",
    "is_service_month",
    "earns_points",
    "daily_limit_minutes",
    "points_hundredths",
    "approver_id",
    "decided_at",
    "reason",
    "place",
    "note",
    "award_entry_id",
)


def _differs(columns: tuple[str, ...], distinct: str) -> str:
    return " OR ".join(f"NEW.{column} {distinct} OLD.{column}" for column in columns)


_STEPS = (
    "(OLD.state = 'draft' AND NEW.state IN ('draft', 'submitted')) OR "
    "(OLD.state = 'submitted' AND NEW.state IN ('submitted', 'approved', 'rejected')) OR "
    "(OLD.state = 'approved' AND NEW.state = 'reversed')"
)
_MOVED_SQLITE = f"""
CREATE TRIGGER service_records_moves BEFORE UPDATE ON service_records BEGIN
  SELECT RAISE(ABORT, 'a service record does not move so') WHERE NOT ({_STEPS});
  SELECT RAISE(ABORT, 'what is decided on is not edited')
    WHERE NEW.state <> OLD.state AND OLD.state <> 'draft'
    AND ({_differs(JUDGED, "IS NOT")});
  SELECT RAISE(ABORT, 'a decided record is not edited')
    WHERE OLD.state = 'approved' AND ({_differs(DECIDED, "IS NOT")});
END
"""
FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION qicai_record_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id OR NOT ({_STEPS}) THEN
    RAISE EXCEPTION 'a service record does not move so' USING ERRCODE = '23514';
  END IF;
  IF NEW.state <> OLD.state AND OLD.state <> 'draft'
    AND ({_differs(JUDGED, "IS DISTINCT FROM")}) THEN
    RAISE EXCEPTION 'what is decided on is not edited' USING ERRCODE = '23514';
  END IF;
  IF OLD.state = 'approved' AND ({_differs(DECIDED, "IS DISTINCT FROM")}) THEN
    RAISE EXCEPTION 'a decided record is not edited' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE OR REPLACE FUNCTION qicai_record_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a service record does not begin so' USING ERRCODE = '23514';
END $$
""",
)

_SAME_AWARD = "o.award_entry_id = NEW.award_entry_id"
_SAME_REVERSAL = "o.reversal_entry_id = NEW.reversal_entry_id"
_SAME_EXTERNAL_ID = (
    "o.external_id = NEW.external_id AND o.root_id = NEW.root_id AND o.part = NEW.part "
    "AND o.state IN ('draft', 'submitted', 'approved')"
)

GUARDS: tuple[Guard, ...] = (
    *refuse_delete("service_records"),
    refuse_replace("service_records", "o.id = NEW.id", _SAME_AWARD, _SAME_EXTERNAL_ID),
    refuse_overwrite(
        "service_records",
        "id",
        _SAME_AWARD,
        _SAME_REVERSAL,
        f"{_SAME_EXTERNAL_ID} AND NEW.state IN ('draft', 'submitted', 'approved')",
    ),
    Guard(
        "service_records_moves",
        "service_records",
        _MOVED_SQLITE,
        "CREATE TRIGGER service_records_moves BEFORE UPDATE ON service_records "
        "FOR EACH ROW EXECUTE FUNCTION qicai_record_moves()",
    ),
    Guard(
        "service_records_begins",
        "service_records",
        "CREATE TRIGGER service_records_begins BEFORE INSERT ON service_records "
        "WHEN NEW.state NOT IN ('draft', 'submitted', 'approved') "
        "BEGIN SELECT RAISE(ABORT, 'a service record does not begin so'); END",
        "CREATE TRIGGER service_records_begins BEFORE INSERT ON service_records "
        "FOR EACH ROW WHEN (NEW.state NOT IN ('draft', 'submitted', 'approved')) "
        "EXECUTE FUNCTION qicai_record_begins()",
    ),
    *refuse_change("noticed_years"),
    refuse_replace(
        "noticed_years", "o.organisation_id = NEW.organisation_id AND o.year = NEW.year"
    ),
)
