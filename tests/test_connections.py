"""Connections: a dead one is replaced before anybody meets it, and a savepoint undoes its own."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.bulk import Statement, fetch, many, run
from app.clock import now
from app.db import UNASKED_SECONDS, db, is_in_doubt, prepare_postgresql, transaction
from tests.postgres import connect


class Connection:
    """As much of a driver's connection as is asked about; nothing ever comes from it."""

    closed = False

    def fileno(self) -> int:
        return self._reader

    def __init__(self, reader: int) -> None:
        self._reader = reader


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def backend() -> int:
    """Return which of the server's processes answers; on SQLite there is none."""
    with transaction() as session:
        return int(session.scalar(text("SELECT pg_backend_pid()")) or 0)


@pytest.mark.usefixtures("app")
def test_what_the_server_closed_is_not_handed_out(engine_name: str) -> None:
    if engine_name == "sqlite":
        return
    closed = backend()
    with connect(db.engine.url.render_as_string(hide_password=False)) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", (closed,))
    assert backend() != closed


@pytest.mark.usefixtures("app")
def test_a_live_connection_is_used_again_without_a_question(
    engine_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine_name == "sqlite":
        return
    first = backend()
    monkeypatch.setattr(db.engine.dialect, "do_ping", None)
    assert backend() == first


def test_silence_is_trusted_for_a_while_only(ends: tuple[int, int]) -> None:
    now = time.monotonic()
    quiet = Connection(ends[0])
    assert not is_in_doubt(quiet, now)
    assert is_in_doubt(quiet, now - UNASKED_SECONDS - 1)


def test_whatever_came_unasked_raises_a_doubt(ends: tuple[int, int]) -> None:
    os.write(ends[1], b"x")
    assert is_in_doubt(Connection(ends[0]), time.monotonic())


@pytest.mark.usefixtures("app")
def test_what_is_prepared_outlives_the_end_of_a_page(engine_name: str) -> None:
    """Each page ends in a rollback: what it asks would be planned anew by the next."""
    if engine_name == "sqlite":
        return
    for _page in range(10):
        assert db.session.scalar(text("SELECT count(*) FROM organisations")) == 0
        db.session.rollback()
    assert (db.session.scalar(text("SELECT count(*) FROM pg_prepared_statements")) or 0) > 0


@pytest.mark.usefixtures("app")
def test_what_broke_off_is_rolled_back_too(engine_name: str) -> None:
    if engine_name == "sqlite":
        return
    for _time in range(2):
        with pytest.raises(DBAPIError):
            db.session.execute(text("SELECT 1 / 0"))
        db.session.rollback()
        assert db.session.scalar(text("SELECT 1")) == 1
        db.session.rollback()


@pytest.mark.usefixtures("app")
def test_prepared_a_hundred_times_an_undoing_is_one_call_deep(engine_name: str) -> None:
    """Apps of one process share a dialect in tests: each layer would be called by the next."""
    if engine_name == "sqlite":
        return
    depths = []

    class Probed:
        closed = False

        def rollback(self) -> None:
            depths.append(len(inspect.stack(0)))

    probed = Probed()
    for _ in range(2):
        db.engine.dialect.do_rollback(probed)  # type: ignore[arg-type]
        for _ in range(100):
            prepare_postgresql(db.engine)
    assert depths[0] == depths[1]


_SEEN = "INSERT INTO job_workers (name, seen_at) VALUES (?, ?)"
_ALL_SEEN = Statement(
    "INSERT INTO job_workers (name, seen_at) VALUES (?, '2026-03-28 09:00:00.000000')",
    "INSERT INTO job_workers (name, seen_at) SELECT a, now() FROM {rows}",
    ("text",),
)


@pytest.mark.usefixtures("app")
def test_what_goes_around_the_session_is_undone_with_its_savepoint() -> None:
    """A savepoint begins when its connection is asked for, so it must be, each time."""
    with transaction() as session:
        run(session, _SEEN, "before", now())
        for number, write in enumerate(
            (
                lambda: run(session, _SEEN, "undone", now()),
                lambda: many(session, _ALL_SEEN, [("undone",)]),
                lambda: fetch(session, f"{_SEEN} RETURNING name", "undone", now()),
            )
        ):
            savepoint = session.begin_nested()
            write()
            savepoint.rollback()
            run(session, _SEEN, f"after {number}", now())
    left = db.session.execute(text("SELECT name FROM job_workers ORDER BY name")).scalars().all()
    assert left == ["after 0", "after 1", "after 2", "before"]
