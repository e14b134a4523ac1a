"""The floor of a check-in, served as the application is: the same three requests and rows.

`granian --factory bench.bare:make_app` with DATABASE_URL, BENCH_ROOT and BENCH_ACTIVITY.
"""

from __future__ import annotations

import os
import threading
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, render_template_string, request

from app.clock import now
from bench import raw

ZONE = ZoneInfo("Asia/Shanghai")
COOKIE = "bare"
WHO_SQL = """
SELECT l.id, v.id, v.name FROM sessions s JOIN logins l ON l.id = s.login_id
JOIN volunteers v ON v.id = l.volunteer_id WHERE s.id = {mark} AND s.revoked_at IS NULL
"""
ACTIVITY_SQL = "SELECT title, place, service_on FROM activities WHERE id = {mark}"
ROW_SQL = """
INSERT INTO check_ins (activity_id, volunteer_id, in_at, in_by, in_actor_id, in_device)
VALUES ({mark}, {mark}, {mark}, 'code', {mark}, {mark})
"""
TRAIL_SQL = """
INSERT INTO trail (at, operation, actor_id, organisation_id, subject_kind, subject_id, after,
  request_id)
VALUES ({mark}, 'activity.check_in', {mark}, {mark}, 'activity', {mark}, {mark}, 'bare')
"""
KEY_SQL = """
INSERT INTO operation_keys (actor_id, key, content_sha256, result, at)
VALUES ({mark}, {mark}, {mark}, '{{}}', {mark})
"""
PAGE = """<!doctype html><html lang="zh-CN"><head><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1><dl><dt>Day</dt><dd>{{ on }}</dd><dt>Place</dt><dd>{{ place }}</dd></dl>
<form method="post"><input type="hidden" name="key" value="{{ key }}"><p>{{ name }}</p>
<button>Check in</button></form></body></html>"""


class Books:
    """A bare connection for each thread that serves, as durable as the application's."""

    def __init__(self, url: str) -> None:
        self._url, self._kept = url, threading.local()
        self.is_sqlite = url.startswith("sqlite")
        self._mark = "?" if self.is_sqlite else "%s"

    def run(self, query: str, *values: Any) -> Any:
        """Send one statement and return its cursor."""
        if not hasattr(self._kept, "connection"):
            self._kept.connection = raw.connect(self._url)
        return self._kept.connection.execute(query.format(mark=self._mark), values)


def make_app() -> Flask:
    """Return the bare application: a scan, a page with a button, and what the button writes."""
    app, books = Flask("bare"), Books(os.environ["DATABASE_URL"])
    root_id, activity_id = (int(os.environ[name]) for name in ("BENCH_ROOT", "BENCH_ACTIVITY"))

    @app.get("/in/scanned")
    def scan() -> Any:
        books.run(ACTIVITY_SQL, activity_id).fetchone()
        return "", 303, {"Location": "/in/here"}

    @app.get("/in/here")
    def page() -> str:
        _login, _person, name = books.run(WHO_SQL, _session_id()).fetchone()
        title, place, on = books.run(ACTIVITY_SQL, activity_id).fetchone()
        key = f"bare-{_session_id()}"
        return render_template_string(PAGE, title=title, place=place, on=on, name=name, key=key)

    @app.post("/in/here")
    def confirm() -> Any:
        at: Any = datetime.now(ZONE)
        if books.is_sqlite:
            at = now().strftime("%Y-%m-%d %H:%M:%S.%f")
        login_id, person, _name = books.run(WHO_SQL, _session_id()).fetchone()
        books.run("BEGIN IMMEDIATE" if books.is_sqlite else "BEGIN")
        books.run(ROW_SQL, activity_id, person, at, login_id, "0" * 64)
        said = f'{{"by":"code","volunteer":{person}}}'
        books.run(TRAIL_SQL, at, login_id, root_id, activity_id, said)
        books.run(KEY_SQL, login_id, request.form["key"], "0" * 64, at)
        books.run("COMMIT")
        return "", 303, {"Location": "/in/here"}

    return app


def _session_id() -> int:
    return int(request.cookies[COOKIE])
