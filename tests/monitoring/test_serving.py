"""The server as ./run starts it: it stops and reloads without losing a request, and is counted."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from app.config import ROOT
from app.db import db
from tests.postgres import free_port
from tests.privacy.canaries import PLANTED, found_in
from tests.serving import environment
from tests.web.cast import Cast

# A start takes two seconds, and half a minute where ten programs share two cores.
PATIENCE_SECONDS = 180.0
# A new worker has so long to start before the old one goes; ./run gives it thirty.
RESPAWN = 8
TELLTALE = "13977700999"


def options() -> list[str]:
    """Return what ./run gives to granian, beside what depends on the machine."""
    said = (ROOT / "run").read_text("utf-8").replace("\\\n", " ")
    line = re.search(r"-m granian (.*)--workers ", said)
    assert line is not None
    return shlex.split(line[1])


@contextmanager
def started(
    target: str, folder: Path, named: Mapping[str, str], *, workers: int, respawn: int = 1
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    command = [sys.executable, "-m", "granian", *options(), "--port", str(port)]
    command += ["--workers", str(workers), "--blocking-threads", "1"]
    command += ["--respawn-interval", str(respawn)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, target], cwd=ROOT, env={**os.environ, **named}, stdout=log, stderr=log
        )
    try:
        until(lambda: said(port, "GET", "/health/live") is not None)
        yield process, port
    finally:
        # Its workers end with it only when it is asked; one that hangs ends after half a minute.
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def said(port: int, method: str, path: str) -> tuple[int, bytes] | None:
    """Return the answer on a connection of its own, as nginx asks; None when there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, headers={"Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return None
    finally:
        connection.close()


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.02)


def test_what_is_under_way_when_it_stops_is_answered_and_kept(
    app: Flask, database_url: str, tmp_path: Path
) -> None:
    begun, answers = tmp_path / "begun", []
    named = {**environment(database_url, tmp_path), "BEGUN": str(begun)}
    with started("tests.monitoring.slow_site:app", tmp_path, named, workers=1) as (process, port):
        sender = threading.Thread(target=lambda: answers.append(said(port, "POST", "/t/slow")))
        sender.start()
        until(begun.exists)
        process.send_signal(signal.SIGTERM)
        until(lambda: said(port, "GET", "/health/live") is None)
        sender.join()
        assert answers == [(200, b"done")]
        assert process.wait(PATIENCE_SECONDS) == 0
    kept = db.session.execute(text("SELECT count(*) FROM job_workers WHERE name = 'slow'"))
    assert kept.scalar() == 1


def test_a_reload_loses_no_request(database_url: str, tmp_path: Path) -> None:
    """Asked as nginx asks by deploy/nginx.conf: a connection each, and once more if it breaks."""
    named = environment(database_url, tmp_path)
    answers: list[tuple[int, bytes] | None] = []
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.is_set():
            page = "/sign-in"
            answers.append(said(port, "GET", page) or said(port, "GET", page))

    site = "tests.monitoring.named_site:app"
    with started(site, tmp_path, named, workers=2, respawn=RESPAWN) as (process, port):
        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        until(lambda: len(pids(answers)) == 2)
        process.send_signal(signal.SIGHUP)
        until(lambda: len(pids(answers)) == 4)
        old = pids(answers[:10])
        until(lambda: not old & pids(answers[-50:]))
        is_over.set()
        for asker in askers:
            asker.join()
    assert {answer and answer[0] for answer in answers} == {200}


def pids(answers: list[tuple[int, bytes] | None]) -> set[bytes]:
    return {answer[1] for answer in answers if answer}


def test_two_workers_count_together_and_log_no_address(
    cast: Cast, database_url: str, tmp_path: Path
) -> None:
    counts = tmp_path / "counts"
    counts.mkdir()
    named = {"PROMETHEUS_MULTIPROC_DIR": str(counts), "QICAI_LOG_FORMAT": "json"}
    around = {**environment(database_url, tmp_path), **named}
    with started("wsgi:app", tmp_path, around, workers=2) as (_process, port):
        until(lambda: len(processes(port)) == 2)
        before = counted(port)
        for _ in range(20):
            assert said(port, "GET", f"/verify/{PLANTED['activation code']}?q={TELLTALE}")
            assert said(port, "POST", f"/sign-in?next=/{TELLTALE}")
        assert {counted(port) for _ in range(6)} == {before + 20}
    lines = (tmp_path / "log").read_text().splitlines()
    events = [json.loads(line) for line in lines if line.startswith("{")]
    told = [one for one in events if one["event"] == "request"]
    assert {one["rule"] for one in told} >= {"/verify/<code>", "/sign-in"}
    assert set(told[0]) == {
        *("timestamp", "level", "event", "request_id"),
        *("method", "rule", "status", "ms", "statements"),
    }
    watched = {**PLANTED, "phone in an address": TELLTALE}
    assert found_in("\n".join(lines), watched) == set()


def processes(port: int) -> set[str]:
    return set(re.findall(r'qicai_process_memory_bytes\{pid="(\d+)"\}', figures(port)))


def counted(port: int) -> int:
    line = r'qicai_requests_total\{method="GET",rule="/verify/<code>",status="\dxx"\} ([0-9.]+)'
    return sum(int(float(one)) for one in re.findall(line, figures(port)))


def figures(port: int) -> str:
    answer = said(port, "GET", "/metrics")
    assert answer is not None
    return answer[1].decode()
