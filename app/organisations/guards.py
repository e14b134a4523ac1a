"""Whatever an organisation decides changes one word, by which what was read of it may be kept.

What became of organisations is only added to.
"""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_replace

# What is read before any service can be judged, and changes a few times a year.
DECIDED = (
    "organisations",
    "settings",
    "holidays",
    "substitute_service_days",
    "teams",
    "team_placements",
    "rule_versions",
    "rule_rates",
)

# A random word, not a number: after a rollback no other change ever bears it again.
FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION qicai_revise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE revisions SET word = gen_random_uuid()::text;
  RETURN NULL;
END $$
""",
)


def _revised(table: str, verb: str) -> Guard:
    name = f"{table}_revised_by_{verb.lower()}"
    return Guard(
        name,
        table,
        f"CREATE TRIGGER {name} AFTER {verb} ON {table} "
        "BEGIN UPDATE revisions SET word = lower(hex(randomblob(16))); END",
        f"CREATE TRIGGER {name} AFTER {verb} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION qicai_revise()",
    )


GUARDS: tuple[Guard, ...] = (
    *(_revised(table, verb) for table in DECIDED for verb in ("INSERT", "UPDATE", "DELETE")),
    *refuse_change("organisation_changes"),
    refuse_replace("organisation_changes", "o.id = NEW.id"),
)
