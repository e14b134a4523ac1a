"""Every page, file, export, log line, job, trail row and notice is searched for planted values.

MAY_READ in canaries.py says which of them may appear to whom; everything else is a leak.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import wraps
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db
from app.jobs.runner import Worker
from tests.privacy.canaries import (
    MAY_READ,
    MAY_STAND_IN_ADDRESSES,
    PLANTED,
    Leak,
    addresses_of,
    found_in,
    kind_of,
    plant,
    texts_of,
)
from tests.serving import SECRET
from tests.web.cast import ROLES, Cast, sign_in_as
from tests.web.test_policy_matrix import MATRIX, SIGN_IN, cells

# Where text that people or programs left behind is kept; nobody's full phone, ID or secret there.
KEPT = {
    "trail": ("before", "after", "reason"),
    "jobs": ("payload", "result", "error_message", "error_figures"),
    "notices": ("figures", "path"),
    "notice_messages": ("error",),
    "operation_keys": ("key", "result"),
    "sign_in_failures": ("account", "device"),
    "join_tries": ("address_sha256",),
}
# The trail tells what a complaint was about to nobody; a name may stand in a notice.
NOT_KEPT = {name for name in PLANTED if not name.startswith("name")}
# What a POST hands out; with it who may, and what may then stand in it.
EXPORTS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("organiser", "/admin/people/{near}/archive.xlsx", {}),
    ("auditor", "/admin/people/{near}/archive.pdf", {}),
    ("organiser", "/admin/access/sheet", {}),
    ("auditor", "/integrity/teams/sheet", {"kind": "csv"}),
    ("organiser", "/archives/export", {"organisation": "{here}", "year": "0", "reason": "备案"}),
    ("volunteer", "/me/data", {}),
)
# A paper takes a second to set, and says the same of everybody.
MOST_PAPERS = 1
# What is out of reach answers with one page, as the policy matrix holds; a few are enough.
MOST_CLOSED = 12
CLOSED = (404, SIGN_IN)


@pytest.fixture
def canaries(app: Flask, cast: Cast) -> dict[str, str]:
    return {**plant(app, cast), "the instance's secret": SECRET}


@pytest.mark.parametrize("role", ROLES)
def test_no_page_says_what_is_none_of_ones_business(
    app: Flask, cast: Cast, canaries: dict[str, str], role: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = sign_in_as(app, cast, role)
    watched = canaries | _token_of(client)
    leaks: list[Leak] = []
    for path, answer in answers(client, cast, role):
        leaks += leaks_of(path, answer, role, watched)
    assert sorted(set(leaks)) == []
    assert found_in(caplog.text, watched) == set(), "a log says it"


def test_no_export_says_more_than_its_pages(
    app: Flask, cast: Cast, canaries: dict[str, str]
) -> None:
    leaks: list[Leak] = []
    near = cast.subjects["volunteer_id"]["same_team"]
    here = str(db.session.execute(text("SELECT id FROM organisations WHERE code='TX'")).scalar())
    for role, address, given in EXPORTS:
        path = address.format(near=near)
        sent = {name: value.format(here=here) for name, value in given.items()}
        answer = exported(app, sign_in_as(app, cast, role), path, sent)
        leaks += leaks_of(path, answer, role, canaries)
    assert sorted(set(leaks)) == []


def test_an_export_in_full_holds_full_numbers_and_nothing_else(
    app: Flask, cast: Cast, canaries: dict[str, str]
) -> None:
    here = str(db.session.execute(text("SELECT id FROM organisations WHERE code='TX'")).scalar())
    sent = {"organisation": here, "year": "0", "reason": "保险", "is_full": "y"}
    answer = exported(app, sign_in_as(app, cast, "organiser"), "/archives/export", sent)
    said = "\n".join(texts_of(answer.data, answer.mimetype))
    expected = {f"{what} {who}" for what in ("phone", "document") for who in ("near", "own")}
    assert found_in(said, canaries) == expected | {"complaint near", "complaint own"}
    assert kept_leaks(canaries) == []


def test_nothing_kept_for_later_says_a_number_or_a_secret(
    app: Flask, cast: Cast, canaries: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """After each look with a reason, each wrong sign-in and each export."""
    caplog.set_level(logging.DEBUG)
    near = cast.subjects["volunteer_id"]["same_team"]
    organiser, phone = sign_in_as(app, cast, "organiser"), PLANTED["phone near"]
    why = {"reason": f"打 {phone} 没有人接，身份证 {PLANTED['document near']}"}
    shown = organiser.post(f"/admin/people/{near}/phone", data=why)
    assert phone in shown.text
    document = organiser.post(f"/admin/people/{near}/archive/document/number", data=why)
    assert document.status_code in (200, 404)
    stranger = app.test_client()
    stranger.post("/sign-in", data={"account": phone, "password": PLANTED["password"]})
    stranger.post("/sign-in", data={"account": "TX00003", "password": PLANTED["pin"]})
    stranger.post("/activate", data={"code": PLANTED["activation code"]})
    organiser.post("/admin/people/search", data={"q": phone})
    assert kept_leaks(canaries) == []
    assert found_in(caplog.text, canaries) == set()


def test_whoever_looks_for_a_phone_leaves_it_in_no_address(
    app: Flask, cast: Cast, canaries: dict[str, str]
) -> None:
    organiser = sign_in_as(app, cast, "organiser")
    for place in ("/admin/people/search",):
        answer = organiser.post(place, data={"q": PLANTED["phone near"]})
        assert answer.status_code == 303
        assert found_in(answer.location, canaries) == set()


@pytest.mark.parametrize(
    ("said", "canary"),
    [
        (f"<p>{PLANTED['phone near']}</p>", "phone near"),
        ("<p>139 7770 0101</p>", "phone near"),
        (f"<p hidden>{PLANTED['name far']}</p>", "name far"),
        ("<p>&#31572;应了三次都没有出现甲</p>", "complaint near"),
        (f'<a href="/people?q={PLANTED["mail near"]}">x</a>', "mail near"),
    ],
)
def test_a_planted_leak_is_found(
    app: Flask, cast: Cast, canaries: dict[str, str], said: str, canary: str
) -> None:
    app.view_functions["home.privacy"] = leaking(app.view_functions["home.privacy"], said)
    leaks = leaks_of("/privacy", app.test_client().get("/privacy"), "visitor", canaries)
    assert {one.canary for one in leaks} == {canary}


def test_each_canary_that_may_be_read_is_read_by_somebody(
    app: Flask, cast: Cast, canaries: dict[str, str]
) -> None:
    """A search that finds nothing anywhere would be blind."""
    seen: set[str] = set()
    near = cast.subjects["volunteer_id"]["same_team"]
    for role, path in (
        ("organiser", f"/admin/people/{near}/archive"),
        ("volunteer", "/me/archive"),
        ("volunteer", "/me/notices/settings"),
        ("admin", "/admin/people"),
    ):
        answer = sign_in_as(app, cast, role).get(path)
        seen |= found_in("\n".join(texts_of(answer.data, answer.mimetype or "")), canaries)
    files = exported(app, sign_in_as(app, cast, "volunteer"), "/me/data", {})
    seen |= found_in("\n".join(texts_of(files.data, "application/zip")), canaries)
    assert seen >= {"complaint near", "complaint own", "phone own", "mail own", "name far"}


# ── going everywhere ──────────────────────────────────────────────────────────────────────


def answers(client: FlaskClient, cast: Cast, role: str) -> Iterator[tuple[str, Any]]:
    """Yield what every page answers to a role, in each relation to what its address names."""
    papers, closed = dict.fromkeys(MATRIX, 0), 0
    for route, row in MATRIX.items():
        method, rule = route.split(" ", 1)
        if method != "GET":
            continue
        for cell in cells(rule, row, role, cast):
            closed += cell.expected in CLOSED
            if papers[route] >= MOST_PAPERS or (cell.expected in CLOSED and closed > MOST_CLOSED):
                continue
            answer = client.get(cell.path)
            papers[route] += answer.data[:4] == b"%PDF"
            yield cell.path, answer


def exported(app: Flask, client: FlaskClient, path: str, sent: dict[str, str]) -> Any:
    """Return a file that a POST hands out, made by a job where it takes one."""
    answer = client.post(path, data=sent)
    if answer.status_code == 200:
        return answer
    assert answer.status_code == 303, (path, answer.text)
    assert Worker(lambda: [app]).work_off(app) == 1
    file = re.search(r'href="(/files/\d+)"', client.get(answer.location).text)
    assert file is not None, path
    return client.get(file[1])


def leaks_of(path: str, answer: Any, role: str, canaries: Mapping[str, str]) -> list[Leak]:
    """Return the canaries of an answer that this role must not read, or in an address."""
    said = "\n".join(texts_of(answer.data, answer.mimetype or ""))
    found = {
        one
        for one in found_in(said, canaries)
        # Whoever came with a code knows it.
        if role not in MAY_READ.get(kind_of(one), frozenset()) and canaries[one] not in path
    }
    headers = "\n".join(
        f"{name}: {value}" for name, value in answer.headers if name != "Set-Cookie"
    )
    linked = found_in(f"{addresses_of(said)}\n{headers}", _not_in_addresses(canaries))
    return [Leak(one, f"{role} {path}") for one in sorted(found | linked)]


def _not_in_addresses(canaries: Mapping[str, str]) -> dict[str, str]:
    """Return what may stand in no address; the names of people may, where pages are searched."""
    return {
        name: value
        for name, value in canaries.items()
        if kind_of(name) not in MAY_STAND_IN_ADDRESSES
        and not name.startswith(("name", "complaint"))
    }


def kept_leaks(canaries: Mapping[str, str]) -> list[Leak]:
    """Return the canaries that stand where something is kept for later."""
    watched = {name: value for name, value in canaries.items() if name in NOT_KEPT or "." in name}
    leaks = []
    for table, columns in KEPT.items():
        for row in _rows(table, columns):
            leaks += [Leak(one, table) for one in sorted(found_in(row, watched))]
    return leaks


def _rows(table: str, columns: Iterable[str]) -> Iterator[str]:
    for row in db.session.execute(text(f"SELECT {', '.join(columns)} FROM {table}")):
        yield "\n".join(str(cell) for cell in row if cell is not None)
    db.session.rollback()


def _token_of(client: FlaskClient) -> dict[str, str]:
    with client.session_transaction() as cookie:
        token = cookie.get("_user_id")
    return {"session token": str(token)} if token else {}


def leaking(view: Any, said: str) -> Any:
    """Return a view that says something besides."""

    @wraps(view)
    def leaks() -> str:
        return str(view()) + said

    return leaks
