"""What a page may cost: statements to the database, and bytes until it stands on a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.db import db
from tests.web.cast import ROLES, Cast, crowd, sign_in_as
from tests.web.test_wild_input import pages_of

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
FIRST_LOAD_BYTES = 150_000
STATEMENTS = 18


@pytest.mark.parametrize("role", ROLES)
def test_no_page_asks_too_often_or_more_often_for_more_people(
    app: Flask, cast: Cast, role: str
) -> None:
    client = sign_in_as(app, cast, role)
    pages = pages_of(cast, role)
    few = {page: statements(client, page) for page in pages}
    crowd(cast, 12)
    many = {page: statements(client, page) for page in pages}
    assert {page: count for page, count in many.items() if count > STATEMENTS} == {}
    assert {page: (few[page], many[page]) for page in pages if many[page] > few[page] + 1} == {}


def statements(client: FlaskClient, page: str) -> int:
    """Return how many statements a page takes, once what is kept in memory is there."""
    client.get(page)
    asked: list[str] = []

    def count(*arguments: Any) -> None:
        asked.append(arguments[2])

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        client.get(page)
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len(asked)


@pytest.mark.parametrize("role", ROLES)
def test_a_first_load_fits(app: Flask, cast: Cast, role: str) -> None:
    client = sign_in_as(app, cast, role)
    heavy = {}
    for page in pages_of(cast, role):
        answer = client.get(page)
        if answer.mimetype == "text/html":
            total = len(answer.data) + sum(size_of(name) for name in assets(answer.text))
            if total > FIRST_LOAD_BYTES:
                heavy[page] = total
    assert heavy == {}


def assets(html: str) -> set[str]:
    """Return our own files that a page brings along: styles, scripts with imports, pictures."""
    named = set(re.findall(r'(?:href|src)="/static/([^"?#]+)', html))
    for name in sorted(named):
        if name.endswith((".js", ".css")):
            folder = (STATIC / name).parent
            for found in re.findall(r"""(?:from|import|url\()\s*["']?(\./[\w./-]+)""", _text(name)):
                named.add(str((folder / found).resolve().relative_to(STATIC)))
    return named


def size_of(name: str) -> int:
    return (STATIC / name).stat().st_size


def _text(name: str) -> str:
    return (STATIC / name).read_text("utf-8")
