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
# Who asks, then the facts that our page shows of each line, its balances included.
WHO_SQL = """
SELECT v.name, v.number FROM sessions s JOIN logins l ON l.id = s.login_id
JOIN volunteers v ON v.id = l.volunteer_id WHERE v.id = {mark} AND s.revoked_at IS NULL
"""
BARE_SQL = """
SELECT * FROM (
  SELECT e.id, e.kind, e.recorded_at, r.service_on, r.content, t.name AS team, c.glyph, r.minutes,
    r.points_hundredths, w.display_name AS recorder, d.display_name AS approver, r.evidence,
    r.place, r.starts_minute, r.decided_at, u.hundredths_per_hour, v.service_day_percent,
    v.service_month_percent, v.step_hundredths, sum(p.amount) OVER (ORDER BY p.entry_id) AS balance
  FROM postings p
  JOIN accounts a ON a.id = p.account_id AND a.unit = 'points'
  JOIN entries e ON e.id = p.entry_id
  JOIN service_records r ON r.award_entry_id = e.id
  JOIN rule_versions v ON v.id = e.rule_version_id
  LEFT JOIN rule_rates u ON u.rule_version_id = v.id AND u.colour_id = r.colour_id
  JOIN teams t ON t.id = r.team_id
  JOIN colours c ON c.id = r.colour_id
  JOIN logins w ON w.id = r.recorder_id
  LEFT JOIN logins d ON d.id = r.approver_id
  WHERE a.holder_id = {mark}
) AS x ORDER BY id DESC LIMIT {lines}
"""
BARE_PAGE = """<!doctype html><html lang="zh-CN"><head><title>{{ who[0] }}</title></head><body>
<header><h1>{{ who[0] }} {{ who[1] }}</h1><p>{{ total }}</p></header><main><ul>
{% for line in lines %}<li><details><summary><i>{{ line[6] }}</i> <b>{{ line[4] }}</b>
<span>{{ line[5] }} · {{ line[3] }}</span> <span>{{ line[8] }}</span> <span>{{ line[7] }}</span>
</summary><p>{{ line[7] }} × {{ line[15] }} (+{{ line[16] }} % +{{ line[17] }} %)
→ {{ line[8] }} ({{ line[18] }})</p><dl><dt>Recorded</dt><dd>{{ line[9] }}, {{ line[2] }}</dd>
<dt>Approved</dt><dd>{{ line[10] }}, {{ line[14] }}</dd><dt>Evidence</dt><dd>{{ line[11] }}</dd>
<dt>Time</dt><dd>{{ line[13] }}</dd><dt>Place</dt><dd>{{ line[12] }}</dd>
<dt>Balance</dt><dd>{{ line[19] }}</dd><dt>Entry</dt><dd>{{ line[0] }}</dd></dl></details></li>
{% endfor %}</ul></main></body></html>"""


def passbook_page(ground: Ground, community: Community, *, rounds: int) -> list[Round]:
    """Time the volunteer's ledger and the bare page in turn, seconds a request."""
    url = ground.fresh()
    volunteer_id = community.volunteers[9]
    with on(url) as app, raw_connection(url) as connection:
        _serve(community, volunteer_id)
        ours = signed_in_as(app, volunteer_id)
        lines = ours.get("/me/ledger").text.count('<details name="l"')
        assert lines >= LINES // 2, lines
        bare = _bare_app(connection, volunteer_id, ground.engine, lines).test_client()
        assert bare.get("/").text.count("<details") == lines
        return [
            Round(seconds_of(lambda: ours.get("/me/ledger")), seconds_of(lambda: bare.get("/")))
            for _ in range(rounds)
        ]


def _serve(community: Community, volunteer_id: int) -> None:
    """Give one volunteer a history, a record a week."""
    for week in range(LINES):
        served_on = date(2025, 3, 4) + timedelta(days=7 * week)
        line = community.line(9, minutes=60 + week, service_on=served_on)
        assert line.volunteer_id == volunteer_id
        log(community, [line], f"week-{week}")


def signed_in_as(app: Flask, volunteer_id: int) -> FlaskClient:
    """Return a browser in which a volunteer with a login of their own is signed in."""
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


def _bare_app(connection: Any, volunteer_id: int, engine: str, lines: int) -> Flask:
    app = Flask("bare")
    mark = "?" if engine == "sqlite" else "%s"
    who, query = WHO_SQL.format(mark=mark), BARE_SQL.format(mark=mark, lines=lines)

    @app.get("/")
    def page() -> str:
        person = connection.execute(who, (volunteer_id,)).fetchone()
        found = connection.execute(query, (volunteer_id,)).fetchall()
        total = found[0][-1]
        return render_template_string(BARE_PAGE, who=person, lines=found, total=total)

    return app


def seconds_of(request: Callable[[], Any]) -> float:
    """Return how long a request takes, after a few to warm up."""
    for _ in range(WARM_UP):
        request()
    begun = time.perf_counter()
    for _ in range(REQUESTS):
        request()
    return (time.perf_counter() - begun) / REQUESTS
