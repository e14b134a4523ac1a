"""The list of each pattern, and how many stand out in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.integrity import leader_lists, person_lists, team_lists
from app.integrity.ground import Ground, Listed

_LISTS: Mapping[str, Callable[[Ground], Listed]] = {
    "teams": team_lists.teams,
    "leaders": leader_lists.leaders,
    "unsigned": person_lists.unsigned,
    "crowded": leader_lists.crowded,
    "late": leader_lists.late,
    "corrections": leader_lists.corrections,
    "above_plan": leader_lists.above_plan,
    "pairs": person_lists.pairs,
    "claims": person_lists.claims,
}
_FINDERS: Mapping[str, Callable[[Ground], Sequence[object]]] = {
    "crowded": leader_lists.beyond,
    "late": leader_lists.latest,
    "corrections": leader_lists.found_corrections,
    "above_plan": leader_lists.found_above_plan,
    "pairs": person_lists.found_pairs,
    "claims": person_lists.found_claims,
}


def listed(ground: Ground, key: str) -> Listed:
    """Return a pattern's list."""
    return _LISTS[key](ground)


def counted(ground: Ground, key: str) -> int | None:
    """Return how many stand out by a pattern; None for those that only put in order."""
    find = _FINDERS.get(key)
    return None if find is None else len(find(ground))
