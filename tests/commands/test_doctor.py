"""doctor: what it says of the settings, of backups and audits, and to programs."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Boolean, bindparam, text

from app import safety
from app.clock import now
from app.db import Instant, db
from tests.conftest import MakeApp
from tests.monitoring.test_metrics import kept

BEHIND = {"PROXY_COUNT": 1, "TRUSTED_HOSTS": "a.example.cn", "HTTPS": "1"}
RUN = text(
    "INSERT INTO audit_runs (kind, started_at, ended_at, is_clean, digest, through_entry_id,"
    " through_record_id, through_trail_id, through_move_id, results)"
    " VALUES ('full', :at, :at, :clean, 'x', 0, 0, 0, 0, '{}')"
).bindparams(bindparam("at", type_=Instant()), bindparam("clean", type_=Boolean()))
HTTPS = {"QICAI_PUBLIC_URL": "https://a.example.cn"}


def states(app: Flask) -> dict[str, list[str]]:
    """Return how the doctor finds each subject."""
    result: Result = app.test_cli_runner().invoke(args=["doctor", "--json"])
    said = json.loads(result.stdout)
    assert said["sound"] is (result.exit_code == 0)
    found: dict[str, list[str]] = {}
    for one in said["findings"]:
        assert one["said"]
        assert bool(one["advice"]) is (one["state"] != "good"), one
        found.setdefault(one["subject"], []).append(one["state"])
    return found


@pytest.mark.parametrize(
    ("settings", "subject", "state"),
    [
        ({}, "reached", "good"),
        ({"PROXY_COUNT": 1}, "reached", "warning"),
        ({"PROXY_COUNT": 1, "TRUSTED_HOSTS": "a.example.cn"}, "reached", "warning"),
        (BEHIND, "reached", "warning"),
        ({**BEHIND, **HTTPS}, "reached", "good"),
        ({}, "mail", "good"),
        ({"PROXY_COUNT": 1}, "mail", "warning"),
        ({"MAIL_SERVER": "m", "MAIL_SENDER": "q@a.cn", "MAIL_SECURITY": "none"}, "mail", "warning"),
        ({"MAIL_SERVER": "m", "MAIL_SENDER": "q@a.cn"}, "mail", "good"),
        ({"ARGON2_MEMORY_KIB": 19456, "ARGON2_TIME_COST": 2}, "passwords", "good"),
        ({"ARGON2_MEMORY_KIB": 4096}, "passwords", "warning"),
        ({}, "backups", "warning"),
        ({"QICAI_BACKUP_DIR": "/nowhere/at/all"}, "backups", "bad"),
        ({"QICAI_BACKUP_RECIPIENT": "foo"}, "backups", "bad"),
        ({"QICAI_BACKUP_RECIPIENT": "age1" + "q" * 58}, "backups", "warning"),
        ({}, "worker", "warning"),
        ({}, "audit", "warning"),
        ({}, "metrics", "good"),
        ({}, "python", "good"),
    ],
)
def test_each_setting_is_looked_at(
    make_app: MakeApp, settings: dict[str, Any], subject: str, state: str
) -> None:
    assert states(make_app(**settings))[subject] == [state]


def test_backups_are_judged_by_their_age(make_app: MakeApp, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    app = make_app(QICAI_BACKUP_DIR=str(folder))
    assert states(app)["backups"] == ["bad"]
    kept(folder, "old.sqlite3", now() - timedelta(hours=40))
    assert states(app)["backups"] == ["bad"]
    kept(folder, "new.sqlite3", now() - timedelta(hours=4))
    assert states(app)["backups"] == ["good"]


@pytest.mark.parametrize(
    ("is_clean", "hours", "state"), [(True, 5, "good"), (True, 50, "warning"), (False, 5, "bad")]
)
def test_the_last_audit_is_told(app: Flask, is_clean: bool, hours: int, state: str) -> None:
    at = now() - timedelta(hours=hours)
    with db.engine.begin() as connection:
        connection.execute(RUN, {"at": at, "clean": is_clean})
    assert states(app)["audit"] == [state]


def test_a_file_on_a_folder_of_another_system_is_doubtful(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine_name: str
) -> None:
    if engine_name != "sqlite":
        return
    mounts = tmp_path / "mountinfo"
    for kind, state in (("virtiofs", "warning"), ("fuse.sshfs", "bad"), ("ext4", "good")):
        mounts.write_text(f"36 21 0:31 / / rw - {kind} x rw\n")
        monkeypatch.setattr(safety, "MOUNTS", mounts)
        assert states(app)["file system"] == [state]


def test_a_postgresql_is_looked_at(app: Flask, engine_name: str) -> None:
    if engine_name != "postgresql":
        return
    found = states(app)
    assert {name: found[name] for name in ("bounds", "writing", "encoding", "way")} == {
        name: ["good"] for name in ("bounds", "writing", "encoding", "way")
    }


def test_looking_makes_no_file(make_app: MakeApp, tmp_path: Path) -> None:
    file = tmp_path / "none.sqlite3"
    assert states(make_app(DATABASE_URL=f"sqlite:///{file}"))["database"] == ["bad"]
    assert not file.exists()
