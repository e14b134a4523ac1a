"""When an audit is due, and what is kept of what it found; no database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

KINDS = ("full", "quick")
# Of the night in the root's zone, or when a worker is there again after it.
QUIET_TIME = time(2)
QUICK_EVERY = timedelta(hours=1)
# A night was missed, and the next one too.
OVERDUE_AFTER = timedelta(hours=50)


class Kept(NamedTuple):
    """What is kept of one check: counts, and samples of ids."""

    id: str
    looked_at: int
    violations: int
    samples: tuple[Mapping[str, Any], ...] = ()


class Through(NamedTuple):
    """Up to which rows an audit looked, as the next quick one asks."""

    entry_id: int
    record_id: int
    trail_id: int
    move_id: int


class Run(NamedTuple):
    """One audit that came to its end."""

    kind: str
    started_at: datetime
    ended_at: datetime
    digest: str
    through: Through
    results: tuple[Kept, ...]

    @property
    def violated(self) -> dict[str, int]:
        """How much each check found that found anything."""
        return {each.id: each.violations for each in self.results if each.violations}


def full_is_due(last_at: datetime | None, now: datetime, zone: str) -> bool:
    """Tell whether the night's audit is still to come after the last one began."""
    local = now.astimezone(ZoneInfo(zone))
    due_at = datetime.combine(local.date(), QUIET_TIME, local.tzinfo)
    return last_at is None or (now >= due_at and last_at < due_at)


def quick_is_due(last_at: datetime, now: datetime) -> bool:
    """Tell whether it is time to look at what is new; `last_at` is when any audit began last."""
    # A clock that was set back does not make it wait until it has caught up.
    return not timedelta(0) <= now - last_at < QUICK_EVERY


def is_overdue(last_full_at: datetime | None, now: datetime) -> bool:
    """Tell whether nights went by without the audit of everything."""
    return last_full_at is not None and now - last_full_at > OVERDUE_AFTER


def plain_sample(sample: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sample without words of the rows: ids, counts and the name of what is wrong.

    The schema's faults name triggers and constraints, which are nobody's.
    """
    named = {"what", "name"} if sample.keys() == {"what", "name"} else {"what"}
    return {
        key: value
        for key, value in sample.items()
        if value is not None and (key in named or isinstance(value, int))
    }


def new_faults(violated: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the checks that found something and had not before."""
    return sorted(set(violated) - set(known))
