"""The passbook page beside a bare Flask page: raw SQL and a plain table, on the same server."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import Context
from datetime import date, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.db import db, transaction
from app.people.models import Login
from app.people.operations.sessions import begin_session
from bench.grounds import Ground, on
from bench.measures import Round, log, raw_connection
from bench.plain import LINES, passbook
from tests.service.community import NOW, Community

WARM_UP = 20
REQUESTS = 150


def passbook_page(ground: Ground, community: Community, *, rounds: int) -> list[Round]:
    """Time the volunteer's ledger and the bare page in turn, seconds a request."""
    url = ground.fresh()
    volunteer_id = community.volunteers[9]
    with on(url) as app, raw_connection(url) as connection:
        serve_weekly(community, person=9)
        ours = signed_in_as(app, volunteer_id)
        lines = ours.get("/me/ledger").text.count('<details name="l"')
        assert lines >= LINES // 2, lines
        bare = _bare_app(connection, volunteer_id, ground.engine, lines).test_client()
        assert bare.get("/").text.count("<details") == lines
        return [
            Round(seconds_of(lambda: ours.get("/me/ledger")), seconds_of(lambda: bare.get("/")))
            for _ in range(rounds)
        ]


def serve_weekly(community: Community, *, person: int) -> None:
    """Give one volunteer a history, a record a week."""
    for week in range(LINES):
        served_on = date(2025, 3, 4) + timedelta(days=7 * week)
        line = community.line(person, minutes=60 + week, service_on=served_on)
        log(community, [line], f"week-{week}")


def signed_in_as(app: Flask, volunteer_id: int) -> FlaskClient:
    """Return a browser in which a volunteer is signed in, with a login of their own."""
    with transaction() as session:
        login = session.scalar(select(Login).where(Login.volunteer_id == volunteer_id))
        if login is None:
            login = Login(display_name="谷雨", volunteer_id=volunteer_id, created_at=NOW)
            session.add(login)
            session.flush()
        begun = begin_session(
            session, login, address="127.0.0.1", device="bench", now=now(), today=now().date()
        )
    db.session.remove()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = begun.token
        cookie["_fresh"] = True
    return client


def _bare_app(connection: Any, volunteer_id: int, engine: str, lines: int) -> Flask:
    app = Flask("bare")
    app.add_url_rule("/", view_func=passbook(lambda: connection, volunteer_id, engine, lines))
    return app


def seconds_of(request: Callable[[], Any]) -> float:
    """Return how long a request takes, after a few to warm up.

    Each comes into an empty context, as a server's does: nothing that one request read, the
    session and the rights least of all, is left over for the next.
    """
    for _ in range(WARM_UP):
        Context().run(request)
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        Context().run(request)
    return (time.perf_counter() - begun) / REQUESTS
