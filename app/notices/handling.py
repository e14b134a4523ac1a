"""What an app tells, by which channels, and what it does once a day; handed over by create_app."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy.orm import Session

from app.notices.channels import Channel
from app.notices.email import Email, init_email
from app.notices.kinds import know_kinds
from app.notices.rules import Quiet

EXTENSION = "qicai_notices"


# `ahead(root_id, last_at, now, goes_on)`: `last_at` is when the round was done before, `goes_on`
# says no when the worker is to stop. False: not all was done, and it is begun anew later.
Ahead = Callable[[int, datetime | None, datetime, Callable[[], bool]], bool]


class Daily(NamedTuple):
    """Work done once for each civil date of each root organisation, in one commit.

    `run(session, root_id, today, now)`; a day on which no worker ran is not made up for, so it
    looks at what stands rather than at what happened yesterday.
    """

    code: str
    run: Callable[[Session, int, date, datetime], None]
    # Work of many commits, each safe to do twice, done before that one; see Ahead.
    ahead: Ahead | None = None


class Doors(NamedTuple):
    """What this package needs from those above it.

    `quiet_of` says an organisation's quiet hours (None: the usual ones), `roots` names the root
    organisations with their time zones.
    """

    quiet_of: Callable[[Session, int | None], Quiet] = lambda _session, _id: Quiet()
    roots: Callable[[Session], Sequence[tuple[int, str]]] = lambda _session: ()


class Notices(NamedTuple):
    """What pages and workers need to know of an app."""

    channels: Mapping[str, Channel]
    daily: tuple[Daily, ...]
    doors: Doors


def init_notices(
    app: Flask,
    modules: Iterable[Any],
    doors: Doors = Doors(),  # noqa: B008
    channels: Sequence[Channel] | None = None,
) -> None:
    """Learn each module's KINDS and what it lists as DAILY; without channels there is e-mail."""
    init_email(app)
    daily: list[Daily] = []
    for module in modules:
        know_kinds(module.KINDS)
        daily += getattr(module, "DAILY", ())
    known = (Email(),) if channels is None else channels
    by_code = {channel.code: channel for channel in known}
    app.extensions[EXTENSION] = Notices(by_code, tuple(daily), doors)


def notices_of(app: Flask) -> Notices:
    """Return what was handed over."""
    found: Notices = app.extensions[EXTENSION]
    return found
