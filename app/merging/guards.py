"""Who became whom is only added to; the account of who is gone stays empty (second height)."""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_replace

# A merge is written last: then nothing is left with who is gone, and they say whom they became.
_NOT_GONE = """
  EXISTS (SELECT 1 FROM accounts a WHERE a.holder_id = NEW.gone_id AND a.balance <> 0)
  OR EXISTS (SELECT 1 FROM service_records r WHERE r.volunteer_id = NEW.gone_id
    AND r.state IN ('draft', 'submitted', 'approved'))
  OR NOT EXISTS (SELECT 1 FROM volunteers v WHERE v.id = NEW.gone_id
    AND v.state = 'matched' AND v.matched_to_id = NEW.kept_id)
"""
_HOLDS = "NEW.balance <> 0 AND EXISTS (SELECT 1 FROM merges m WHERE m.gone_id = NEW.holder_id)"
_SERVES = (
    "NEW.state IN ('draft', 'submitted', 'approved') "
    "AND EXISTS (SELECT 1 FROM merges m WHERE m.gone_id = NEW.volunteer_id)"
)
_RETURNS = (
    "(NEW.state <> 'matched' OR NEW.matched_to_id <> OLD.matched_to_id) "
    "AND EXISTS (SELECT 1 FROM merges m WHERE m.gone_id = OLD.id)"
)


def _function(name: str, condition: str, said: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {condition} THEN
    RAISE EXCEPTION '{said}' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
"""


_EMPTY = "nothing is left with whoever is gone"
_JOINED = "whoever is gone holds and serves nothing"
_BACK = "whoever is gone does not come back"
FUNCTIONS = (
    _function("qicai_merge_whole", _NOT_GONE, _EMPTY),
    _function("qicai_gone_holds", _HOLDS, _JOINED),
    _function("qicai_gone_serves", _SERVES, _JOINED),
    _function("qicai_gone_returns", _RETURNS, _BACK),
)


def _guard(table: str, name: str, when: str, condition: str, said: str, function: str) -> Guard:
    return Guard(
        name,
        table,
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{said}'); END",
        f"CREATE TRIGGER {name} BEFORE {when} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {function}()",
    )


GUARDS: tuple[Guard, ...] = (
    *refuse_change("merges"),
    refuse_replace("merges", "o.id = NEW.id", "o.gone_id = NEW.gone_id"),
    _guard("merges", "merges_whole", "INSERT", _NOT_GONE, _EMPTY, "qicai_merge_whole"),
    *refuse_change("merged_years"),
    refuse_replace(
        "merged_years",
        "o.merge_id = NEW.merge_id AND o.year = NEW.year",
        "o.entry_id = NEW.entry_id",
    ),
    _guard("accounts", "accounts_gone", "UPDATE", _HOLDS, _JOINED, "qicai_gone_holds"),
    _guard(
        "service_records",
        "service_records_gone",
        "INSERT",
        _SERVES,
        _JOINED,
        "qicai_gone_serves",
    ),
    _guard("volunteers", "volunteers_gone", "UPDATE", _RETURNS, _BACK, "qicai_gone_returns"),
)
