"""Health: whatever is broken, the two addresses say how it stands, in one word."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, make_url

from app.audit.reading import sqlite_file
from app.db import db
from app.monitoring import readiness
from app.monitoring.door import Door
from app.monitoring.readiness import Readiness
from tests.audit.planting import plant
from tests.conftest import MakeApp

NOBODY_LISTENS = "postgresql+psycopg://nobody@127.0.0.1:1/none"
A_GUARD = "entries_no_delete"


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port where somebody takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


def asked(app: Flask) -> tuple[int, str]:
    answer = app.test_client().get("/health/ready")
    return answer.status_code, answer.text.strip()


def test_an_instance_that_nobody_has_founded_is_ready(client: FlaskClient) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.text) == (200, "ready\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_head_says_the_same_without_a_body(client: FlaskClient) -> None:
    answer = client.head("/health/ready")
    assert (answer.status_code, answer.data) == (200, b"")
    assert client.post("/health/ready").status_code == 405


def test_without_a_database_it_lives_and_is_not_ready(make_app: MakeApp) -> None:
    app = make_app(DATABASE_URL=NOBODY_LISTENS)
    assert app.test_client().get("/health/live").status_code == 200
    assert asked(app) == (503, "database")


def test_a_database_that_says_nothing_is_given_up(make_app: MakeApp, silent_server: int) -> None:
    app = make_app(DATABASE_URL=f"postgresql+psycopg://nobody@127.0.0.1:{silent_server}/none")
    began = time.monotonic()
    assert asked(app) == (503, "database")
    assert time.monotonic() - began < 4 * readiness.BOUND_SECONDS


def test_a_look_that_hangs_is_waited_for_within_the_bound(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, may_go_on = Readiness(database_url, ""), threading.Event()
    monkeypatch.setattr(readiness, "BOUND_SECONDS", 0.05)
    monkeypatch.setattr(ready, "_judge", lambda *_what: may_go_on.wait(30) and "ready")
    assert ready.ask() == "database"
    first = ready.look
    assert ready.ask() == "database"
    assert ready.look is first, "a second look while the first hangs"
    may_go_on.set()
    assert first is not None
    first.join()
    assert ready.word == "ready"


def test_nobody_waits_twice_for_a_look_that_hangs(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server of one thread would answer nothing else meanwhile, /health/live neither."""
    ready, may_go_on = Readiness(database_url, ""), threading.Event()
    waited: list[float | None] = []
    join = threading.Thread.join
    monkeypatch.setattr(readiness, "BOUND_SECONDS", 0.05)
    monkeypatch.setattr(ready, "_judge", lambda *_what: may_go_on.wait(30) and "ready")
    assert ready.ask() == "database"
    look = ready.look
    assert look is not None

    def waits(thread: threading.Thread, left: float | None = None) -> None:
        waited.append(left)
        join(thread, left)

    monkeypatch.setattr(threading.Thread, "join", waits)
    assert ready.ask() == "database"
    assert waited == [0.0]
    may_go_on.set()
    join(look)


def test_an_empty_database_has_no_schema(
    make_app: MakeApp, empty_database_url: str, engine_name: str
) -> None:
    if engine_name == "sqlite":
        sqlite_file(empty_database_url).touch()
    assert asked(make_app(DATABASE_URL=empty_database_url)) == (503, "schema")


def test_a_database_of_another_version_is_not_ready(app: Flask) -> None:
    plant(app.config["DATABASE_URL"], ["UPDATE alembic_version SET version_num = '0001'"])
    assert asked(app) == (503, "schema")


def test_a_fallen_guard_is_not_ready(app: Flask, engine_name: str) -> None:
    place = " ON entries" if engine_name == "postgresql" else ""
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {A_GUARD}{place}")
    assert asked(app) == (503, "guards")


def test_a_database_that_takes_nothing_is_not_ready(
    make_app: MakeApp, database_url: str, engine_name: str
) -> None:
    if engine_name == "sqlite":
        readonly = f"sqlite:///file:{sqlite_file(database_url)}?mode=ro&uri=true"
        assert asked(make_app(DATABASE_URL=readonly)) == (503, "read-only")
        return
    name = make_url(database_url).database
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    engine.dispose()
    assert asked(make_app(DATABASE_URL=database_url)) == (503, "read-only")


def test_whoever_writes_at_the_moment_is_no_fault(app: Flask) -> None:
    with db.engine.connect() as writer:
        writer.exec_driver_sql("SELECT 1")
        writer.exec_driver_sql("UPDATE job_workers SET name = name")
        assert asked(app) == (200, "ready")


def test_asking_often_looks_once(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    door: Door = app.wsgi_app  # type: ignore[assignment]
    looks: list[int] = []

    def look(*_what: object) -> str:
        looks.append(1)
        return "ready"

    monkeypatch.setattr(door.readiness, "_judge", look)
    for _ in range(5):
        assert asked(app) == (200, "ready")
    assert len(looks) == 1


def test_a_host_that_is_not_ours_is_told_too(make_app: MakeApp) -> None:
    """What balances the load asks by number, not by name."""
    app = make_app(TRUSTED_HOSTS="time.example.cn")
    assert app.test_client().get("/health/live", base_url="http://10.0.0.7").status_code == 200
    assert app.test_client().get("/", base_url="http://10.0.0.7").status_code == 400
