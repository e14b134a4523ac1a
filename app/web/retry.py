"""Answer a request anew when the database only says that two transactions met."""

from __future__ import annotations

import random
import time

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError

from app.db import db, is_retryable

TRIES = 3
SHORTEST_WAIT_SECONDS = 0.02
LONGEST_WAIT_SECONDS = 0.15


class RetryingFlask(Flask):
    """A Flask that calls the view again, whole, after a lost race: nothing had been committed."""

    def dispatch_request(self) -> ResponseReturnValue:
        for tries_left in range(TRIES - 1, 0, -1):
            try:
                return super().dispatch_request()
            except DBAPIError as error:
                if not is_retryable(error):
                    raise
                self.logger.warning("Two transactions met; %s tries left.", tries_left)
            db.session.rollback()
            _rewind_files()
            time.sleep(random.uniform(SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS))
        return super().dispatch_request()


def _rewind_files() -> None:
    """An upload read once would look empty the second time."""
    for file in request.files.values():
        file.stream.seek(0)
