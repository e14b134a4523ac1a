"""Many people check in through the production server, beside a bare Flask app on the same one.

Everybody has a session of their own and does what a phone does: scan, look, confirm. Both write
a check-in, its row of the trail and its key, in one commit as durable as the other's.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from flask import Flask

from app.activities.models import Activity
from app.activities.operations import create_activity
from app.activities.rules import Plan, screen_code
from app.clock import now
from app.db import db, transaction
from app.people.models import Login
from bench.bare import COOKIE
from bench.grounds import Ground, on
from bench.measures import Round, raw_connection
from bench.phones import Phone, Visit, come
from bench.seats import ZONE, Guest, as_run_does, guest_of
from tests.service.community import NOW, Community
from tests.serving import SECRET, serving

# Each worker has met the pages before the clock runs.
WARM_UP = 40
AT_ONCE = 8
FIELD = re.compile(r'<input[^>]*name="(csrf_token|key|who)"[^>]*value="([^"]*)"')
COUNT_SQL = """
SELECT count(*), count(DISTINCT volunteer_id), count(DISTINCT in_actor_id),
  (SELECT count(*) FROM trail WHERE operation = 'activity.check_in')
FROM check_ins
"""


class Party(NamedTuple):
    """An activity that is on, and who comes to it."""

    activity_id: int
    secret: str
    cookie_name: str
    guests: list[Guest]


# Told where the server is: lets one guest visit it.
Visitor = Callable[[str], Callable[[Guest], Visit]]


class Came(NamedTuple):
    """What each waited for, and seconds until all had come."""

    visits: list[Visit]
    seconds: float


class CheckedIn(NamedTuple):
    """The check-ins of all beside the bare ones of all."""

    ours: Came
    bare: Came

    @property
    def round(self) -> Round:
        """Seconds until all had come, in ours and in the bare one."""
        return Round(self.ours.seconds, self.bare.seconds)


def check_in_of(ground: Ground, community: Community, *, people: int) -> CheckedIn:
    """Let people check in at the application, then at the bare one on a copy of its own."""
    mine, theirs = ground.fresh(), ground.fresh()
    party = prepare(mine, community, people + WARM_UP)
    mine_came = _served(mine, party, ours(party), target="wsgi:app")
    party = prepare(theirs, community, people + WARM_UP)
    named = {"BENCH_ROOT": str(community.root_id), "BENCH_ACTIVITY": str(party.activity_id)}
    bare = _served(theirs, party, _bare, target="bench.bare:make_app", named=named)
    return CheckedIn(mine_came, bare)


def tell(checked_in: CheckedIn, engine: str) -> None:
    """Print what one person waits for, here and there."""
    for place, name in enumerate(("confirming", "from the scan on")):
        said = []
        for came in checked_in:
            cuts = statistics.quantiles([visit[place] for visit in came.visits], n=100)
            said.append(f"p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms")
        print(f"{engine}: check-in, {name}, {AT_ONCE} at once: {said[0]}; bare {said[1]}")


def prepare(url: str, community: Community, people: int) -> Party:
    """Announce an activity that is on, and sign its guests in."""
    local = now().astimezone(ZONE)
    plan = Plan("楼道清扫", local.date(), local.hour * 60 + local.minute, 180, place="东门")
    with on(url) as app, transaction() as session:
        leader, people_ids = community.actor("leader"), community.volunteers[8 : 8 + people]
        activity_id = create_activity(
            session, community.red_id, plan, actor=leader, now=now(), publish=True
        )
        app.secret_key = SECRET
        guests = [_signed_in(app, each) for each in people_ids]
        secret = session.get_one(Activity, activity_id).screen_secret
        return Party(activity_id, secret, app.config["SESSION_COOKIE_NAME"], guests)


def _signed_in(app: Flask, volunteer_id: int) -> Guest:
    login = Login(display_name="谷雨", volunteer_id=volunteer_id, created_at=NOW)
    db.session.add(login)
    db.session.flush()
    return guest_of(app, login)


def _served(
    url: str, party: Party, visitor: Visitor, *, target: str, named: Mapping[str, str] = {}
) -> Came:
    """Serve as ./run does, let everybody come, and count what is written down at the end."""
    options = as_run_does()
    options += ["--factory"] if named else []
    with (
        tempfile.TemporaryDirectory(prefix="qicai-bench-") as folder,
        serving(url, Path(folder), target=target, options=options, named=named) as server,
    ):
        visit = visitor(server.url)
        come(party.guests[:WARM_UP], visit, at_once=AT_ONCE)
        came = Came(*come(party.guests[WARM_UP:], visit, at_once=AT_ONCE))
    with raw_connection(url) as connection:
        counted = tuple(connection.execute(COUNT_SQL).fetchone())
    assert counted == (len(party.guests),) * 4, counted
    return came


def ours(party: Party) -> Visitor:
    """Return what a guest does at a host: scan, look, confirm."""

    def visitor(url: str) -> Callable[[Guest], Visit]:
        def visit(guest: Guest) -> Visit:
            with Phone(url, {party.cookie_name: guest.cookie}) as phone:
                token = screen_code(party.activity_id, party.secret, now()).token
                return _scan_and_confirm(phone, f"/in/{token}")

        return visit

    return visitor


def _bare(url: str) -> Callable[[Guest], Visit]:
    def visit(guest: Guest) -> Visit:
        with Phone(url, {COOKIE: str(guest.session_id)}) as phone:
            return _scan_and_confirm(phone, "/in/scanned")

    return visit


def _scan_and_confirm(phone: Phone, scanned: str) -> Visit:
    begun = time.perf_counter()
    scan = phone.get(scanned)
    assert scan.status == 303, scan
    page = phone.get(scan.location)
    assert page.status == 200, page
    fields = dict(FIELD.findall(page.text))
    ready = time.perf_counter()
    done = phone.post("/in/here", fields)
    ended = time.perf_counter()
    assert done.status == 303, done
    return Visit(ended - ready, ended - begun)
