"""The passbook page beside a bare Flask page: raw SQL and a plain table, on the same server."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Flask, render_template_string
from flask.testing import FlaskClient

from app.clock import now
from app.db import db, transaction
from app.people.models import Login
from app.people.operations.sessions import begin_session
from bench.grounds import Ground, on
from bench.measures import Round, log, raw_connection
from tests.service.community import NOW, Community

LINES = 40
WARM_UP = 20
REQUESTS = 150
BARE_SQL = """
SELECT e.id, e.kind, e.recorded_at, r.service_on, r.content, t.name, c.glyph, r.minutes,
  r.points_hundredths, w.display_name, p.amount
FROM postings p
JOIN accounts a ON a.id = p.account_id AND a.unit = 'points'
JOIN entries e ON e.id = p.entry_id
JOIN service_records r ON r.award_entry_id = e.id
JOIN teams t ON t.id = r.team_id
JOIN colours c ON c.id = r.colour_id
JOIN logins w ON w.id = r.recorder_id
WHERE a.holder_id = {mark} ORDER BY p.entry_id DESC LIMIT 50
"""
BARE_PAGE = """<!doctype html><title>Passbook</title><h1>{{ total }}</h1><table>
{% for line in lines %}<tr><td>{{ line[0] }}</td><td>{{ line[1] }}</td><td>{{ line[2] }}</td>
<td>{{ line[3] }}</td><td>{{ line[4] }}</td><td>{{ line[5] }}</td><td>{{ line[6] }}</td>
<td>{{ line[7] }}</td><td>{{ line[8] }}</td><td>{{ line[9] }}</td></tr>
{% endfor %}</table>"""


def passbook_page(ground: Ground, community: Community, *, rounds: int) -> list[Round]:
    """Time the volunteer's ledger and the bare page in turn, seconds a request."""
    url = ground.fresh()
    volunteer_id = community.volunteers[9]
    with on(url) as app, raw_connection(url) as connection:
        _serve(community, volunteer_id)
        ours = _signed_in(app, volunteer_id)
        bare = _bare_app(connection, volunteer_id, ground.engine).test_client()
        for client, path in ((ours, "/me/ledger"), (bare, "/")):
            answer = client.get(path)
            assert answer.status_code == 200, answer.status
            assert answer.text.count("<tr" if client is bare else "q-row") >= LINES // 2
        return [
            Round(_seconds(lambda: ours.get("/me/ledger")), _seconds(lambda: bare.get("/")))
            for _ in range(rounds)
        ]


def _serve(community: Community, volunteer_id: int) -> None:
    """Give one volunteer a history, a record a week."""
    for week in range(LINES):
        served_on = date(2025, 3, 4) + timedelta(days=7 * week)
        line = community.line(9, minutes=60 + week, service_on=served_on)
        assert line.volunteer_id == volunteer_id
        log(community, [line], f"week-{week}")


def _signed_in(app: Flask, volunteer_id: int) -> FlaskClient:
    with transaction() as session:
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


def _bare_app(connection: Any, volunteer_id: int, engine: str) -> Flask:
    app = Flask("bare")
    query = BARE_SQL.format(mark="?" if engine == "sqlite" else "%s")

    @app.get("/")
    def page() -> str:
        lines = connection.execute(query, (volunteer_id,)).fetchall()
        total = sum(line[-1] for line in lines)
        return render_template_string(BARE_PAGE, lines=lines, total=total)

    return app


def _seconds(request: Callable[[], Any]) -> float:
    for _ in range(WARM_UP):
        request()
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        request()
    return (time.perf_counter() - begun) / REQUESTS
