"""Settings that would lose data or leak secrets refuse to start, each by a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import safety
from app.config import ROOT, load
from app.safety import UnsafeConfiguration, file_system_of
from tests.serving import SECRET

SAFE = {"SECRET_KEY": SECRET}
MOUNTED = """\
21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
36 21 0:31 / /srv/share rw,relatime shared:1 - {kind} server:/share rw
37 21 0:32 / /srv/my\\040data rw - xfs /dev/vdb rw
"""


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "HTTPS", "PROXY_COUNT", "TRUSTED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path / "instance"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter than 32"),
        ({"SECRET_KEY": "changeme" * 5}, "SECRET_KEY is easily guessed"),
        ({"SECRET_KEY": "", "WEB_HOSTS": "2", "DATABASE_URL": "postgresql://h/d"}, "the same SECR"),
        ({"FLASK_DEBUG": "1"}, "unset FLASK_DEBUG"),
        ({"WEB_HOSTS": "2"}, "SQLite serves one web host only"),
        ({"DATABASE_URL": "mysql://h/d"}, "DATABASE_URL begins with"),
        ({"DATABASE_ROLE": "a; DROP"}, "DATABASE_ROLE has letters"),
        ({"HTTPS": "1", "TRUSTED_HOSTS": "a.example.cn"}, "PROXY_COUNT says how many"),
        ({"HTTPS": "1", "PROXY_COUNT": "1"}, "TRUSTED_HOSTS names the hosts"),
        ({"MAIL_SERVER": "mail.example.cn"}, "MAIL_SENDER says"),
        ({"MAIL_SECURITY": "maybe"}, "MAIL_SECURITY is one of"),
        ({"QICAI_ADMIN_SECOND_FACTOR": "perhaps"}, "QICAI_ADMIN_SECOND_FACTOR is on or off"),
        ({"QICAI_METRICS_TOKEN": "short"}, "QICAI_METRICS_TOKEN is shorter than 16"),
        ({"QICAI_LOG_FORMAT": "xml"}, "QICAI_LOG_FORMAT is one of auto, json, text"),
        ({"QICAI_LOG_LEVEL": "loud"}, "QICAI_LOG_LEVEL is one of"),
        ({"PROXY_COUNT": "-1"}, "PROXY_COUNT is a whole number from 0 to 10, not '-1'"),
        ({"PROXY_COUNT": "one"}, "PROXY_COUNT is a whole number"),
        ({"WEB_HOSTS": "1.5"}, "WEB_HOSTS is a whole number"),
        ({"MAX_CONTENT_LENGTH": "16m"}, "MAX_CONTENT_LENGTH is a whole number"),
        ({"MAIL_PORT": "99999"}, "MAIL_PORT is a whole number from 1 to 65535"),
        ({"MAIL_TIMEOUT": "９"}, "MAIL_TIMEOUT is a whole number"),
        ({"ARGON2_TIME_COST": "x"}, "ARGON2_TIME_COST is a whole number"),
    ],
)
def test_an_unsafe_setting_is_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UnsafeConfiguration, match=said):
        load({**SAFE, **settings})


def test_safe_settings_are_taken() -> None:
    given = {"HTTPS": "1", "PROXY_COUNT": "1", "TRUSTED_HOSTS": "a.example.cn"}
    assert load({**SAFE, **given})["SESSION_COOKIE_SECURE"] is True


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_sqlite_on_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (tmp_path / "mountinfo").write_text(MOUNTED.format(kind=kind))
    monkeypatch.setattr(safety, "MOUNTS", tmp_path / "mountinfo")
    with pytest.raises(UnsafeConfiguration, match=f"network file system .{kind}."):
        load({**SAFE, "DATABASE_URL": "sqlite:////srv/share/qicai.sqlite3"})
    load({**SAFE, "DATABASE_URL": "sqlite:////srv/sharer/qicai.sqlite3"})


def test_the_deepest_mount_and_the_last_one_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTED.format(kind="nfs4") + "38 21 0:33 / /srv/share rw - tmpfs tmpfs rw\n")
    assert file_system_of(Path("/srv/share/a/b"), mounts) == "tmpfs"
    assert file_system_of(Path("/srv/my data/a"), mounts) == "xfs"
    assert file_system_of(Path("/etc"), mounts) == "ext4"
    assert file_system_of(Path("/etc"), tmp_path / "none") == ""


@pytest.mark.parametrize(
    ("command", "settings", "said"),
    [
        ([sys.executable, "-m", "flask", "doctor"], {"WEB_HOSTS": "two"}, "Qicai does not start"),
        (["./run", "--port", "abc"], {}, "PORT is a whole number from 1 to 65535, not 'abc'."),
        (["./run"], {"PORT": "70000"}, "PORT is a whole number"),
    ],
)
def test_whoever_starts_it_reads_a_sentence(
    command: list[str], settings: dict[str, str], said: str
) -> None:
    around = {**os.environ, **SAFE, **settings, "FLASK_APP": "wsgi"}
    done = subprocess.run(
        command, cwd=ROOT, env=around, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
