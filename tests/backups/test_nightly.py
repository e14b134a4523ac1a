"""The worker's nightly duty: one a night, by a process of its own, never of the demo."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.backups.manifests import read_manifest, write_manifest
from app.backups.nightly import COMMAND, Nightly
from tests.backups.conftest import Call, the_backup

# 03:00 in Shanghai.
NIGHT = datetime(2026, 3, 28, 19, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Started:
    """What stands for the process: how often it was begun, and what it does."""

    def __init__(self, program: str = "raise SystemExit(1)") -> None:
        self.program = program
        self.processes: list[subprocess.Popen[bytes]] = []

    def __call__(self) -> subprocess.Popen[bytes]:
        self.processes.append(subprocess.Popen([sys.executable, "-c", self.program]))
        return self.processes[-1]


@pytest.fixture
def keeps(community: Flask, folder: Path) -> Flask:
    """The community, told where its backups go."""
    community.config["BACKUP_DIR"] = str(folder)
    return community


def test_without_a_folder_none_is_made(community: Flask) -> None:
    assert not Nightly(Started()).turn(community, NIGHT)


def test_before_there_is_a_community_none_is_made(app: Flask, folder: Path) -> None:
    app.config["BACKUP_DIR"] = str(folder)
    assert not Nightly(Started()).turn(app, NIGHT)


def test_another_communitys_backup_does_not_stand_for_ours(
    keeps: Flask, call: Call, folder: Path
) -> None:
    call("backup", "--into", folder)
    file = the_backup(folder)
    manifest = read_manifest(file)
    assert manifest is not None
    facts = manifest.facts._replace(community="ELSE")
    write_manifest(folder, manifest._replace(facts=facts))
    started = Started()
    assert Nightly(started).turn(keeps, datetime.now(UTC))
    started.processes[0].wait()


def test_of_the_demo_none_is_made(keeps: Flask) -> None:
    keeps.config["IS_DEMO"] = True
    assert not Nightly(Started()).turn(keeps, NIGHT)


def test_one_that_failed_is_tried_again_in_an_hour(keeps: Flask) -> None:
    started = Started()
    nightly = Nightly(started)
    assert nightly.turn(keeps, NIGHT)
    started.processes[0].wait()
    assert not nightly.turn(keeps, NIGHT + MINUTE)
    assert nightly.turn(keeps, NIGHT + HOUR)
    started.processes[1].wait()


def test_while_one_is_made_no_other_is_begun_and_a_stop_ends_it(keeps: Flask) -> None:
    started = Started("import time; time.sleep(600)")
    nightly = Nightly(started)
    assert nightly.turn(keeps, NIGHT)
    assert not nightly.turn(keeps, NIGHT + 2 * HOUR)
    nightly.stop()
    assert started.processes[0].returncode is not None


def test_a_clock_set_back_does_not_make_it_wait(keeps: Flask) -> None:
    started = Started()
    nightly = Nightly(started)
    nightly.turn(keeps, NIGHT + 30 * 24 * HOUR)
    started.processes[0].wait()
    assert nightly.turn(keeps, NIGHT)
    started.processes[1].wait()


def test_once_it_is_made_the_night_is_done(keeps: Flask, call: Call, folder: Path) -> None:
    assert call("backup", "--into", folder).exit_code == 0
    assert not Nightly(Started()).turn(keeps, datetime.now(UTC))
    started = Started()
    assert Nightly(started).turn(keeps, datetime.now(UTC) + timedelta(days=1))
    started.processes[0].wait()


def test_what_is_begun_is_a_command_there_is(call: Call) -> None:
    assert call(*COMMAND, "--help").exit_code == 0
