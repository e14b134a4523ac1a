"""Whatever opens the database takes the address of both hosts and finds the one that writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app import create_app
from app.audit.reading import open_reading
from app.backups.postgres import connected as kept
from app.copying.target import connected as copied
from app.db import db, transaction
from app.hosts import with_driver
from app.schema.migrating import migrate_database
from tests.conftest import TEST_CONFIG
from tests.hosts.drill import Scene
from tests.hosts.pair import DATABASE, Pair, address_of, pair_of
from tests.postgres import installed_binaries

IS_STANDBY = "SELECT pg_is_in_recovery()"
COMMANDS = (["migrate-instance"], ["audit"], ["doctor"], ["work", "--once"])


@pytest.fixture(scope="module")
def pair(scene: Scene) -> Iterator[Pair]:
    with pair_of(scene.template) as pair:
        yield pair


@pytest.fixture
def url(pair: Pair) -> str:
    """The address with the standby before the primary, as an administrator writes it."""
    return address_of(pair.standby.port, pair.primary.port)


@pytest.fixture
def served(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setenv("QICAI_PG_BIN", str(installed_binaries() / "bin"))
    folders = {"INSTANCE_DIR": str(tmp_path / "instance")}
    both = {"DATABASE_URL": url, "MIGRATION_DATABASE_URL": url, "WEB_HOSTS": "2"}
    app = create_app({**TEST_CONFIG, **folders, **both})
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_the_drivers_own_connections(url: str) -> None:
    address = with_driver(url)
    with open_reading(address) as reading:
        assert reading.rows(IS_STANDBY) == [(False,)]
    with kept(make_url(address)) as office, copied(address) as target:
        assert [each.execute(IS_STANDBY).fetchone() for each in (office, target)] == [(False,)] * 2


def test_migrating_serving_and_health(served: Flask) -> None:
    assert not migrate_database(served)
    with served.app_context(), transaction() as session:
        assert session.scalar(text(IS_STANDBY)) is False
    assert served.test_client().get("/health/ready").status_code == 200


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_commands(served: Flask, words: list[str]) -> None:
    result = served.test_cli_runner().invoke(args=words)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert result.exit_code == 0 or words == ["doctor"], result.output


def test_a_backup_is_made_and_proven(served: Flask, tmp_path: Path) -> None:
    result = served.test_cli_runner().invoke(args=["backup", str(tmp_path / "kept.dump")])
    assert result.exit_code == 0, result.output
    assert json.loads((tmp_path / "kept.dump.json").read_text())["proof"] == "audited"


def test_a_standby_alone_is_not_ready_and_says_so(pair: Pair, tmp_path: Path) -> None:
    alone = {"DATABASE_URL": address_of(pair.standby.port), "INSTANCE_DIR": str(tmp_path)}
    app = create_app({**TEST_CONFIG, **alone})
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().post("/sign-in", data={"account": "x", "password": "y"})
    assert answer.status_code == 503
    assert app.test_client().get("/health/ready").text == "read-only\n"
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_a_pool_of_the_dead_primary_finds_the_new_one(pair: Pair, served: Flask) -> None:
    with served.app_context():
        with transaction() as session:
            before = session.scalar(text("SHOW port"))
        pair.kill_primary()
        pair.promote()
        with transaction() as session:
            assert session.scalar(text("SHOW port")) == str(pair.primary.port) != before
            assert session.scalar(text("SELECT current_database()")) == DATABASE
    pair.rejoin()
