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
from app.people.models import Login, Role
from app.ranking.models import Objection, RankingSnapshot
from tests.home.reading import todo_of
from tests.web.cast import NOW, SINCE, Cast, sign_in_as, stir

# Where the rows stand on each page, and how one begins.
_ROWS = {
    "/waiting": ("", r'<a[^>]+href="/records/\d+"'),
    "/disputes": ("h-open", "<li"),
    "/joining": ("h-new h-teams h-acting", "<li"),
    "/pick-up": ("waiting", "<li"),
    "/adjustments": ("h-mine", "<li"),
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


def test_an_auditor_is_not_told_to_answer_what_they_only_read(app: Flask, cast: Cast) -> None:
    stir(cast, random.Random(1))
    auditor = sign_in_as(app, cast, "auditor")
    # Those that another raised than who would answer; the second person of an adjustment acts.
    assert set(todo_of(auditor.get("/desk").text)) == {"/adjustments?show=waiting"}
    page = auditor.get("/awards/TX/2019/objections").text
    assert "h-open" not in page
    assert page.split('aria-labelledby="h-others"')[1].count("/objections/") > 0


def test_whoever_is_concerned_is_not_told_to_answer(app: Flask, cast: Cast) -> None:
    grant(cast, "leader", "organiser", "TX")
    path = "/awards/TX/2019/objections"
    readers = {who: sign_in_as(app, cast, who) for who in ("organiser", "leader")}
    before = {who: rows_on(client, path) for who, client in readers.items()}
    with transaction() as session:
        home = session.query(Organisation).filter_by(code="TX").one().id
        snapshot_id = session.query(RankingSnapshot.id).filter_by(organisation_id=home).scalar()
        own_id, raiser_id = (
            session.get_one(Login, cast.logins[who]).volunteer_id for who in ("leader", "volunteer")
        )
        for about_id in (None, own_id):
            objection = Objection(
                snapshot_id=snapshot_id, organisation_id=home, year=2019, volunteer_id=raiser_id,
                raised_by_id=cast.logins["volunteer"], about_id=about_id, words="少", raised_at=NOW,
            )  # fmt: skip
            session.add(objection)
    for who, more in (("organiser", 2), ("leader", 1)):
        told = todo_of(readers[who].get("/desk").text)[path]
        assert told == rows_on(readers[who], path) == before[who] + more


def test_nothing_waits_for_an_administrator(app: Flask, cast: Cast) -> None:
    client = sign_in_as(app, cast, "admin")
    assert 'id="h-todo"' not in client.get("/desk").text
    assert not any(client.get(path).status_code == 200 for path in DAILY)
