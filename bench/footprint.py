"""Memory and start-up, each beside a bare Flask app on the same server, in one run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from app.config import ROOT
from app.db import transaction
from bench.audited import build_whole
from bench.grounds import Ground, on
from bench.measures import highest_kilobytes
from bench.page import serve_weekly
from bench.phones import Phone
from bench.seats import as_run_does, guest_at
from bench.verdicts import tell
from tests.service.community import Community
from tests.serving import SECRET, environment, serving, working

REQUESTS = 2_000
READER, READER_PLACE = "volunteer", 3
STILL_SECONDS, PATIENCE_SECONDS, LOOK_SECONDS = 2, 60, 0.02
STARTS = {"ours": "import wsgi", "bare": "import flask; flask.Flask('bare')"}
PROC = Path("/proc")


class Side(NamedTuple):
    """A server's worker in MB, fresh and after its requests, and its seconds until an answer."""

    fresh: float
    later: float
    seconds: float


def footprint_of(ground: Ground, community: Community, *, rounds: int, county: int) -> None:
    """Print memory and start-up as a ratio to the bare app."""
    if not PROC.is_dir():
        print(f"{ground.engine}: the footprint is read from /proc, which is not here")
        return
    url = ground.fresh()
    with on(url) as app:
        app.secret_key = SECRET
        serve_weekly(community, person=READER_PLACE)
        with transaction():
            guest = guest_at(app, community, READER)
        name = app.config["SESSION_COOKIE_NAME"]
    person = {"BENCH_PERSON": str(community.volunteers[READER_PLACE])}
    pairs = [
        (
            _served(url, "wsgi:app", "/me/ledger", {name: guest.cookie}, {}),
            _served(url, "bench.plain:make_app", "/", {}, person),
        )
        for _ in range(rounds)
    ]
    ours, bare = _median([each for each, _ in pairs]), _median([each for _, each in pairs])
    _say(ground, "a web worker at its start", ours.fresh, bare.fresh, "MB")
    _say(ground, f"a web worker after {REQUESTS:,} requests", ours.later, bare.later, "MB")
    _say(ground, "until the server answers first", ours.seconds, bare.seconds, "s")
    _say(ground, "import and create_app", _start(url, "ours"), _start(url, "bare"), "s")
    _say(ground, "`flask work`, idle", _idle_worker(url), bare.fresh, "MB")
    ground.drop(url)
    whole = build_whole(ground, county // 20, county)
    audit = _peak_of_audit(whole.url)
    ground.drop(whole.url)
    _say(ground, f"`flask audit` of {county:,} records, its peak", audit, bare.fresh, "MB")


def _say(ground: Ground, name: str, ours: float, bare: float, unit: str) -> None:
    print(
        f"{ground.engine}: {name:48} {ours:8.2f} {unit}, bare {bare:8.2f}: {ours / bare:.1f} times",
        flush=True,
    )
    tell(f"{ground.engine}: {name}, times the bare one", ours / bare)


def _median(sides: list[Side]) -> Side:
    return Side(*map(statistics.median, zip(*sides, strict=True)))


def _served(
    url: str, target: str, path: str, cookies: dict[str, str], named: Mapping[str, str]
) -> Side:
    options = [*as_run_does(), *(["--factory"] if named else [])]
    options[options.index("--workers") + 1] = "1"
    with tempfile.TemporaryDirectory(prefix="qicai-bench-") as folder:
        begun = time.perf_counter()
        with serving(url, Path(folder), target=target, options=options, named=named) as server:
            seconds = time.perf_counter() - begun
            with Phone(server.url, cookies) as phone:
                _ask(phone, path, 1)
                fresh = _largest(folder)
                _ask(phone, path, REQUESTS)
                return Side(fresh, _largest(folder), seconds)


def _ask(phone: Phone, path: str, times: int) -> None:
    for _ in range(times):
        answer = phone.get(path)
        assert answer.status == HTTPStatus.OK, answer


def _start(url: str, which: str) -> float:
    """Return the seconds of a process that only imports and makes the application."""
    command = [sys.executable, "-c", STARTS[which]]
    with tempfile.TemporaryDirectory(prefix="qicai-bench-") as folder:
        found = []
        for _ in range(4):
            begun = time.perf_counter()
            subprocess.run(command, cwd=ROOT, env=environment(url, Path(folder)), check=True)
            found.append(time.perf_counter() - begun)
    # The first has to read the files.
    return statistics.median(found[1:])


def _idle_worker(url: str) -> float:
    """Return the MB of a worker once nothing changes any more."""
    with (
        tempfile.TemporaryDirectory(prefix="qicai-bench-") as folder,
        working(url, Path(folder)),
    ):
        last, deadline = 0.0, time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            time.sleep(STILL_SECONDS)
            size = _largest(folder)
            if size and size == last:
                return size
            last = size
        return last


def _peak_of_audit(url: str) -> float:
    with tempfile.TemporaryDirectory(prefix="qicai-bench-") as folder:
        command = [sys.executable, "-m", "flask", "audit"]
        silent = subprocess.DEVNULL
        own = environment(url, Path(folder))
        process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=silent)
        peak = 0
        while process.poll() is None:
            peak = max(peak, highest_kilobytes(process.pid))
            time.sleep(LOOK_SECONDS)
        assert process.returncode == 0, process.returncode
        return peak / 1024


def _largest(folder: str) -> float:
    """Return the MB that the largest process started with this folder holds."""
    mark = f"INSTANCE_DIR={folder}".encode()
    sizes = [0.0]
    for each in PROC.glob("[0-9]*"):
        try:
            if mark in (each / "environ").read_bytes():
                sizes.append(_resident(each))
        except OSError:
            # It ended meanwhile, or is not ours.
            continue
    return max(sizes)


def _resident(process: Path) -> float:
    for line in (process / "status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
