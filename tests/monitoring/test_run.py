"""`./run` as somebody types it: pages and a worker beside them, and one stop that ends both."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.postgres import free_port
from tests.serving import ROOT, SECRET

PATIENCE_SECONDS = 120


def until(happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def is_ready(url: str) -> bool:
    try:
        with urlopen(f"{url}/health/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def beside(server: int) -> list[int]:
    """Return the processes that work as long as this server is there."""
    told = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    return [int(pid) for pid in re.findall(rf"(\d+) .*flask work --while {server}\b", told.stdout)]


def lives(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes as Linux shows them")
def test_it_serves_works_and_ends_as_one(tmp_path: Path) -> None:
    port = free_port()
    own = {"INSTANCE_DIR": str(tmp_path / "instance"), "SECRET_KEY": SECRET, "WORKERS": "1"}
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            ["./run", "--port", str(port)], cwd=ROOT, env={**kept, **own}, stdout=log, stderr=log
        )
    try:
        assert until(lambda: is_ready(f"http://127.0.0.1:{port}")), (tmp_path / "log").read_text()
        assert f":{port}/" in (tmp_path / "log").read_text()
        assert (tmp_path / "instance" / "qicai.sqlite3").stat().st_mode & 0o777 == 0o600
        assert until(lambda: len(beside(server.pid)) == 1)
        (first,) = beside(server.pid)
        # A worker that dies is begun anew.
        os.kill(first, signal.SIGKILL)
        assert until(lambda: beside(server.pid) not in ([], [first]))
        (second,) = beside(server.pid)
        server.terminate()
        assert server.wait(PATIENCE_SECONDS) == 0
        assert until(lambda: not lives(second))
    finally:
        server.kill()
        server.wait()
