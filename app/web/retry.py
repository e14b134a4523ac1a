"""Answer a request anew when the database only says that two transactions met."""

from __future__ import annotations

import random
import time
import traceback
from collections.abc import Callable
from typing import Any

from flask import Flask, has_request_context, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from app.db import is_lost, is_retryable, let_go

TRIES = 3
SHORTEST_WAIT_SECONDS = 0.02
LONGEST_WAIT_SECONDS = 0.15
# Whoever only reads may ask twice; whether a commit arrived that was never answered, nobody knows.
READING = frozenset({"GET", "HEAD"})


class RetryingFlask(Flask):
    """A Flask that calls the view again, whole, after a lost race: nothing had been committed.

    `mask` takes from a log what nobody may read there; `race_met` hears of each lost race.
    """

    mask: Callable[[str], str] = staticmethod(str)
    race_met: Callable[[], None] = staticmethod(lambda: None)

    def log_exception(self, exc_info: Any) -> None:
        """Log a failure without phones: PostgreSQL tells the whole row that a check refused."""
        trace = "".join(traceback.format_exception(*exc_info))
        # The token of a scanned card stands in its address: the rule is named instead.
        said = f"Exception on {request.url_rule or '(unknown)'} [{request.method}]\n{trace}"
        self.logger.error("%s", self.mask(said))

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """Return an address; that of a static file, which stands in every icon, is kept."""
        if endpoint != "static" or len(values) != 1 or "filename" not in values:
            return super().url_for(endpoint, **values)
        kept: dict[tuple[str, str], str] = self.extensions.setdefault("qicai_static_urls", {})
        # The demo answers below a path of its own; outside a request addresses are whole.
        root = request.script_root if has_request_context() else "://"
        found = kept.get((root, values["filename"]))
        if found is None:
            found = kept[root, values["filename"]] = super().url_for(endpoint, **values)
        return found

    def dispatch_request(self) -> ResponseReturnValue:
        for tries_left in range(TRIES - 1, 0, -1):
            try:
                return super().dispatch_request()
            except DBAPIError as error:
                if is_retryable(error):
                    self.logger.warning("Two transactions met; %s tries left.", tries_left)
                    self.race_met()
                elif is_lost(error) and request.method in READING:
                    self.logger.warning("The database went away; %s tries left.", tries_left)
                else:
                    raise
            let_go()
            _rewind_files()
            time.sleep(random.uniform(SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS))
        return super().dispatch_request()


def _rewind_files() -> None:
    """An upload read once would look empty the second time."""
    for file in request.files.values():
        file.stream.seek(0)
