"""Workers killed at named places: the next ends the job, its effect once, or it fails visibly."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.audit.reading import open_reading
from app.audit.report import audit
from app.clock import now
from app.db import db, transaction
from app.jobs.operations import enqueue
from app.jobs.rules import MOST_ATTEMPTS
from app.privacy.operations.taking_along import EXPORT
from app.reports import build_views
from tests.imports.office import Office, csv, one, open_office
from tests.rounds import rounds
from tests.serving import ROOT, environment
from tests.torture.deadly_points import JOB_POINTS
from tests.web.cast import Cast

NEWEST = "SELECT {} FROM jobs ORDER BY id DESC LIMIT 1"
IMPORTED = "SELECT count(*) FROM service_records WHERE evidence = 'imported'"
FILES = "SELECT count(*) FROM made_files"


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    return open_office(app, cast)


def ask_import(office: Office) -> Callable[[], int]:
    """Agree to an import of three days; return what counts them."""
    days = [f",谷雨,2026-03-0{day},TX-red,2小时,清扫" for day in (1, 2, 3)]
    assert office.agree(office.preview(csv(*days))).status_code == 303
    return lambda: int(one(IMPORTED)) // 3


def ask_own_data(office: Office) -> Callable[[], int]:
    """Ask for somebody's own data in a file; return what counts the files."""
    login_id = office.cast.logins["volunteer"]
    volunteer_id = one("SELECT volunteer_id FROM logins WHERE id = :id", id=login_id)
    with transaction() as session:
        enqueue(
            session,
            kind=EXPORT,
            subject_kind="volunteer",
            subject_id=volunteer_id,
            actor_id=login_id,
            now=now(),
            payload={"language": "en"},
        )
    return lambda: int(one(FILES))


def ask_report(office: Office) -> Callable[[], int]:
    """Ask for a report that a worker writes; return what counts the files."""
    asked: dict[str, object] = {"sheet": "csv", "rows": "person", "m": ["minutes"]}
    asked |= {"span": "own", "from": "2026-01-01", "until": "2026-12-31"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_views, "MOST_AT_ONCE", -1)
        answer = office.client().post("/reports/build/sheet", data=asked)
    assert answer.status_code == 303, answer.text[-1500:]
    return lambda: int(one(FILES))


ASKING = (ask_import, ask_own_data, ask_report)


class Killing:
    """Workers of a process each on one database, told where to die."""

    def __init__(self, office: Office, folder: Path) -> None:
        self.named = environment(office.app.config["DATABASE_URL"], folder)
        self.named["TORTURE_FOLDER"] = str(folder)
        self.folder = folder

    def work(self, point: str = "") -> int:
        """Let one worker do what waits; return how it ended."""
        db.session.remove()
        if point:
            (self.folder / f"kill-{point}").touch()
        command = [sys.executable, "-m", "tests.torture.deadly_worker", "work", "--once"]
        ended = subprocess.run(
            command, cwd=ROOT, env=self.named, capture_output=True, check=False, timeout=120
        )
        assert ended.returncode in {0, -signal.SIGKILL}, ended.stderr.decode()[-3000:]
        return ended.returncode

    def let_the_lease_lapse(self) -> None:
        with transaction() as session:
            session.execute(
                text("UPDATE jobs SET heartbeat_at = :then WHERE state = 'running'"),
                {"then": "2020-01-01 00:00:00.000000" if _is_sqlite() else "2020-01-01T00:00Z"},
            )


def violated(office: Office) -> dict[str, int]:
    """Return what an audit finds: the cast stands there without the acts that lead to it."""
    db.session.remove()
    with open_reading(office.app.config["DATABASE_URL"]) as reading:
        checks = audit(reading).as_json()["checks"]
    return {each["id"]: each["violations"] for each in checks if each.get("violations")}


def _is_sqlite() -> bool:
    return bool(db.engine.dialect.name == "sqlite")


# Each kind of job dies somewhere else; in the long form each dies everywhere.
SHORT = tuple(zip(ASKING, JOB_POINTS[1:], strict=True))


@pytest.mark.parametrize(
    ("ask", "point"), tuple(product(ASKING, JOB_POINTS)) if rounds(1) > 1 else SHORT
)
def test_the_next_worker_ends_a_job_once(
    office: Office, tmp_path: Path, ask: Callable[[Office], Callable[[], int]], point: str
) -> None:
    effects, killing = ask(office), Killing(office, tmp_path)
    before = violated(office)
    assert killing.work(point) == -signal.SIGKILL
    is_kept = point == "job_after_commit"
    assert (effects(), one(NEWEST.format("state"))) == (is_kept, "done" if is_kept else "running")
    killing.let_the_lease_lapse()
    assert killing.work() == 0
    assert (effects(), one(NEWEST.format("state"))) == (1, "done")
    assert violated(office) == before


def test_a_job_that_kills_each_worker_fails_visibly(office: Office, tmp_path: Path) -> None:
    effects, killing = ask_own_data(office), Killing(office, tmp_path)
    for _attempt in range(MOST_ATTEMPTS):
        assert killing.work("mid_effect") == -signal.SIGKILL
        killing.let_the_lease_lapse()
    assert killing.work("mid_effect") == 0
    assert (effects(), one(NEWEST.format("state"))) == (0, "failed")
    assert "stopped midway" in one(NEWEST.format("error_message"))
