"""Every route tried as every role and in every relation, against tests/*/policy_matrix.toml.

A new page adds its rows to the file of its package (the format stands on top of this folder's
one); a route without rows fails.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from app import create_app
from app.db import db
from app.trail.models import TrailRow
from tests.conftest import TEST_CONFIG
from tests.web.cast import ABSENT, RELATIONS, ROLES, Cast, sign_in_as

TESTS = Path(__file__).resolve().parent.parent
SIGN_IN = "sign in"
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|COPY)\b", re.IGNORECASE)
# I-21: what is refused changes nothing but counters. A code is guessed by reading.
COUNTERS = re.compile(r"\bverify_misses\b")
SUBJECT = re.compile(r"{(\w+)}")


class Cell(NamedTuple):
    """One request and what is expected of it."""

    role: str
    relation: str
    path: str
    expected: int | str


def read_matrix() -> dict[str, dict[str, Any]]:
    """Return the tables of all packages by route."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(TESTS.glob("*/policy_matrix.toml")):
        for route, row in tomllib.loads(file.read_text("utf-8")).items():
            assert route not in found, f"{route} has rows in two files"
            found[route] = row
    return found


MATRIX = read_matrix()


def routes() -> list[str]:
    """Return "METHOD /rule" of everything the site answers to."""
    app = create_app({**TEST_CONFIG, "DATABASE_URL": "sqlite://"})
    return sorted(
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint != "static"
    )


def test_every_route_has_its_rows_and_every_row_its_route() -> None:
    known = set(routes())
    assert sorted(known - set(MATRIX)) == [], "add rows to tests/<package>/policy_matrix.toml"
    assert sorted(set(MATRIX) - known) == [], "no such route any more"


@pytest.mark.parametrize("route", sorted(MATRIX))
def test_rows_are_whole(route: str) -> None:
    row = MATRIX[route]
    assert set(ROLES) <= set(row) <= {*ROLES, "path", "data"}
    for role in ROLES:
        if isinstance(row[role], dict):
            assert set(row[role]) <= set(RELATIONS), role


@pytest.mark.parametrize("route", sorted(MATRIX))
def test_everyone_gets_what_the_matrix_says(app: Flask, cast: Cast, route: str) -> None:
    method, rule = route.split(" ", 1)
    wrong: list[str] = []
    for role in ROLES:
        client = sign_in_as(app, cast, role)
        for cell in cells(rule, MATRIX[route], role, cast):
            got = said(client, method, cell, MATRIX[route].get("data", {}))
            if got != cell.expected:
                wrong.append(f"{role} · {cell.relation} · {cell.path}: {got}, not {cell.expected}")
    assert wrong == []


def test_a_wrong_method_is_named_as_such(app: Flask, cast: Cast) -> None:
    client = sign_in_as(app, cast, "organiser")
    known = set(MATRIX)
    wrong = {}
    for rule in sorted({route.split(" ", 1)[1] for route in known}):
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule)
        path = re.sub(r"<[^>]+>", "1", path)
        for method in ("GET", "POST", "DELETE"):
            if f"{method} {rule}" in known:
                continue
            status = client.open(path, method=method).status_code
            if status not in (404, 405) or (status == 404 and "<" not in rule):
                wrong[f"{method} {path}"] = status
    assert wrong == {}


def cells(rule: str, row: dict[str, Any], role: str, cast: Cast) -> Iterator[Cell]:
    """Yield the requests of one role: one for each relation to what the address names."""
    template = row.get("path", rule)
    kinds = SUBJECT.findall(template)
    kind = kinds[0] if kinds else "-"
    for relation in cast.relations(kind, role):
        path = template
        for name in kinds:
            path = path.replace(f"{{{name}}}", cast.subject(name, relation, role))
        expected = row[role]
        if isinstance(expected, dict):
            # A relation nobody wrote down is out of reach.
            expected = expected.get(relation, 404)
        yield Cell(role, relation, path, expected)


def said(client: FlaskClient, method: str, cell: Cell, data: dict[str, Any]) -> int | str:
    """Return the status, or "sign in"; reading writes nothing, a refusal leaves no trail."""
    written: list[str] = []

    def watch(*arguments: Any) -> None:
        if WRITES.match(arguments[2]) and not COUNTERS.search(arguments[2]):
            written.append(arguments[2])

    before = trail_length()
    event.listen(db.engine, "before_cursor_execute", watch)
    try:
        answer = client.open(cell.path, method=method, data=data if method == "POST" else None)
    finally:
        event.remove(db.engine, "before_cursor_execute", watch)
    if method == "GET":
        assert written == [], f"{cell.path} writes although it only reads"
    if answer.status_code >= 400:
        assert trail_length() == before, f"{cell.path} was refused and still did something"
    leads = (answer.location or "").partition("?")[0]
    is_sign_in = answer.status_code == 401 or (answer.status_code == 303 and leads == "/sign-in")
    return SIGN_IN if is_sign_in and cell.role == "visitor" else answer.status_code


def trail_length() -> int:
    length = db.session().scalar(select(func.count(TrailRow.id))) or 0
    db.session.rollback()
    return length


def test_the_cast_stands_in_every_relation(cast: Cast) -> None:
    assert set(cast.logins) == set(ROLES) - {"visitor"}
    assert cast.relations("volunteer", "volunteer") == list(RELATIONS)
    assert cast.relations("volunteer", "organiser") == [r for r in RELATIONS if r != "own"]
    assert cast.subject("volunteer", "absent", "leader") == ABSENT["volunteer"]
