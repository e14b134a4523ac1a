"""Seal new entries: between a worker's jobs, and at the end of a command that posted."""

from __future__ import annotations

import traceback
from datetime import datetime, timedelta

from flask import Flask, current_app

from app import clock
from app.ledger.chain import PATIENCE, Sealed, seal

SEAL_EVERY = timedelta(minutes=1)
# A worker seals so many links and looks after its jobs again; a command seals to the end.
LINKS_AT_ONCE = 1
COMMAND_WAITS = timedelta(seconds=10)


class Sealer:
    """Seals about once a minute for each app of one worker, at once where more is left."""

    def __init__(self) -> None:
        self._sealed: dict[str, datetime] = {}

    def turn(self, app: Flask) -> int:
        """Seal what is due in an app whose context is pushed; return how many links were added."""
        at, place = clock.now(), app.config["DATABASE_URL"]
        if clock.is_within(self._sealed.get(place), at, SEAL_EVERY):
            return 0
        self._sealed[place] = at
        try:
            sealed = seal(clock.now, most_links=LINKS_AT_ONCE)
        except Exception as error:
            _log(app, error)
            return 0
        if sealed.links and not sealed.is_whole:
            del self._sealed[place]
        return sealed.links


def seal_at_end(
    *, most_links: int | None = None, patience: timedelta = COMMAND_WAITS
) -> Sealed | None:
    """Seal what a command posted; a failure is logged and left to the worker."""
    try:
        return seal(clock.now, most_links=most_links, patience=patience)
    except Exception as error:
        _log(current_app, error)
        return None


def seal_when_stopped() -> Sealed | None:
    """Seal what a worker's last job posted; who is asked to stop does not seal for long."""
    return seal_at_end(most_links=LINKS_AT_ONCE, patience=PATIENCE)


def _log(app: Flask, error: Exception) -> None:
    trace = "".join(traceback.format_tb(error.__traceback__))
    app.logger.error("Sealing broke: %s\n%s", type(error).__name__, trace)
