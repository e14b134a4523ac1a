"""The year of `year.py` in browsers at its own present, which tests move on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.clock import now
from app.db import transaction
from app.people.models import Login
from app.people.operations.sessions import begin_session
from tests.ranking.year import FIRST, serve_on
from tests.service.conftest import Town

HERE = "/awards/TX/2025"
MOST_STATEMENTS = 18


class Present(Town):
    """A town whose browsers are signed in at the present instant, whenever that is."""

    def browser(self, name: str) -> FlaskClient:
        client: FlaskClient = super().browser(name)
        with transaction() as session:
            login = session.get_one(Login, self.community.actor(name).login_id)
            begun = begin_session(
                session, login, address="::1", device="test", now=now(), today=now().date()
            )
        with client.session_transaction() as cookie:
            cookie["_user_id"] = begun.token
        return client


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Let time stand still at another instant."""
    with time_machine.travel(instant, tick=False):
        yield


def later_record(town: Town, person: int = 6, minutes: int = 480) -> None:
    """Let somebody's record be approved after the freeze."""
    serve_on(town.community, person, [(FIRST + timedelta(days=40), minutes)])


def freeze_in(page: str) -> str:
    """Return the question a page asks the reader to answer."""
    found = re.search(r'name="freeze"[^>]*value="(\d+)"', page)
    assert found, page[-3000:]
    return found[1]


def answer(browser: FlaskClient, what: str, **more: Any) -> TestResponse:
    """Answer the question that waits, as its page offers it."""
    page = browser.get(HERE).text
    return browser.post(f"{HERE}/{what}", data={"freeze": freeze_in(page), "key": what, **more})


def ask_for(browser: FlaskClient, asked_for: str, **more: Any) -> TestResponse:
    return browser.post(
        f"{HERE}/ask", data={"asked_for": asked_for, "key": f"ask-{asked_for}", **more}
    )


def queries_in(sent: list[str]) -> list[str]:
    """Return what was asked; how a transaction begins is no question."""
    asked = (each for each in sent if not each.startswith(("BEGIN", "SET ", "PRAGMA")))
    return [" ".join(each.split())[:110] for each in asked]
