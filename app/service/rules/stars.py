"""Which star level lifetime hours reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

STAR_THRESHOLDS_HOURS = (100, 300, 600, 1000, 1500)


class Stars(NamedTuple):
    """A star level; at the highest one nothing is missing and there is no next."""

    level: int
    next_threshold_hours: int | None
    missing_minutes: int


def star_level(minutes: int, thresholds_hours: Sequence[int] = STAR_THRESHOLDS_HOURS) -> Stars:
    """Return the star level reached by lifetime served minutes, and what the next one takes."""
    for level, hours in enumerate(thresholds_hours):
        if minutes < hours * 60:
            return Stars(level, hours, hours * 60 - minutes)
    return Stars(len(thresholds_hours), None, 0)
