"""What an app tells and does once a day, handed over by create_app."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy.orm import Session

from app.notices.kinds import know_kinds

EXTENSION = "qicai_notices"


class Daily(NamedTuple):
    """Work done once for each civil date of each root organisation, in one commit.

    `run(session, root_id, today, now)`; a day on which no worker ran is not made up for, so it
    looks at what stands rather than at what happened yesterday.
    """

    code: str
    run: Callable[[Session, int, date, datetime], None]


class Notices(NamedTuple):
    """What the worker needs to know of an app."""

    daily: tuple[Daily, ...]


def init_notices(app: Flask, modules: Iterable[Any]) -> None:
    """Learn each module's KINDS, and what it lists as DAILY."""
    daily: list[Daily] = []
    for module in modules:
        know_kinds(module.KINDS)
        daily += getattr(module, "DAILY", ())
    app.extensions[EXTENSION] = Notices(tuple(daily))


def notices_of(app: Flask) -> Notices:
    """Return what was handed over."""
    found: Notices = app.extensions[EXTENSION]
    return found
