"""Two web hosts, one database: whatever was begun at one goes on at the other, and ends at both."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.certificates.rules.refusals import MOST_MISSES
from app.clock import now
from app.db import db, transaction
from app.jobs.runner import Worker
from app.people.operations import suspend_login
from app.people.operations.sessions import end_all
from tests.conftest import MakeApp
from tests.imports.office import csv, one, open_office
from tests.people.conftest import PASSWORD, Place, add
from tests.people.conftest import place as place  # a fixture
from tests.people.test_held_form import ADD, fields, held_by
from tests.web.cast import Cast, sign_in_as

TRIES = 30


class Hosts:
    """Two apps as two machines would have them: nothing but database and secret in common."""

    def __init__(self, make_app: MakeApp, folder: Path, **settings: object) -> None:
        self.folders = [folder / "east", folder / "west"]
        self.east, self.west = (
            make_app(INSTANCE_DIR=str(each), **settings) for each in self.folders
        )

    def left_behind(self) -> list[str]:
        """Return what lies on the disks of the machines."""
        return [path.name for folder in self.folders for path in folder.rglob("*")]


@pytest.fixture
def hosts(app: Flask, make_app: MakeApp, tmp_path: Path) -> Hosts:
    return Hosts(make_app, tmp_path)


def at(host: Flask, client: FlaskClient) -> FlaskClient:
    """Let a browser, cookies and all, ask this host from now on."""
    client.application = host
    return client


def is_in(client: FlaskClient) -> bool:
    return client.get("/me/account").status_code == 200


def signed_in(host: Flask) -> FlaskClient:
    client = host.test_client()
    assert _try(client, "xiazhi", PASSWORD) == 303
    return client


def _try(client: FlaskClient, account: str, password: str, address: str = "127.0.0.1") -> int:
    typed = {"account": account, "password": password}
    here = {"REMOTE_ADDR": address}
    return client.post("/sign-in", data=typed, environ_overrides=here).status_code


# ── sign-in ───────────────────────────────────────────────────────────────────────────────


def test_who_signed_in_at_one_goes_on_at_the_other(place: Place, hosts: Hosts) -> None:
    client = signed_in(hosts.east)
    assert is_in(at(hosts.west, client))
    assert hosts.left_behind() == []


def test_signing_out_at_one_ends_it_at_the_other(place: Place, hosts: Hosts) -> None:
    client = signed_in(hosts.east)
    stolen = hosts.west.test_client()
    name = hosts.east.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    stolen.set_cookie(name, cookie.value)
    assert is_in(stolen)
    client.post("/sign-out")
    assert not is_in(stolen)


@pytest.mark.parametrize("ends", [suspend_login, end_all])
def test_what_ends_a_session_ends_it_everywhere(place: Place, hosts: Hosts, ends) -> None:
    client = signed_in(hosts.east)
    assert is_in(at(hosts.west, client))
    more = {"actor_id": place.organiser_id, "reason": "x"} if ends is suspend_login else {}
    with transaction() as session:
        ends(session, place.organiser_id, now=now(), **more)
    assert not is_in(at(hosts.west, client))
    assert not is_in(at(hosts.east, client))


def test_wrong_tries_count_over_both_hosts(place: Place, hosts: Hosts) -> None:
    add(place, "立春", password=PASSWORD)
    with time_machine.travel(now(), tick=False):
        alone = _tries_until_refused([hosts.east], "xiazhi", "192.0.2.1")
        both = _tries_until_refused([hosts.east, hosts.west], "TX00001", "192.0.2.2")
    assert alone == both < TRIES


def test_guessed_codes_of_certificates_count_over_both_hosts(place: Place, hosts: Hosts) -> None:
    with time_machine.travel(now(), tick=False):
        asked = [
            host.test_client().get(f"/verify/{'0' * 28}").status_code
            for host, _miss in zip(
                cycle([hosts.east, hosts.west]), range(MOST_MISSES), strict=False
            )
        ]
        assert asked == [404] * MOST_MISSES
        for host in (hosts.east, hosts.west):
            assert host.test_client().get(f"/verify/{'0' * 28}").status_code == 429
    assert hosts.left_behind() == []


def _tries_until_refused(apps: list[Flask], account: str, address: str) -> int:
    turns = cycle(app.test_client() for app in apps)
    for number in range(TRIES):
        if _try(next(turns), account, "not-the-password", address) == 429:
            return number
    return TRIES


# ── forms ─────────────────────────────────────────────────────────────────────────────────


def test_a_form_fetched_at_one_is_posted_at_the_other(
    place: Place, make_app: MakeApp, tmp_path: Path
) -> None:
    hosts = Hosts(make_app, tmp_path, WTF_CSRF_ENABLED=True)
    client = hosts.east.test_client()
    token = fields(client.get("/sign-in").text)["csrf_token"]
    typed = {"csrf_token": token, "account": "xiazhi", "password": PASSWORD}
    assert at(hosts.west, client).post("/sign-in", data=typed).status_code == 303


def test_a_form_kept_at_one_comes_back_at_the_other(
    place: Place, make_app: MakeApp, tmp_path: Path
) -> None:
    hosts = Hosts(make_app, tmp_path, WTF_CSRF_ENABLED=True)
    client = hosts.east.test_client()
    carried = held_by(client)
    asked = at(hosts.west, client).post("/sign-in", data=carried)
    filled = {**fields(asked.text), "account": "xiazhi", "password": PASSWORD}
    back = at(hosts.east, client).post("/sign-in", data=filled).text
    assert fields(back, ADD)["name"] == "周谷雨"


# ── files and work ────────────────────────────────────────────────────────────────────────


def test_a_file_goes_from_one_to_a_worker_elsewhere_and_comes_back_at_the_other(
    app: Flask, hosts: Hosts, cast: Cast, make_app: MakeApp, tmp_path: Path
) -> None:
    office = open_office(hosts.east, cast)
    number = cast.subjects["volunteer"]["same_team"]
    path = office.hand_in(csv(f"{number},谷雨,2026-03-21,TX-red,2小时,清扫"))
    elsewhere = make_app(INSTANCE_DIR=str(tmp_path / "worker"))
    db.session.rollback()
    assert Worker(lambda: [elsewhere]).work_off(elsewhere) == 1
    at(hosts.west, office.client())
    assert office.agree(path).status_code == 303
    assert Worker(lambda: [elsewhere]).work_off(elsewhere) == 1
    assert "/import/batches/" in str(office.client().get(path).location)
    assert hosts.left_behind() == []


def test_a_made_file_is_fetched_where_nobody_made_it(hosts: Hosts, cast: Cast) -> None:
    client = sign_in_as(hosts.east, cast, "organiser")
    root = one("SELECT organisation_id FROM teams WHERE code = 'TX-red'")
    asked = {"organisation": str(root), "year": "0", "reason": "报民政局备案"}
    answer = client.post("/archives/export", data=asked)
    assert "/files/jobs/" in str(answer.location), answer.text
    db.session.rollback()
    assert Worker(lambda: [hosts.east]).work_off(hosts.east) == 1
    file_id = one("SELECT max(id) FROM made_files")
    fetched = at(hosts.west, client).get(f"/files/{file_id}")
    assert (fetched.status_code, fetched.data[:2]) == (200, b"PK")
    assert hosts.left_behind() == []


# ── what each machine derives for itself ──────────────────────────────────────────────────


def test_no_host_serves_a_demo_of_its_own(
    place: Place, make_app: MakeApp, tmp_path: Path, engine_name: str
) -> None:
    if engine_name == "sqlite":
        return  # several hosts are refused there: tests/test_safety.py
    hosts = Hosts(make_app, tmp_path, WEB_HOSTS="2")
    assert [each.test_client().get("/demo/").status_code for each in (hosts.east, hosts.west)] == [
        404,
        404,
    ]
    assert hosts.left_behind() == []


# ── what a process keeps ──────────────────────────────────────────────────────────────────

APP = Path(create_app.__code__.co_filename).parent
# Keeps something from one request to the next.
KEEPS = re.compile(
    r"@(functools\.)?(lru_)?cache\b|= (functools\.)?lru_cache|extensions\.setdefault\("
    r"|^\w+(: .*)? = (\{\}|\[\]|(dict|list|set)\(\)|(\w+\.)?(defaultdict|deque|Weak\w+)\()"
    r"|^ +global ",
    re.M,
)
KEPT_A_MINUTE = "app/web/kept.py"
# Follows from its arguments alone, or from the program and the machine it runs on.
ALWAYS_THE_SAME = {
    "app/auditing/showing.py": "the checks of the program",
    "app/bulk.py": "statements in the words of an engine",
    "app/certificates/marks.py": "a drawing",
    "app/certificates/pages.py": "nothing, for good",
    "app/imports/rules/cells.py": "of its arguments",
    "app/imports/rules/reach.py": "of its arguments",
    "app/imports/rules/service_rows.py": "of its arguments",
    "app/monitoring/readiness.py": "the newest migration",
    "app/notices/kinds.py": "the kinds of notices of the program",
    "app/papers/engine.py": "what is installed",
    "app/papers/rules.py": "what is installed",
    "app/people/rules/names.py": "of its arguments",
    "app/people/rules/passwords.py": "a hasher of its cost",
    "app/points/rules.py": "of its arguments",
    "app/ranking/judging.py": "within one request",
    "app/service/operations/judging.py": "of its arguments",
    "app/service/operations/known.py": "thrown away where its revision is another in the database",
    "app/service/operations/reversing.py": "who is told within the program",
    "app/service/totals.py": "of its arguments",
    "app/sheets/dates.py": "of its arguments",
    "app/sheets/durations.py": "of its arguments",
    "app/sheets/lines.py": "of its arguments",
    "app/sheets/texts.py": "of its arguments",
    "app/web/english.py": "of its arguments",
    "app/web/filters.py": "of its arguments",
    "app/web/headers.py": "the program's own files",
    "app/web/navigation.py": "the rights of routes",
    "app/web/retry.py": "addresses of the program's own files",
}


def test_a_process_keeps_only_sums_of_a_minute_and_what_never_changes() -> None:
    """Whatever is new here has to be told: what may another host not yet know, and for how long?"""
    found = {
        path.relative_to(APP.parent).as_posix()
        for path in APP.rglob("*.py")
        if KEEPS.search(path.read_text("utf-8"))
    }
    assert found == {KEPT_A_MINUTE, *ALWAYS_THE_SAME}
