"""Figures: who may read them, what they count, and what they cost the database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine

from app.audit.last_backup import last_backup
from app.clock import now
from app.db import db, transaction
from app.jobs.models import Job
from app.monitoring import figures
from app.monitoring.figures import Figures
from app.web.retry import RetryingFlask
from tests.conftest import MakeApp
from tests.web.cast import Cast

TOKEN = "gull-lantern-figures-token"
HERE, ELSEWHERE = {"REMOTE_ADDR": "127.0.0.1"}, {"REMOTE_ADDR": "192.0.2.7"}


def status_of(app: Flask, place: dict[str, str], **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = app.test_client().get("/metrics", environ_overrides=place, headers=sent)
    return answer.status_code


def figure(app: Flask, line: str) -> float:
    said = app.test_client().get("/metrics", environ_overrides=HERE).text
    found = [one for one in said.splitlines() if one.startswith(line + " ")]
    return float(found[0].rpartition(" ")[2]) if found else 0.0


# ── who may read them ─────────────────────────────────────────────────────────────────────


def test_without_a_token_only_this_machine_reads_them(make_app: MakeApp) -> None:
    app = make_app()
    assert status_of(app, HERE) == 200
    assert status_of(app, ELSEWHERE) == 404
    assert status_of(app, HERE, X_Forwarded_For="192.0.2.7") == 404


def test_behind_a_proxy_nobody_is_on_this_machine(make_app: MakeApp) -> None:
    assert status_of(make_app(PROXY_COUNT=1), HERE) == 404


def test_a_token_opens_them_from_anywhere(make_app: MakeApp) -> None:
    app = make_app(QICAI_METRICS_TOKEN=TOKEN, PROXY_COUNT=1)
    assert status_of(app, ELSEWHERE, Authorization=f"Bearer {TOKEN}") == 200
    assert status_of(app, ELSEWHERE, Authorization=f"Bearer {TOKEN}x") == 404
    assert status_of(app, ELSEWHERE, Authorization=f"Bearer {TOKEN[:-1]}é") == 404
    assert status_of(app, HERE) == 404


# ── what they count ───────────────────────────────────────────────────────────────────────


def test_requests_are_counted_by_their_rule(app: Flask, cast: Cast) -> None:
    line = 'qicai_requests_total{method="GET",rule="/verify/<code>",status="%s"}'
    before = figure(app, line % "2xx") + figure(app, line % "4xx")
    app.test_client().get("/verify/KXWM-RTPH-QZVD")
    assert figure(app, line % "2xx") + figure(app, line % "4xx") == before + 1
    said = app.test_client().get("/metrics", environ_overrides=HERE).text
    assert "KXWM" not in said
    assert "qicai_request_seconds_bucket" in said


def test_strange_methods_and_addresses_make_no_new_figures(app: Flask) -> None:
    client = app.test_client()
    for number in range(5):
        client.open(f"/no/such/{number}", method=f"BREW{number}")
    said = client.get("/metrics", environ_overrides=HERE).text
    assert "BREW" not in said
    assert "/no/such" not in said


def test_statements_are_counted(app: Flask, cast: Cast) -> None:
    before = figure(app, "qicai_request_statements_sum")
    app.test_client().get("/sign-in")
    assert figure(app, "qicai_request_statements_sum") > before


def test_a_lost_race_is_counted(app: RetryingFlask) -> None:
    before = figure(app, "qicai_races_met_total")
    app.race_met()
    assert figure(app, "qicai_races_met_total") == before + 1


def test_jobs_that_wait_are_counted_with_their_age(app: Flask, cast: Cast) -> None:
    with transaction() as session:
        session.add(
            Job(
                kind="import.check", subject_kind="upload", subject_id=1, payload="{}",
                actor_id=cast.logins["organiser"], state="queued", stage="", steps_done=0,
                steps_total=0, attempts=0, queued_at=now() - timedelta(minutes=5),
            )
        )  # fmt: skip
    assert figure(app, 'qicai_jobs{state="queued"}') == 1
    assert 300 <= figure(app, "qicai_oldest_job_age_seconds") < 900
    assert figure(app, "qicai_worker_seen_age_seconds") == float("inf")
    assert figure(app, "qicai_database_up") == 1
    assert figure(app, "qicai_figures_unread") == 0


def test_without_a_database_the_rest_is_told(make_app: MakeApp) -> None:
    app = make_app(DATABASE_URL="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert status_of(app, HERE) == 200
    assert figure(app, "qicai_database_up") == 0
    assert any(metric.name == "qicai_process_memory_bytes" for metric in figures.processes())


def test_no_figure_walks_a_table_that_grows(app: Flask, engine_name: str) -> None:
    if engine_name != "sqlite":
        return
    asked = [figures._LAST_ENTRY, figures._JOBS, figures._TAIL]
    with db.engine.connect() as connection:
        plans = [
            str(step[3])
            for query in asked
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")
        ]
    # A query that begins at the end of the primary key stops at its first row.
    walks = [plan for plan in plans if plan.startswith("SCAN") and plan != "SCAN entries"]
    assert walks == []


# ── backups ───────────────────────────────────────────────────────────────────────────────


def kept(folder: Path, name: str, made_at: datetime, *, proof: str = "audited") -> Path:
    file = folder / name
    file.write_bytes(b"12345")
    said = {"made_at": made_at.isoformat(), "size": 5, "proof": proof}
    (folder / f"{name}.json").write_text(json.dumps(said))
    return file


def test_the_newest_backup_that_is_whole_counts(tmp_path: Path) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    kept(tmp_path, "a.sqlite3", at)
    kept(tmp_path, "b.sqlite3", at + timedelta(days=1)).write_bytes(b"1")
    kept(tmp_path, "c.sqlite3", at + timedelta(days=2)).unlink()
    kept(tmp_path, "d.sqlite3", at + timedelta(days=3), proof="violated")
    (tmp_path / "e.sqlite3.json").write_text("{")
    found = last_backup(tmp_path)
    assert found is not None
    assert (found.file, found.made_at) == ("a.sqlite3", at)


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_no_backup_is_infinitely_old(tmp_path: Path, folder: str) -> None:
    asked = Figures(create_engine("sqlite://"), tmp_path / folder, now())
    ages = [metric for metric in asked.collect() if metric.name == "qicai_backup_age_seconds"]
    assert ages[0].samples[0].value == float("inf")
