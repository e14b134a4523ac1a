"""The only place that asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# So far may the clocks of two hosts differ, or one before and after it is put right by a little.
# What was written further ahead than this was written by a clock that was set back since.
CLOCKS_DIFFER = timedelta(minutes=1)


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def today_in(zone: str, at: datetime | None = None) -> date:
    """Return the civil date in an organisation's time zone at an instant (default: now)."""
    return (at or now()).astimezone(ZoneInfo(zone)).date()


def is_within(last: datetime | None, at: datetime, every: timedelta) -> bool:
    """Tell whether something was done less than so long ago.

    A clock that was set back does not make anybody wait until it has caught up.
    """
    return last is not None and timedelta(0) <= at - last < every
