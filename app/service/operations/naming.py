"""Give the outcomes of a plan the ids its records got."""

from __future__ import annotations

from collections.abc import Sequence

from app.service.operations.lines import (
    PROVISIONAL,
    Outcome,
    Plan,
)


def with_record_ids(plan: Plan, record_ids: Sequence[int]) -> list[Outcome]:
    """Return the outcomes with the ids of the records made, and of those met."""
    made: dict[int, list[int]] = {}
    for record_id, owner in zip(record_ids, plan.owners, strict=True):
        made.setdefault(owner, []).append(record_id)
    return [
        _with_own_ids(outcome, made.get(place), record_ids)
        for place, outcome in enumerate(plan.outcomes)
    ]


def _with_own_ids(
    outcome: Outcome, made: Sequence[int] | None, record_ids: Sequence[int]
) -> Outcome:
    if made is not None:
        return outcome._replace(record_ids=tuple(made))
    if outcome.status == "repeat":
        return outcome._replace(
            record_ids=tuple(_written(each, record_ids) for each in outcome.record_ids)
        )
    refusal = outcome.refusal
    if refusal is not None and isinstance(refusal.figures.get("record"), int):
        refusal.figures["record"] = _written(refusal.figures["record"], record_ids)
    return outcome


def _written(record_id: int, record_ids: Sequence[int]) -> int:
    """Return the real id of a record that was met before it was written."""
    return record_id if record_id < PROVISIONAL else record_ids[record_id - PROVISIONAL]
