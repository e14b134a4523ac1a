"""People in the order of a score instead of the default one."""

from __future__ import annotations

from collections.abc import Iterable

from app.ranking.rules.ordering import Row
from app.ranking.rules.schemes import Weights, score_of


def ranked_by_weights(rows: Iterable[Row], weights: Weights) -> list[tuple[int, Row]]:
    """Return people by score, then by number; an equal score shares the rank."""
    scored = sorted(
        ((score_of(weights, *row[2:]), row) for row in rows),
        key=lambda one: (-one[0], one[1].volunteer_no),
    )
    found: list[tuple[int, Row]] = []
    for place, (score, row) in enumerate(scored, start=1):
        is_tied = bool(found) and scored[place - 2][0] == score
        found.append((found[-1][0] if is_tied else place, row))
    return found
