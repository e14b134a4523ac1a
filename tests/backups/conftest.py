"""A community in plain rows, commands called as the shell would, and a place for backups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy.engine import make_url

from app.db import db
from tests.audit.community import fill
from tests.databases import Databases, PostgreSQLDatabases
from tests.postgres import drop_database, installed_binaries

Call = Callable[..., Result]


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the server's own version."""
    monkeypatch.setenv("QICAI_PG_BIN", str(installed_binaries() / "bin"))


@pytest.fixture
def community(app: Flask, databases: Databases) -> Iterator[Flask]:
    with db.engine.begin() as connection:
        fill(connection)
    let_go()
    yield app
    let_go()
    drop_kept(databases, str(make_url(app.config["DATABASE_URL"]).database))


@pytest.fixture
def call(community: Flask) -> Call:
    """Run a command of the community's app: `call("backup", file)`."""
    return lambda *words: call_on(community, *words)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where backups are kept."""
    return tmp_path / "backups"


def call_on(app: Flask, *words: str | Path) -> Result:
    let_go()
    return app.test_cli_runner().invoke(args=[str(word) for word in words])


def let_go() -> None:
    db.session.remove()
    db.engine.dispose()


def drop_kept(databases: Databases, name: str) -> None:
    """Drop what restores put aside, so that the server's memory does not fill up."""
    if not isinstance(databases, PostgreSQLDatabases):
        return
    office = databases.connection()
    query = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
    for (kept,) in office.execute(query, [f"{name}_before_restore"]).fetchall():
        drop_database(office, kept)


def the_backup(folder: Path) -> Path:
    """Return the only backup in a folder."""
    (manifest,) = folder.glob("qicai-*.json")
    return manifest.with_name(manifest.name.removesuffix(".json"))
