"""What was entered about somebody is withdrawn with a reason, never edited; it goes with them."""

from __future__ import annotations

from app.archive.rules.entries import COMPLAINT_MOVES, MOVES
from app.guards import (
    Erasable,
    Guard,
    Moves,
    refuse_overwrite,
    refuse_replace,
    refuse_truncate,
    steps_of,
)

_ENTERED = ("id", "volunteer_id", "organisation_id", "entered_by_id", "entered_at")
_TRAININGS = Moves(
    table="trainings",
    row="training",
    steps=steps_of(MOVES),
    kept=(*_ENTERED, "course", "minutes", "held_on", "organiser"),
    begins="valid",
    wrong_step="a training is withdrawn once",
    edited="a training is withdrawn, not edited",
    wrong_beginning="a training begins as valid",
)
_COMMENDATIONS = Moves(
    table="commendations",
    row="commendation",
    steps=steps_of(MOVES),
    kept=(*_ENTERED, "title", "given_by", "given_on", "is_elsewhere", "note"),
    begins="valid",
    wrong_step="a commendation is withdrawn once",
    edited="a commendation is withdrawn, not edited",
    wrong_beginning="a commendation begins as valid",
)
_SAME_ANSWER = (
    "NEW.outcome = OLD.outcome"
    " AND coalesce(NEW.answered_by_id, 0) = coalesce(OLD.answered_by_id, 0)"
    " AND coalesce(NEW.answered_on, NEW.received_on) = coalesce(OLD.answered_on, OLD.received_on)"
)
_COMPLAINTS = Moves(
    table="complaints",
    row="complaint",
    # An answer is given once; withdrawing leaves what was answered.
    steps=f"({steps_of(COMPLAINT_MOVES)}) AND (NEW.state = 'answered' OR ({_SAME_ANSWER}))",
    kept=(*_ENTERED, "received_on", "content"),
    begins="open",
    wrong_step="a complaint is answered once and withdrawn once",
    edited="a complaint is withdrawn, not edited",
    wrong_beginning="a complaint begins open",
)
_ALL = (_TRAININGS, _COMMENDATIONS, _COMPLAINTS)
_GOING = {moves: Erasable(moves.table, "e.volunteer_id = OLD.volunteer_id") for moves in _ALL}
FUNCTIONS: tuple[str, ...] = (
    *(function for moves in _ALL for function in moves.functions),
    *(erasable.function for erasable in _GOING.values()),
)

GUARDS: tuple[Guard, ...] = tuple(
    guard
    for moves in _ALL
    for guard in (
        _GOING[moves].guard,
        *refuse_truncate(moves.table),
        refuse_replace(moves.table, "o.id = NEW.id"),
        refuse_overwrite(moves.table, "id"),
        *moves.guards,
    )
)
