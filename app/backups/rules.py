"""Which backups are kept, and when the next one is due. Pure: dates in, names out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

DAILY, WEEKLY, MONTHLY = 7, 5, 12
MADE_AT_HOUR = 2
# A clock may be corrected by so much between two backups.
CLOCK_SLACK = timedelta(minutes=5)

Period = tuple[int, ...]


class Kept(NamedTuple):
    """A backup as the rule sees it; proven: every check of the audit passed on it."""

    name: str
    made_at: datetime
    is_proven: bool


def superfluous(backups: Sequence[Kept], now: datetime, zone: tzinfo) -> list[Kept]:
    """Return the backups that may go: beyond the last of 7 days, 5 weeks and 12 months.

    Periods without a backup do not count, so that nothing runs out while none is made. The
    newest and the newest proven stay in any case, and whatever is dated after `now`: a clock
    was set back, and nobody knows which of them is the newest.
    """
    known = [one for one in backups if one.made_at <= now]
    stay = {one.name for one in backups if one.made_at > now}
    for period_of, count in ((_day, DAILY), (_week, WEEKLY), (_month, MONTHLY)):
        stay |= {one.name for one in _last_of_each(known, zone, period_of, count)}
    for group in (known, [one for one in known if one.is_proven]):
        if group:
            stay.add(max(group, key=_newness).name)
    return [one for one in known if one.name not in stay]


def _last_of_each(
    backups: Iterable[Kept], zone: tzinfo, period_of: Callable[[datetime], Period], count: int
) -> list[Kept]:
    """Return the best backup of each of the newest periods: the last proven one, else the last."""
    best: dict[Period, Kept] = {}
    for one in sorted(backups, key=_newness):
        period = period_of(one.made_at.astimezone(zone))
        if period not in best or one.is_proven or not best[period].is_proven:
            best[period] = one
    return [best[period] for period in sorted(best)[-count:]]


def _newness(one: Kept) -> tuple[datetime, str]:
    return one.made_at, one.name


def _day(at: datetime) -> Period:
    return at.year, at.month, at.day


def _week(at: datetime) -> Period:
    year, week, _ = at.isocalendar()
    return year, week


def _month(at: datetime) -> Period:
    return at.year, at.month


def is_due(made: Iterable[datetime], now: datetime, zone: tzinfo) -> bool:
    """Tell whether none was made since it last struck two in the morning.

    A machine that sleeps at night makes it when it is switched on.
    """
    here = now.astimezone(zone)
    struck = here.replace(hour=MADE_AT_HOUR, minute=0, second=0, microsecond=0, fold=0)
    if struck > here:
        struck = (struck - timedelta(days=1)).replace(fold=0)
    since, until = struck.timestamp(), (now + CLOCK_SLACK).timestamp()
    return not any(since <= at.timestamp() <= until for at in made)
