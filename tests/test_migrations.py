"""Migrations go both ways and end where the models are, guards included, on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect

from app.db import db
from app.guards import guards_in_place
from app.manifest import expected_guards
from tests.conftest import ROOT, MakeApp

FOLDER = str(ROOT / "migrations")


@pytest.fixture
def migrated(make_app: MakeApp, empty_database_url: str) -> Iterator[str]:
    """The engine's name, inside an app whose database was empty."""
    app = make_app(DATABASE_URL=empty_database_url)
    with app.app_context():
        yield db.engine.dialect.name
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def guards() -> set[str]:
    with db.engine.connect() as connection:
        return guards_in_place(connection)


def test_the_newest_version_is_what_the_models_say(migrated: str) -> None:
    upgrade(FOLDER)
    # Raises when a model and the migrations differ.
    check(FOLDER)
    assert tables() == set(db.metadata.tables)
    assert guards() == expected_guards(migrated)


def test_migrations_go_back_and_forth(migrated: str) -> None:
    upgrade(FOLDER)
    downgrade(FOLDER, revision="base")
    assert tables() == set()
    upgrade(FOLDER)
    check(FOLDER)
    assert guards() == expected_guards(migrated)


def test_migrating_twice_changes_nothing(migrated: str) -> None:
    upgrade(FOLDER)
    upgrade(FOLDER)
    assert guards() == expected_guards(migrated)


def test_each_change_has_one_file_that_says_what_it_is() -> None:
    for file in Path(FOLDER, "versions").glob("*.py"):
        first_line = file.read_text().splitlines()[0]
        assert first_line.startswith('"""'), file.name
