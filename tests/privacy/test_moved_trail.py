"""Old rows of the trail: what is personal moves aside, readers see the same, and it goes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from app.db import db
from app.trail.queries import trail_about
from tests.conftest import ROOT, MakeApp

FOLDER = str(ROOT / "migrations")
OLD = (
    "INSERT INTO trail (id, at, operation, subject_kind, subject_id, before, after, reason, "
    "request_id) VALUES (:id, '2026-01-02 03:04:05.000000', 'x', :kind, 7, :before, :after, "
    ":why, '')"
)
ROWS = (
    {"id": 1, "kind": "volunteer", "before": None, "why": "核对",
     "after": '{"kind":"party","name":"谷雨","phone":"138****0001"}'},
    {"id": 2, "kind": "team", "before": '{"name":"旧"}', "after": '{"name":"新"}', "why": "改名"},
)  # fmt: skip


@pytest.fixture
def before_it(make_app: MakeApp, empty_database_url: str) -> Iterator[None]:
    app = make_app(DATABASE_URL=empty_database_url)
    with app.app_context():
        upgrade(FOLDER, revision="0024")
        with db.engine.begin() as connection:
            for row in ROWS:
                connection.execute(text(OLD), row)
        yield
        db.session.remove()
        db.engine.dispose()


def kept() -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        query = text("SELECT id, before, after, reason FROM trail ORDER BY id")
        return [tuple(row) for row in connection.execute(query)]


def test_it_moves_aside_and_back(before_it: None) -> None:
    first = kept()
    upgrade(FOLDER)
    assert kept() == [(1, None, '{"kind":"party"}', None), first[1]]
    (line,) = trail_about(db.session(), "volunteer", 7)
    assert line.after == {"kind": "party", "name": "谷雨", "phone": "138****0001"}
    assert line.reason == "核对"
    db.session.remove()
    downgrade(FOLDER, revision="0024")
    assert kept() == first
