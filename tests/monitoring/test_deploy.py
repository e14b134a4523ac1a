"""The files of deploy/: what they start is there, what they name is read, and they are closed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from flask import Flask

from app.config import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
HARD = {
    "User": "qicai",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}
# What ./run and granian read; all else is read by app/config.py.
NOT_SETTINGS = {"HOST", "PORT", "JOB_WORKER", "FLASK_APP"}


def unit(path: Path) -> ConfigParser:
    found = ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(path.read_text("utf-8"))
    return found


def started_by(path: Path) -> list[str]:
    return unit(path)["Service"]["ExecStart"].split()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_service_is_closed_and_bounded(path: Path) -> None:
    service = unit(path)["Service"]
    assert {name: service[name] for name in HARD} == HARD
    assert service["MemoryMax"]


@pytest.mark.parametrize("name", ["qicai", "qicai-work"])
def test_what_ends_by_itself_is_begun_again_however_often(name: str) -> None:
    """granian gives up, with 1, on workers that die again within seconds."""
    found = unit(DEPLOY / f"{name}.service")
    assert found["Unit"]["StartLimitIntervalSec"] == "0"
    assert found["Service"]["Restart"] in {"always", "on-failure"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_service_starts_what_there_is(app: Flask, path: Path) -> None:
    program, *words = started_by(path)
    if program.endswith("/flask"):
        assert words[0] in app.cli.commands
        options = {name for one in app.cli.commands[words[0]].params for name in one.opts}
        assert set(words[1:]) <= options
    else:
        assert (ROOT / Path(program).relative_to("/opt/qicai")).is_file()


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_setting_a_service_names_is_read(path: Path) -> None:
    named = re.findall(r"^Environment=(.*)$", path.read_text("utf-8"), re.MULTILINE)
    settings = {one.partition("=")[0] for line in named for one in line.split()}
    read = (ROOT / "app" / "config.py").read_text("utf-8")
    assert [one for one in settings - NOT_SETTINGS if f'"{one}"' not in read] == []


def verified(folder: Path) -> str:
    """Return what systemd has to say of the units of a folder, were they installed."""
    units = [
        str(each) for each in sorted(folder.iterdir()) if each.suffix in {".service", ".timer"}
    ]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units],
        capture_output=True,
        text=True,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}:"},
    )
    lines = [line for line in done.stderr.splitlines() if "qicai" in line]
    return "\n".join(lines) if done.returncode or lines else ""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_takes_every_unit(tmp_path: Path) -> None:
    for path in (*UNITS, *DEPLOY.glob("*.timer")):
        text = path.read_text("utf-8")
        # What is started lies elsewhere in life; which program it is another test tells.
        text = re.sub(r"/opt/qicai/(run|\.venv/bin/flask)", "/bin/true", text)
        (tmp_path / path.name).write_text(text)
    assert verified(tmp_path) == ""
    misspelt = (tmp_path / "qicai.service").read_text().replace("ProtectHome=", "ProtectHomes=")
    (tmp_path / "qicai.service").write_text(misspelt)
    assert "ProtectHomes" in verified(tmp_path)


def test_the_timer_has_its_service() -> None:
    for timer in DEPLOY.glob("*.timer"):
        assert timer.with_suffix(".service").is_file()
        assert unit(timer)["Timer"]["OnCalendar"]


def test_the_service_waits_longer_than_the_server_insists() -> None:
    """Told to stop amid a reload, granian looks at it only after its last worker is replaced."""
    launcher = (ROOT / "run").read_text("utf-8")

    def told(option: str) -> int:
        return int(re.findall(rf"{option} (\d+)", launcher)[0])

    most_workers = int(re.findall(r"-gt (\d+) \]; then cores=\1", launcher)[0])
    a_reload = most_workers * told("--respawn-interval")
    stops_after = unit(DEPLOY / "qicai.service")["Service"]["TimeoutStopSec"]
    assert int(stops_after) > a_reload + told("--workers-kill-timeout")


def test_nginx_logs_no_address_that_opens_something(app: Flask) -> None:
    conf = (DEPLOY / "nginx.conf").read_text("utf-8")
    quiet = re.search(r"location ~ (\S+) \{\s+access_log off;", conf)
    assert quiet is not None
    opening = [str(rule) for rule in app.url_map.iter_rules() if "<token>" in str(rule)]
    assert len(opening) > 3
    assert [rule for rule in opening if not re.match(quiet[1], rule)] == []


def test_nginx_says_what_qicai_believes() -> None:
    """A header a visitor could fill in must be set by nginx itself."""
    conf = (DEPLOY / "nginx.conf").read_text("utf-8")
    for header in ("Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"):
        assert re.search(rf"proxy_set_header {header}\s+\$\w+;", conf)
    assert re.search(r"proxy_set_header X-Request-ID\s+\$request_id;", conf)
    assert "$proxy_add_x_forwarded_for" not in conf
