"""A rule version that an entry used is never edited: a change is a new version."""

from __future__ import annotations

from app.guards import Guard

FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION qicai_refuse_used_rule() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  version bigint;
BEGIN
  IF TG_TABLE_NAME = 'rule_versions' THEN version := OLD.id; ELSE
    IF TG_OP = 'INSERT' THEN version := NEW.rule_version_id;
    ELSE version := OLD.rule_version_id; END IF;
  END IF;
  IF EXISTS (SELECT 1 FROM entries WHERE rule_version_id = version) THEN
    RAISE EXCEPTION 'a used rule version is never edited' USING ERRCODE = '23514';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$
""",
)


def _used(table: str, verb: str, version: str) -> Guard:
    name = f"{table}_used_no_{verb.lower()}"
    return Guard(
        name,
        table,
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM entries WHERE rule_version_id = {version}) "
        "BEGIN SELECT RAISE(ABORT, 'a used rule version is never edited'); END",
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION qicai_refuse_used_rule()",
    )


GUARDS: tuple[Guard, ...] = (
    _used("rule_versions", "UPDATE", "OLD.id"),
    _used("rule_versions", "DELETE", "OLD.id"),
    _used("rule_rates", "INSERT", "NEW.rule_version_id"),
    _used("rule_rates", "UPDATE", "OLD.rule_version_id"),
    _used("rule_rates", "DELETE", "OLD.rule_version_id"),
)
