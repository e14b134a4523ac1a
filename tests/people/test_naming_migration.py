"""Who was named before consents were written down stays so, by one row that says what is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask_migrate import upgrade

from app.db import db
from app.people.models import NamingConsent
from app.people.queries.naming import public_names
from tests.conftest import ROOT, MakeApp

FOLDER = str(ROOT / "migrations")
ON = date(2026, 11, 22)
ADULT, CHILD, SILENT = 1, 2, 3


@pytest.fixture
def migrated(make_app: MakeApp, empty_database_url: str) -> Iterator[None]:
    """A community as it was before: an adult and a child with the flag, somebody without."""
    app = make_app(DATABASE_URL=empty_database_url)
    with app.app_context():
        upgrade(FOLDER, revision="0020")
        _fill()
        upgrade(FOLDER)
        yield
        db.session.remove()
        db.engine.dispose()


def _fill() -> None:
    with db.engine.begin() as connection:
        at = "2026-01-01 00:00:00.000000"
        connection.exec_driver_sql(
            f"INSERT INTO organisations (id, code, name, created_at) VALUES (1, 'TX', 'x', '{at}')"
        )
        for number, born_on, is_named in (
            (ADULT, None, "true"),
            (CHILD, "'2018-01-01'", "true"),
            (SILENT, None, "false"),
        ):
            connection.exec_driver_sql(
                "INSERT INTO volunteers (id, organisation_id, number, name, name_keys, born_on, "
                f"kind, state, is_named, created_at) VALUES ({number}, 1, 'TX{number}', '张谷雨', "
                f"'x', {born_on or 'NULL'}, 'resident', 'active', {is_named}, '{at}')"
            )


def test_each_flag_has_its_row(migrated: None) -> None:
    kept = db.session.query(NamingConsent).order_by(NamingConsent.id).all()
    assert [(one.volunteer_id, one.is_named) for one in kept] == [(ADULT, True), (CHILD, True)]
    assert {(one.given_by, one.signed_by, one.recorded_by_id) for one in kept} == {
        ("paper", "person", None)
    }
    assert all(datetime.now(UTC) - one.given_at < timedelta(minutes=5) for one in kept)


def test_a_child_is_masked_until_a_guardian_agrees(migrated: None) -> None:
    found = public_names(db.session(), [ADULT, CHILD, SILENT], ON)
    assert found == {ADULT: "张谷雨", CHILD: "张*", SILENT: "张*"}
