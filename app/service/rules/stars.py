"""Which star level somebody has reached, since when, and what the next one takes.

A level takes so many hours served in a lifetime and, where an organisation asks for it, so many
months since the person joined. It is always reckoned anew: what is reversed counts no longer.
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Sequence
from datetime import MAXYEAR, date
from itertools import accumulate
from typing import NamedTuple

STAR_THRESHOLDS_HOURS = (100, 300, 600, 1000, 1500)
HOUR = 60


class Tenure(NamedTuple):
    """The months each level takes since somebody joined (none: it takes none), seen from a date."""

    months: Sequence[int]
    joined_on: date
    on: date

    def fulfilled_on(self, level: int) -> date | None:
        """Return from which date on a level's months are over; None where it takes none."""
        # An organisation that moved may inherit fewer: the levels above take no less than the last.
        months = self.months[min(level, len(self.months)) - 1] if self.months else 0
        return months_after(self.joined_on, months) if months else None


class Stars(NamedTuple):
    """A star level; at the highest one nothing is missing and there is no next."""

    level: int
    next_threshold_hours: int | None
    missing_minutes: int
    # From when on the months of the next level are over, while they are not.
    waits_until: date | None = None


class Reached(NamedTuple):
    """A level, what it takes, and the date it was reached on, if it was."""

    level: int
    threshold_hours: int
    tenure_until: date | None
    on: date | None


def star_level(
    minutes: int,
    thresholds_hours: Sequence[int] = STAR_THRESHOLDS_HOURS,
    tenure: Tenure | None = None,
) -> Stars:
    """Return the star level reached by lifetime served minutes, and what the next one takes."""
    for level, hours in enumerate(thresholds_hours):
        waits_until = _waits(tenure, level + 1) if tenure else None
        if minutes < hours * HOUR or waits_until:
            return Stars(level, hours, max(0, hours * HOUR - minutes), waits_until)
    return Stars(len(thresholds_hours), None, 0)


def levels_reached(
    served: Iterable[tuple[date, int]],
    thresholds_hours: Sequence[int] = STAR_THRESHOLDS_HOURS,
    tenure: Tenure | None = None,
) -> list[Reached]:
    """Return every level with the date on which hours and months were first fulfilled.

    `served` are dates with minutes in any order: what counts now, paper books at their own date.
    """
    days = sorted(served)
    sums = list(accumulate(minutes for _on, minutes in days))
    found = []
    for level, hours in enumerate(thresholds_hours, start=1):
        at = bisect_left(sums, hours * HOUR)
        hours_on = days[at][0] if at < len(days) else None
        months_on = tenure.fulfilled_on(level) if tenure else None
        on = None if _waits(tenure, level) else _later(hours_on, months_on)
        found.append(Reached(level, hours, months_on, on))
    return found


def months_after(on: date, months: int) -> date:
    """Return the same day so many months later, or that month's last where it has none such."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def _waits(tenure: Tenure | None, level: int) -> date | None:
    until = tenure.fulfilled_on(level) if tenure else None
    return until if tenure and until and until > tenure.on else None


def _later(hours_on: date | None, months_on: date | None) -> date | None:
    if hours_on is None or months_on is None:
        return hours_on
    return max(hours_on, months_on)
