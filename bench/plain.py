"""A bare Flask page of a passbook: raw SQL and a plain table, and nothing else in the process.

`granian --factory bench.plain:make_app` with DATABASE_URL and BENCH_PERSON.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from flask import Flask, render_template_string

LINES = 40
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


def passbook(
    connect: Callable[[], Any], volunteer_id: int, engine: str, lines: int
) -> Callable[[], str]:
    """Return a view of somebody's last lines over a bare connection."""
    mark = "?" if engine == "sqlite" else "%s"
    who, query = WHO_SQL.format(mark=mark), BARE_SQL.format(mark=mark, lines=lines)

    def page() -> str:
        connection = connect()
        person = connection.execute(who, (volunteer_id,)).fetchone()
        found = connection.execute(query, (volunteer_id,)).fetchall()
        total = found[0][-1]
        return render_template_string(BARE_PAGE, who=person, lines=found, total=total)

    return page


def make_app() -> Flask:
    """Return the bare application on a database, with a connection for each thread."""
    url, person = os.environ["DATABASE_URL"], int(os.environ["BENCH_PERSON"])
    kept = threading.local()

    def connect() -> Any:
        if not hasattr(kept, "connection"):
            kept.connection = _connection(url)
        return kept.connection

    app = Flask("bare")
    engine = "sqlite" if url.startswith("sqlite") else "postgresql"
    app.add_url_rule("/", view_func=passbook(connect, person, engine, LINES))
    return app


def _connection(url: str) -> Any:
    if url.startswith("sqlite"):
        return sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    # Only where it is needed: it costs memory.
    import psycopg

    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    return psycopg.connect(plain, autocommit=True)
