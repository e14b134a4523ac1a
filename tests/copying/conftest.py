"""A community in a SQLite file and an empty PostgreSQL database, whatever engine the run is for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import Result
from flask import Flask

from app.clock import now
from app.db import db
from app.demo.files import fill_with_demo
from app.schema.migrating import migrate_database
from tests import postgres
from tests.audit.community import fill
from tests.conftest import MakeApp


def run(app: Flask, *words: str) -> Result:
    """Run a command as the shell would; what it says is English, whatever the catalogues hold."""
    app.extensions["babel"].locale_selector = lambda: "en"
    return app.test_cli_runner().invoke(args=list(words))


class Ground(NamedTuple):
    """Where a community is, and where it is to go."""

    app: Flask
    file: Path
    target: str

    def copy_to(self, *words: str) -> Result:
        return run(self.app, "copy-to", *words)

    def move(self) -> Result:
        return self.copy_to(self.target)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The audit's small community in a file, made once."""
    return tmp_path_factory.mktemp("filled") / "qicai.sqlite3"


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's year in a file, made once."""
    return tmp_path_factory.mktemp("lived") / "qicai.sqlite3"


@pytest.fixture
def empty_target(server: postgres.Server, tmp_path: Path) -> Iterator[str]:
    name = f"to_{tmp_path.name[-40:].lower()}"
    server.create_database(name)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
def ground(make_app: MakeApp, filled: Path, empty_target: str, tmp_path: Path) -> Ground:
    """The small community in a file of this test's own."""
    return _ground(make_app, filled, _fill, empty_target, tmp_path)


@pytest.fixture
def year(make_app: MakeApp, lived: Path, empty_target: str, tmp_path: Path) -> Ground:
    """The demo and the year it lived, frozen ranking and all, in a file of this test's own."""
    return _ground(make_app, lived, _live, empty_target, tmp_path)


def _ground(
    make_app: MakeApp, kept: Path, make: Callable[[Flask], None], target: str, folder: Path
) -> Ground:
    if not kept.exists():
        begun = kept.with_suffix(".begun")
        app = make_app(DATABASE_URL=f"sqlite:///{begun}")
        migrate_database(app)
        with app.app_context():
            make(app)
            db.session.remove()
            db.engine.dispose()
        begun.rename(kept)
    file = folder / "qicai.sqlite3"
    shutil.copyfile(kept, file)
    return Ground(make_app(DATABASE_URL=f"sqlite:///{file}"), file, target)


def _fill(_app: Flask) -> None:
    with db.engine.begin() as connection:
        fill(connection)


def _live(app: Flask) -> None:
    fill_with_demo(app, now())
