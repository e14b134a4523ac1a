"""The only place that asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def today_in(zone: str, at: datetime | None = None) -> date:
    """Return the civil date in an organisation's time zone at an instant (default: now)."""
    return (at or now()).astimezone(ZoneInfo(zone)).date()
