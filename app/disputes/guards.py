"""A dispute only moves as its table says and keeps what was wished; its thread and what was
confirmed of a year are only added to. Words go with the person, once they are erased.
"""

from __future__ import annotations

from app.disputes.rules import MOVES
from app.guards import (
    Erasable,
    Guard,
    Moves,
    refuse_change,
    refuse_delete,
    refuse_overwrite,
    refuse_replace,
)

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

_MOVES = Moves(
    table="disputes",
    row="dispute",
    steps=f"({_STEPS}) AND NOT ({_MARKED})",
    kept=_KEPT,
    begins="open",
    wrong_step="a dispute does not move so",
    edited="what was disputed is not edited",
    wrong_beginning="a dispute begins open",
    erasable=Erasable(
        "disputes",
        "e.volunteer_id = OLD.volunteer_id",
        words=("wished_content",),
        others=(
            *("id", "state", "due_on", "may_pass_on"),
            *(column for column in _KEPT if column != "wished_content"),
        ),
    ),
)
_THREAD = Erasable(
    "dispute_lines",
    "e.volunteer_id = (SELECT d.volunteer_id FROM disputes d WHERE d.id = OLD.dispute_id)",
    words=("words",),
    others=("id", "dispute_id", "at", "kind", "author_id", "on_behalf_of_id", "record_id"),
)
FUNCTIONS = (*_MOVES.functions, _THREAD.function)

GUARDS: tuple[Guard, ...] = (
    *refuse_delete("disputes"),
    refuse_replace("disputes", "o.id = NEW.id", _SAME_OPEN),
    refuse_overwrite("disputes", "id", _SAME_OPEN),
    *_MOVES.guards,
    *refuse_delete("dispute_lines"),
    _THREAD.guard,
    refuse_replace("dispute_lines", "o.id = NEW.id"),
    *refuse_change("year_checks"),
    refuse_replace(
        "year_checks",
        "o.id = NEW.id",
        "o.volunteer_id = NEW.volunteer_id AND o.year = NEW.year AND o.entry_id = NEW.entry_id",
    ),
)
