"""Pages of service: the small community of `community.py`, at its own present, in browsers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from app.db import db, transaction
from app.people.models import Login, Role
from app.people.operations.sessions import begin_session
from tests.service.community import NOW, Community, make_community

Browser = Callable[[str], FlaskClient]
MakeTown = Callable[..., "Town"]


class Town:
    """The community with browsers in which its people are signed in."""

    def __init__(self, app: Flask, community: Community) -> None:
        self.app = app
        self.community = community
        self.people = community.volunteers

    def browser(self, name: str) -> FlaskClient:
        """Return a browser in which somebody of the community is signed in."""
        client = self.app.test_client()
        if name == "visitor":
            return client
        with transaction() as session:
            login = session.get_one(Login, self.community.actor(name).login_id)
            begun = begin_session(
                session, login, address="::1", device="test", now=NOW, today=NOW.date()
            )
        with client.session_transaction() as cookie:
            cookie["_user_id"] = begun.token
            cookie["_fresh"] = True
        client.set_cookie("qicai_language", "en")
        return client

    def one(self, query: str, **values: Any) -> Any:
        """Return the one value a query finds."""
        db.session.rollback()
        found = db.session.execute(text(query), values).scalar_one()
        db.session.rollback()
        return found

    def count(self, condition: str = "1 = 1") -> int:
        """Return how many service records there are."""
        return int(self.one(f"SELECT count(*) FROM service_records WHERE {condition}"))


@pytest.fixture
def make_town(app: Flask) -> Iterator[MakeTown]:
    """Return a maker of the town; time stands still meanwhile."""
    with time_machine.travel(NOW, tick=False):
        yield lambda **settings: _settle(app, make_community(db.session(), **settings))


def _settle(app: Flask, community: Community) -> Town:
    grant_organisers(community)
    return Town(app, community)


def grant_organisers(community: Community) -> None:
    """Grant in the database what the community's organisers may do."""
    tops = {"organiser": community.root_id, "organiser_too": community.root_id}
    tops |= {"organiser_below": community.estate_id}
    with transaction() as session:
        session.add_all(
            Role(
                login_id=community.actor(name).login_id,
                role="organiser",
                organisation_id=top,
                from_on=date(2025, 1, 1),
            )
            for name, top in tops.items()
        )


@pytest.fixture
def town(make_town: MakeTown) -> Town:
    return make_town()


def key_in(page: str) -> str:
    """Return the key of the first form of a page that has one."""
    found = re.search(r'name="key"[^>]*value="([^"]+)"', page)
    assert found, page[-2000:]
    return found[1]


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect the statements sent meanwhile."""
    sent: list[str] = []

    def watch(*arguments: Any) -> None:
        sent.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", watch)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", watch)
