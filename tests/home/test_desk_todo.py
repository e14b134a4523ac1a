"""What waits at the desk: every line counts what the page behind it lists, whoever reads it."""

from __future__ import annotations

import random
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.organisations.models import Organisation
from app.people.models import Role
from tests.home.reading import todo_of
from tests.web.cast import SINCE, Cast, sign_in_as, stir

# Where the rows stand on each page, and how one begins.
_ROWS = {
    "/waiting": ("", r'<a[^>]+href="/records/\d+"'),
    "/disputes": ("h-open", "<li"),
    "/joining": ("h-new h-teams h-acting", "<li"),
    "/pick-up": ("waiting", "<li"),
    "/adjustments": ("h-mine h-others", "<li"),
    "/shelf": ("", r'<tr><th scope="row">'),
    "/awards": ("h-open", "<li"),
    "/admin/erasures": ("h-asked", '/erase"'),
    "/activities/desk": ("", r'/activities/\d+/people"'),
}
DAILY = ("/waiting", "/disputes", "/joining", "/pick-up", "/adjustments?show=waiting")
# Who signs in, and what role they hold besides, where.
READERS = (
    ("organiser", "", ""),
    ("organiser", "organiser", "JD"),
    ("organiser", "auditor", "BY"),
    ("auditor", "", ""),
    ("auditor", "organiser", "BY"),
    ("leader", "auditor", "JD"),
    ("leader", "organiser", "BY"),
)


def grant(cast: Cast, who: str, role: str, code: str) -> None:
    with transaction() as session:
        where = session.query(Organisation).filter_by(code=code).one().id
        held = Role(login_id=cast.logins[who], role=role, organisation_id=where, from_on=SINCE)
        session.add(held)


def rows_on(client: FlaskClient, path: str) -> int:
    """Count what waits on a page."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    ids, row = next(_ROWS[key] for key in _ROWS if path.startswith(key))
    page = answer.text
    if not ids:
        return (
            len(set(re.findall(row, page))) if "activities" in row else len(re.findall(row, page))
        )
    parts = [page.split(f'aria-labelledby="{one}"')[1:] for one in ids.split()]
    return sum(part[0].split("</section>")[0].count(row) for part in parts if part)


@pytest.mark.parametrize(("who", "role", "code"), READERS)
@pytest.mark.parametrize("seed", range(3))
def test_every_count_is_that_of_its_page(
    app: Flask, cast: Cast, who: str, role: str, code: str, seed: int
) -> None:
    stir(cast, random.Random(seed))
    if role:
        grant(cast, who, role, code)
    client = sign_in_as(app, cast, who)
    told = {unescape(url): n for url, n in todo_of(client.get("/desk").text).items()}
    assert told, "nothing waits: the data says nothing"
    assert told == {path: rows_on(client, path) for path in told}
    if "organiser" in (who, role):
        left_out = [path for path in DAILY if path not in told]
        assert not any(rows_on(client, path) for path in left_out)


def test_nothing_waits_for_an_administrator(app: Flask, cast: Cast) -> None:
    client = sign_in_as(app, cast, "admin")
    assert 'id="h-todo"' not in client.get("/desk").text
    assert not any(client.get(path).status_code == 200 for path in DAILY)
