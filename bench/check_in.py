"""Many people check in, one request after the other, beside a bare Flask route with the same rows.

Both write a check-in, its row of the trail and its key, in one commit as durable as the other's.
"""

from __future__ import annotations

import statistics
import time
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import Flask, request

from app.activities.models import Activity
from app.activities.operations import create_activity
from app.activities.rules import Plan, screen_code
from app.clock import now
from app.db import db, transaction
from app.people.models import Login
from app.people.operations.sessions import begin_session
from bench.grounds import Ground, on
from bench.measures import Round, raw_connection
from tests.service.community import NOW, Community

WARM_UP = 20
ZONE = ZoneInfo("Asia/Shanghai")
WHO_SQL = "SELECT login_id FROM sessions WHERE id = {mark} AND revoked_at IS NULL"
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


class CheckedIn(NamedTuple):
    """Seconds of each confirmation, of each whole way from the scan on, and of the bare ones."""

    confirmed: list[float]
    whole: list[float]
    bare: list[float]

    @property
    def round(self) -> Round:
        """The confirmations of all beside the bare ones of all."""
        return Round(sum(self.confirmed), sum(self.bare))


class Guest(NamedTuple):
    """Somebody who comes: who they are, and the cookie of their phone."""

    volunteer_id: int
    session_id: int
    cookie: str


def check_in_of(ground: Ground, community: Community, *, people: int) -> CheckedIn:
    """Let people check in by the page, then by the bare route on a copy of its own."""
    mine, theirs = ground.fresh(), ground.fresh()
    with on(mine) as app:
        activity_id, guests = _prepare(app, community, people + WARM_UP)
        secret = db.session.get_one(Activity, activity_id).screen_secret
    # Outside of any context, so that each request has its own.
    confirmed, whole = _ours(app, activity_id, secret, guests)
    with on(theirs) as app:
        activity_id, guests = _prepare(app, community, people + WARM_UP)
    with raw_connection(theirs) as connection:
        bare = _bare(connection, ground.engine, community, activity_id, guests)
    return CheckedIn(confirmed, whole, bare)


def tell(checked_in: CheckedIn, engine: str) -> None:
    """Print what one person waits for."""
    for name, seconds in (
        ("confirming", checked_in.confirmed),
        ("from the scan", checked_in.whole),
    ):
        cuts = statistics.quantiles(seconds, n=100)
        middle, late = cuts[49] * 1000, cuts[98] * 1000
        print(f"{engine}: check-in, {name}: p50 {middle:.1f} ms, p99 {late:.1f} ms")


def _prepare(app: Flask, community: Community, people: int) -> tuple[int, list[Guest]]:
    """Announce an activity that is on, and sign its guests in."""
    local, sealed = now().astimezone(ZONE), app.session_interface
    plan = Plan("楼道清扫", local.date(), local.hour * 60 + local.minute, 180, place="东门")
    leader, guests = community.actor("leader"), []
    with transaction() as session:
        activity_id = create_activity(
            session, community.red_id, plan, actor=leader, now=now(), publish=True
        )
        for volunteer_id in community.volunteers[8 : 8 + people]:
            login = Login(display_name="谷雨", volunteer_id=volunteer_id, created_at=NOW)
            session.add(login)
            session.flush()
            begun = begin_session(
                session, login, address="127.0.0.1", device="bench", now=now(), today=local.date()
            )
            said = {"_user_id": begun.token, "_fresh": True}
            cookie = sealed.get_signing_serializer(app).dumps(said)  # type: ignore[attr-defined]
            guests.append(Guest(volunteer_id, begun.session_id, cookie))
    db.session.remove()
    return activity_id, guests


def _ours(
    app: Flask, activity_id: int, secret: str, guests: list[Guest]
) -> tuple[list[float], list[float]]:
    confirmed, whole = [], []
    for guest in guests:
        phone = app.test_client()
        phone.set_cookie(app.config["SESSION_COOKIE_NAME"], guest.cookie)
        begun = time.perf_counter()
        scan = phone.get(f"/in/{screen_code(activity_id, secret, now()).token}")
        page = phone.get(scan.location)
        assert page.status_code == 200, page.text
        ready = time.perf_counter()
        done = phone.post("/in/here", data={"who": f"in-{guest.volunteer_id}"})
        ended = time.perf_counter()
        assert done.status_code == 303, done.text
        confirmed.append(ended - ready)
        whole.append(ended - begun)
    with app.app_context():
        db.engine.dispose()
    return confirmed[WARM_UP:], whole[WARM_UP:]


def _bare(
    connection: Any, engine: str, community: Community, activity_id: int, guests: list[Guest]
) -> list[float]:
    phone = _bare_app(connection, engine, community.root_id, activity_id).test_client()
    taken = []
    for number, guest in enumerate(guests):
        sent = {"session": guest.session_id, "who": guest.volunteer_id, "key": f"key-{number}"}
        begun = time.perf_counter()
        done = phone.post("/", data=sent)
        taken.append(time.perf_counter() - begun)
        assert done.status_code == 302
    return taken[WARM_UP:]


def _bare_app(connection: Any, engine: str, root_id: int, activity_id: int) -> Flask:
    app, is_sqlite = Flask("bare"), engine == "sqlite"
    mark = "?" if is_sqlite else "%s"
    who, row, trail, key = (
        each.format(mark=mark) for each in (WHO_SQL, ROW_SQL, TRAIL_SQL, KEY_SQL)
    )

    @app.post("/")
    def check_in() -> Any:
        person, given = int(request.form["who"]), request.form
        at: Any = now().strftime("%Y-%m-%d %H:%M:%S.%f") if is_sqlite else datetime.now(ZONE)
        (login_id,) = connection.execute(who, (int(given["session"]),)).fetchone()
        said = f'{{"by":"code","volunteer":{person}}}'
        connection.execute("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
        connection.execute(row, (activity_id, person, at, login_id, "0" * 64))
        connection.execute(trail, (at, login_id, root_id, activity_id, said))
        connection.execute(key, (login_id, given["key"], "0" * 64, at))
        connection.execute("COMMIT")
        return "", 302, {"Location": "/"}

    return app
