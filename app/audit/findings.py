"""What the doctor says of one thing, and what is examined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy.engine import Engine

State = Literal["good", "warning", "bad"]


class Finding(NamedTuple):
    """One thing looked at; `sentence` and `advice` are msgids, `figures` fill both."""

    subject: str
    state: State
    sentence: str
    figures: Mapping[str, Any] = {}
    advice: str = ""


class Patient(NamedTuple):
    """What is examined: the settings, the app's own engine, the newest migration, the instant."""

    config: Mapping[str, Any]
    engine: Engine
    head: str
    now: datetime


def aware(value: datetime | str, now: datetime) -> datetime:
    """Return an instant as it comes from either driver."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
