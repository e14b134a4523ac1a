"""A rule version that an entry used is never edited: a change is a new version."""

from __future__ import annotations

from app.guards import Guard, refuse_overwrite, refuse_replace

FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION qicai_refuse_used_rule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  versions bigint[];
BEGIN
  IF TG_TABLE_NAME = 'rule_versions' THEN versions := ARRAY[OLD.id];
  ELSIF TG_OP = 'INSERT' THEN versions := ARRAY[NEW.rule_version_id];
  ELSIF TG_OP = 'DELETE' THEN versions := ARRAY[OLD.rule_version_id];
  ELSE versions := ARRAY[OLD.rule_version_id, NEW.rule_version_id]; END IF;
  IF EXISTS (SELECT 1 FROM entries WHERE rule_version_id = ANY (versions)) THEN
    RAISE EXCEPTION 'a used rule version is never edited' USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
""",
)


def _used(table: str, verb: str, *versions: str) -> Guard:
    name = f"{table}_used_no_{verb.lower()}"
    return Guard(
        name,
        table,
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM entries WHERE rule_version_id IN ({', '.join(versions)})) "
        "BEGIN SELECT RAISE(ABORT, 'a used rule version is never edited'); END",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION qicai_refuse_used_rule()",
    )


_SAME_DATE = "o.organisation_id = NEW.organisation_id AND o.effective_from = NEW.effective_from"

GUARDS: tuple[Guard, ...] = (
    refuse_replace("rule_versions", "o.id = NEW.id", _SAME_DATE),
    refuse_overwrite("rule_versions", "id", _SAME_DATE),
    _used("rule_versions", "UPDATE", "OLD.id"),
    _used("rule_versions", "DELETE", "OLD.id"),
    _used("rule_rates", "INSERT", "NEW.rule_version_id"),
    # A rate of another version must not be moved into a used one either.
    _used("rule_rates", "UPDATE", "OLD.rule_version_id", "NEW.rule_version_id"),
    _used("rule_rates", "DELETE", "OLD.rule_version_id"),
)
