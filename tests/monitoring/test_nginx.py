"""What nginx as shipped does with what comes from outside, before the production server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask

from tests.hosts.front import BEHIND, NAME, Front, needs_nginx, nginx_before
from tests.serving import LiveServer, serving

pytestmark = needs_nginx
TOLD = {"QICAI_LOG_LEVEL": "info", "QICAI_LOG_FORMAT": "json"}
TOKEN = "a-token-that-opens-something"


class Site(NamedTuple):
    front: Front
    server: LiveServer


class Said(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def site(app: Flask, tmp_path: Path) -> Iterator[Site]:
    """A web host and nginx before it, by the files of deploy/."""
    with (
        serving(app.config["DATABASE_URL"], tmp_path, named=BEHIND | TOLD) as server,
        nginx_before([server.url], tmp_path / "nginx") as front,
    ):
        yield Site(front, server)


def ask(connection: HTTPConnection, path: str, body: bytes = b"", **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST" if body else "GET", path, body or None, named)
    answer = connection.getresponse()
    said = Said(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    connection.close()
    return said


def requests_of(site: Site) -> list[dict[str, object]]:
    lines = site.server.log.read_text().splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in told if line["event"] == "request"]


def test_nginx_as_shipped_serves_pages_and_closes_what_is_for_machines(site: Site) -> None:
    front = site.front
    page = ask(front.connection(), "/sign-in")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "secure" in page.headers["set-cookie"].lower()
    # Without TLS there is nothing but the way to the same page with it.
    bare = ask(front.plain_connection(), "/rewards?page=2", Host=NAME)
    assert (bare.status, bare.headers["location"]) == (301, f"https://{NAME}/rewards?page=2")
    for path in ("/metrics", "/health/ready", "/health/live"):
        assert ask(front.connection(), path).status == 404
    assert ask(HTTPConnection(site.server.url[7:]), "/health/live").status == 200
    # By another name, through nginx: it is the name that was asked which Qicai sees.
    assert ask(front.connection(), "/sign-in", Host="elsewhere.example").status == 400
    assert ask(front.connection(), "/sign-in", b"x" * 17_000_000).status == 413


def test_what_a_visitor_says_of_themselves_is_thrown_away(site: Site) -> None:
    said = ask(
        site.front.connection(),
        "/",
        X_Request_ID="mine",
        X_Forwarded_For="9.9.9.9",
        X_Forwarded_Host="evil.example",
        X_Forwarded_Proto="http",
    )
    request_id = said.headers["x-request-id"]
    assert request_id != "mine"
    assert "evil.example" not in said.headers.get("location", "") + said.body.decode()
    line = next(line for line in requests_of(site) if line["request_id"] == request_id)
    assert "9.9.9.9" not in json.dumps(line)


def test_no_log_holds_an_address_that_opens_something(site: Site) -> None:
    assert ask(site.front.connection(), f"/verify/{TOKEN}").status in {200, 303, 404}
    assert ask(site.front.connection(), "/sign-in").status == 200
    kept = (site.front.folder / "access.log").read_text()
    assert "/sign-in" in kept
    assert TOKEN not in kept + site.server.log.read_text()
