"""The cast of the whole site, and a browser for each of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.db import db
from tests.web.cast import Cast, sign_in_as

NOW = datetime(2026, 4, 1, 4, tzinfo=UTC)
TODAY = date(2026, 4, 1)


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Callable[[str], FlaskClient]:
    """Return a browser of a role, its pages in English."""

    def open_as(role: str) -> FlaskClient:
        client = sign_in_as(app, cast, role)
        client.set_cookie("qicai_language", "en")
        return client

    return open_as


def queries_of(act: Callable[[], object]) -> int:
    """Return how many statements something runs."""
    said: list[str] = []

    def listen(*arguments: object) -> None:
        # How our SQLite transactions begin is no query.
        if not str(arguments[2]).startswith("BEGIN"):
            said.append(str(arguments[2]))

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        act()
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    return len(said)
