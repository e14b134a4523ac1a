"""The worker: rights are read anew, failures are seen, and kill -9 midway ends once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.db import db, transaction
from app.errors import N_, RuleBroken
from app.jobs.handling import EXTENSION, Handling, Run, handling_of
from app.jobs.operations import enqueue
from app.jobs.runner import Worker
from app.web.policy import allow
from tests.imports.office import Office, csv, one, open_office
from tests.serving import ROOT, environment
from tests.web.cast import NOW, Cast

GOOD = ",谷雨,2026-03-01,TX-red,2小时,清扫"


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    return open_office(app, cast)


def queue(office: Office, handle: Callable[[Run], None], role: str = "organiser") -> int:
    """Queue one job of a kind that exists only here."""
    handling = handling_of(office.app)
    handlers = {**handling.handlers, "test": handle}
    office.app.extensions[EXTENSION] = Handling(handlers, handling.find_actor)
    with transaction() as session:
        return enqueue(
            session,
            kind="test",
            subject_kind="thing",
            subject_id=1,
            actor_id=office.cast.logins[role],
            now=NOW,
        )


@allow("import.commit")
def end_well(run: Run) -> None:
    run.at("writing", 1, 2)
    run.end(lambda _session: 5, lambda found: {"found": found})


def test_a_job_runs_and_ends(office: Office) -> None:
    queue(office, end_well)
    assert office.work() == 1
    assert one("SELECT result FROM jobs") == '{"found": 5}'


@pytest.mark.parametrize("role", ["volunteer", "auditor"])
def test_whoever_may_not_gets_a_refusal_not_an_effect(office: Office, role: str) -> None:
    queue(office, end_well, role)
    office.work()
    assert one("SELECT state FROM jobs") == "failed"


def test_rights_lost_since_count(office: Office) -> None:
    queue(office, end_well)
    with transaction() as session:
        session.execute(text("UPDATE logins SET is_suspended = true"))
    office.work()
    assert one("SELECT state FROM jobs") == "failed"


def test_a_kind_without_a_right_never_runs(office: Office) -> None:
    queue(office, lambda run: pytest.fail("it ran"))
    office.work()
    assert one("SELECT state FROM jobs") == "failed"


class Shy(RuleBroken):
    message = N_("Not today, %(name)s.")


def test_a_refusal_is_told_in_its_sentence(office: Office) -> None:
    @allow("import.commit")
    def refuse(_run: Run) -> None:
        raise Shy(name="x")

    queue(office, refuse)
    office.work()
    assert one("SELECT error_message FROM jobs") == Shy.message


def test_a_bug_is_logged_without_what_it_held(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    phone = "138" + "12345678"

    @allow("import.commit")
    def break_down(_run: Run) -> None:
        raise LookupError(phone)

    queue(office, break_down)
    office.work()
    assert one("SELECT state FROM jobs") == "failed"
    assert "LookupError" in caplog.text
    assert phone not in caplog.text + str(one("SELECT error_figures FROM jobs"))


def test_an_effect_without_its_lease_is_undone(office: Office) -> None:
    @allow("import.commit")
    def lose(run: Run) -> None:
        with transaction() as session:
            session.execute(text("UPDATE jobs SET worker = 'other'"))
        run.end(lambda session: session.execute(text("DELETE FROM job_workers")), lambda _done: {})

    queue(office, lose)
    Worker(lambda: [office.app]).turn(office.app)
    assert one("SELECT state FROM jobs") == "running"
    assert one("SELECT count(*) FROM job_workers") == 1


def test_a_stopping_worker_gives_its_job_back(office: Office) -> None:
    worker = Worker(lambda: [office.app])

    @allow("import.commit")
    def be_stopped(_run: Run) -> None:
        worker.stop()

    queue(office, be_stopped)
    worker.turn(office.app)
    assert one("SELECT state FROM jobs") == "queued"
    assert one("SELECT attempts FROM jobs") == 0


# ── a real process, killed ────────────────────────────────────────────────────────────────


def start_worker(office: Office, folder: Path, *more: str) -> subprocess.Popen[bytes]:
    url = office.app.config["DATABASE_URL"]
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "work", *more],
        cwd=ROOT,
        env=environment(url, folder),
        stderr=subprocess.DEVNULL,
    )


def wait_until(is_so: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


def test_a_worker_killed_midway_leaves_nothing_and_the_next_ends_it_once(
    office: Office, tmp_path: Path
) -> None:
    days = [f",谷雨,20{20 + n // 330}-{n % 330 // 28 + 1:02}-{n % 28 + 1:02}" for n in range(1600)]
    path = office.preview(csv(*(f"{day},TX-red,2小时,清扫" for day in days)))
    assert office.agree(path).status_code == 303
    worker = start_worker(office, tmp_path)
    wait_until(lambda: one("SELECT state FROM jobs ORDER BY id DESC LIMIT 1") != "queued")
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    imported = "SELECT count(*) FROM service_records WHERE evidence = 'imported'"
    # Either it had not committed yet, or it had, as a whole.
    assert one(imported) in {0, 1600}
    with transaction() as session:
        session.execute(
            text("UPDATE jobs SET heartbeat_at = :then WHERE state = 'running'"),
            {"then": long_ago()},
        )
    subprocess.run(
        [sys.executable, "-m", "flask", "work", "--once"],
        cwd=ROOT,
        env=environment(office.app.config["DATABASE_URL"], tmp_path),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    assert one(imported) == 1600
    assert one("SELECT count(*) FROM batches WHERE created = 1600") == 1
    assert one("SELECT state FROM jobs ORDER BY id DESC LIMIT 1") == "done"


def test_a_worker_told_to_stop_ends_in_good_order(office: Office, tmp_path: Path) -> None:
    worker = start_worker(office, tmp_path)
    wait_until(lambda: one("SELECT count(*) FROM job_workers") == 1)
    worker.terminate()
    assert worker.wait(20) == 0
    assert one("SELECT count(*) FROM job_workers") == 0


def test_a_worker_ends_with_the_server_it_stands_beside(office: Office, tmp_path: Path) -> None:
    server = subprocess.Popen(["sleep", "60"])
    worker = start_worker(office, tmp_path, "--while", str(server.pid))
    wait_until(lambda: one("SELECT count(*) FROM job_workers") == 1)
    server.kill()
    server.wait()
    assert worker.wait(20) == 0


def long_ago() -> str:
    is_sqlite = db.engine.dialect.name == "sqlite"
    return "2020-01-01 00:00:00.000000" if is_sqlite else "2020-01-01T00:00:00Z"


def test_the_doctor_says_when_jobs_wait_for_nobody(office: Office) -> None:
    queue(office, end_well)
    said = office.app.test_cli_runner().invoke(args=["doctor"]).stdout
    assert "flask work" in said
    office.work()
    assert "flask work" not in office.app.test_cli_runner().invoke(args=["doctor"]).stdout
