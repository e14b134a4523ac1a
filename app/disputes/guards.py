"""A dispute only moves as its table says and keeps what was wished; its thread and what was
confirmed of a year are only added to.
"""

from __future__ import annotations

from app.disputes.rules import MOVES
from app.guards import Guard, refuse_change, refuse_delete, refuse_overwrite, refuse_replace

# Said once, when it is raised.
_KEPT = (
    "record_id",
    "volunteer_id",
    "what",
    "wished_on",
    "wished_minutes",
    "wished_starts_minute",
    "wished_team_id",
    "wished_content",
    "raised_at",
)
_STEPS = " OR ".join(
    [
        "NEW.state = OLD.state",
        # Only what a leader refused, and only once: the mark goes with the move.
        *(
            f"(OLD.state = '{state}' AND NEW.state = '{target}'"
            f"{' AND OLD.may_pass_on' if target == 'passed_on' else ''})"
            for state, targets in MOVES.items()
            for target in sorted(targets)
        ),
    ]
)
_MARKED = "NEW.may_pass_on AND NOT OLD.may_pass_on AND OLD.state <> 'open'"
_OPEN = "('open', 'passed_on')"
_SAME_OPEN = f"o.record_id = NEW.record_id AND o.state IN {_OPEN} AND NEW.state IN {_OPEN}"


def _differs(distinct: str) -> str:
    return " OR ".join(f"NEW.{column} {distinct} OLD.{column}" for column in _KEPT)


_MOVED_SQLITE = f"""
CREATE TRIGGER disputes_moves BEFORE UPDATE ON disputes BEGIN
  SELECT RAISE(ABORT, 'a dispute does not move so') WHERE NOT ({_STEPS}) OR ({_MARKED});
  SELECT RAISE(ABORT, 'what was disputed is not edited') WHERE {_differs("IS NOT")};
END
"""
FUNCTIONS = (
    f"""
CREATE OR REPLACE FUNCTION qicai_dispute_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id OR NOT ({_STEPS}) OR ({_MARKED}) THEN
    RAISE EXCEPTION 'a dispute does not move so' USING ERRCODE = '23514';
  END IF;
  IF {_differs("IS DISTINCT FROM")} THEN
    RAISE EXCEPTION 'what was disputed is not edited' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE OR REPLACE FUNCTION qicai_dispute_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a dispute begins open' USING ERRCODE = '23514';
END $$
""",
)

GUARDS: tuple[Guard, ...] = (
    *refuse_delete("disputes"),
    refuse_replace("disputes", "o.id = NEW.id", _SAME_OPEN),
    refuse_overwrite("disputes", "id", _SAME_OPEN),
    Guard(
        "disputes_moves",
        "disputes",
        _MOVED_SQLITE,
        "CREATE TRIGGER disputes_moves BEFORE UPDATE ON disputes "
        "FOR EACH ROW EXECUTE FUNCTION qicai_dispute_moves()",
    ),
    Guard(
        "disputes_begins",
        "disputes",
        "CREATE TRIGGER disputes_begins BEFORE INSERT ON disputes WHEN NEW.state <> 'open' "
        "BEGIN SELECT RAISE(ABORT, 'a dispute begins open'); END",
        "CREATE TRIGGER disputes_begins BEFORE INSERT ON disputes "
        "FOR EACH ROW WHEN (NEW.state <> 'open') EXECUTE FUNCTION qicai_dispute_begins()",
    ),
    *refuse_change("dispute_lines"),
    refuse_replace("dispute_lines", "o.id = NEW.id"),
    *refuse_change("year_checks"),
    refuse_replace(
        "year_checks",
        "o.id = NEW.id",
        "o.volunteer_id = NEW.volunteer_id AND o.year = NEW.year AND o.entry_id = NEW.entry_id",
    ),
)
