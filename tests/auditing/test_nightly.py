"""An audit that is due: one at a time, beside the jobs, and begun anew where it was killed."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from app import clock
from app.auditing import keeping
from app.auditing.alone import alone_on
from app.auditing.keeping import audit_if_due, try_audit
from app.auditing.nightly import COMMAND, Auditor
from app.auditing.running import Kind, Told, run_audit
from app.audits.queries import last_runs
from app.audits.rules import Run
from app.db import db
from app.jobs.runner import Worker
from tests.jobs.test_runner import wait_until
from tests.serving import ROOT, environment
from tests.web.cast import Cast, sign_in_as

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FOREVER = "import time; time.sleep(600)"
HOLDS = """
import os, time
from sqlalchemy import create_engine
from app.auditing.alone import alone_on
with alone_on(create_engine(os.environ["DATABASE_URL"])) as still:
    print(still is not None, flush=True)
    time.sleep(600)
"""


class Started:
    """What stands for the process: how often it was begun, and what it does."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> subprocess.Popen[bytes]:
        self.processes.append(subprocess.Popen([sys.executable, "-c", self.program]))
        return self.processes[-1]


@pytest.fixture
def starts() -> Iterator[Callable[[str], Started]]:
    """Make what is begun; nothing of it outlives the test."""
    made: list[Started] = []

    def make(program: str) -> Started:
        made.append(Started(program))
        return made[-1]

    yield make
    for process in (each for started in made for each in started.processes):
        process.kill()
        process.wait()


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Let the clock stand where the list says."""
    at = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: at[0])
    return at


def kinds() -> list[str]:
    db.session.rollback()
    return [row.run.kind for row in last_runs(db.session(), 5)]


# ── what is done ──────────────────────────────────────────────────────────────────────────


def test_what_is_due_is_audited_and_no_more(app: Flask, cast: Cast, hand: list[datetime]) -> None:
    assert audit_if_due()
    # Not minutes: it may be two at night in the organisation's zone, when the next one is due.
    hand[0] += timedelta(seconds=1)
    assert not audit_if_due()
    hand[0] += DAY
    assert audit_if_due()
    assert kinds() == ["full", "full"]


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let somebody else ask in the middle of every audit; whether they had one to do."""
    found: list[bool] = []

    def meanwhile(kind: Kind, told: Told) -> Run:
        if not found:
            found.append(False)
            found[0] = audit_if_due()
        return run_audit(kind, told)

    monkeypatch.setattr(keeping, "run_audit", meanwhile)
    return found


def test_who_comes_while_one_audits_leaves_it_to_them(
    app: Flask, cast: Cast, others: list[bool]
) -> None:
    assert audit_if_due()
    assert others == [False]
    assert kinds() == ["full"]


def test_without_the_lock_both_audit(
    app: Flask, cast: Cast, others: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "alone_on", lambda _engine: nullcontext(lambda: None))
    assert audit_if_due()
    assert others == [True]
    assert kinds() == ["full", "full"]


def test_one_that_is_stopped_keeps_nothing_and_lets_go(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(kind: Kind, _told: Told) -> Run:
        return run_audit(kind, lambda done, _total: sys.exit(143) if done == 3 else None)

    with monkeypatch.context() as patched:
        patched.setattr(keeping, "run_audit", stopped)
        with pytest.raises(SystemExit):
            try_audit(app)
    assert kinds() == []
    assert audit_if_due()


def test_one_that_lost_its_lock_keeps_nothing(app: Flask, cast: Cast) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("A file's lock goes with its process only.")
    with alone_on(db.engine) as still:
        assert still is not None
        with db.engine.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_locks "
                "WHERE locktype = 'advisory' AND classid = 7104 AND objid = 10 "
                "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        with pytest.raises(DBAPIError):
            still()


def test_who_is_killed_lets_go(app: Flask, cast: Cast, tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS],
        cwd=ROOT,
        env=environment(app.config["DATABASE_URL"], tmp_path),
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == b"True\n"
        assert not audit_if_due()
        holder.kill()
        holder.wait()
    wait_until(audit_if_due)
    assert kinds() == ["full"]


# ── who begins it ─────────────────────────────────────────────────────────────────────────


def test_jobs_are_done_while_it_audits(
    app: Flask, cast: Cast, starts: Callable[[str], Started]
) -> None:
    sign_in_as(app, cast, "auditor").post("/admin/audit", data={"kind": "full"})
    started = starts(FOREVER)
    auditor, worker = Auditor(started), Worker(lambda: [app])
    worker.between = lambda each: int(auditor.turn(each, clock.now()))
    assert worker.turn(app)
    assert started.processes[0].poll() is None
    with app.app_context():
        assert kinds() == ["full"]


def test_one_is_begun_at_a_time_and_a_stop_ends_it(
    app: Flask, cast: Cast, starts: Callable[[str], Started]
) -> None:
    started, at = starts(FOREVER), clock.now()
    auditor = Auditor(started)
    assert auditor.turn(app, at)
    assert not auditor.turn(app, at + DAY)
    auditor.stop()
    assert [each.returncode for each in started.processes] == [-signal.SIGTERM]


def test_what_was_killed_is_begun_at_the_next_look(
    app: Flask, cast: Cast, starts: Callable[[str], Started], caplog: pytest.LogCaptureFixture
) -> None:
    started, at = starts(FOREVER), clock.now()
    auditor = Auditor(started)
    assert auditor.turn(app, at)
    started.processes[0].kill()
    started.processes[0].wait()
    with caplog.at_level(logging.ERROR):
        assert auditor.turn(app, at + MINUTE)
    assert "-9" in caplog.text


def test_what_could_not_be_done_waits_a_while(
    app: Flask, cast: Cast, starts: Callable[[str], Started]
) -> None:
    started, at = starts("raise SystemExit(1)"), clock.now()
    auditor = Auditor(started)
    assert auditor.turn(app, at)
    started.processes[0].wait()
    assert not auditor.turn(app, at + MINUTE)
    assert auditor.turn(app, at + 10 * MINUTE)


def test_nothing_is_begun_where_nothing_is_due(
    app: Flask, cast: Cast, starts: Callable[[str], Started]
) -> None:
    assert audit_if_due()
    started = starts(FOREVER)
    assert not Auditor(started).turn(app, clock.now())
    assert not started.processes


def test_the_hidden_command_says_what_went_wrong(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runner = app.test_cli_runner()
    with monkeypatch.context() as patched:
        patched.setattr(keeping, "due_now", lambda _at: 1 / 0)
        assert runner.invoke(args=COMMAND).exit_code == 1
    assert "ZeroDivisionError" in caplog.text
    assert runner.invoke(args=COMMAND).exit_code == 0
    with app.app_context():
        assert kinds() == ["full"]
