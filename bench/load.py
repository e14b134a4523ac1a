"""Pages under locust, a maintained load tool: p95 of each beside a bare page's on the same server.

Its environment is made here, by hash, and goes away with the run.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

from app.db import transaction
from bench.aside import HERE, environment
from bench.grounds import Ground, on
from bench.measures import log
from bench.page import serve_weekly
from bench.seats import as_run_does, guest_at, join, let_organise
from bench.verdicts import tell
from tests.service.community import Community
from tests.serving import SECRET, serving

AT_ONCE = 4
SERVED_ON = date(2026, 1, 27)
MEMBERS = 60
READER_PLACE = 3
# Who looks at what.
PAGES = {
    "volunteer": ("/me", "/me/ledger", "/ranking?year=2025", "/activities", "/me/stars"),
    "leader": ("/log/TX-red", "/teams/TX-red", "/waiting"),
    "organiser": ("/desk?year=2025", "/admin/people", "/admin/trail"),
}


class Asked(NamedTuple):
    """A page under load: how often it was asked for, and milliseconds."""

    times: int
    failed: int
    p50: float
    p95: float


def under_load(ground: Ground, community: Community, *, seconds: int) -> None:
    """Print p50 and p95 of each page, asked for by several at the same time."""
    url = ground.fresh()
    seats = _prepare(url, community)
    person = str(community.volunteers[READER_PLACE])
    with tempfile.TemporaryDirectory(prefix="qicai-locust-") as folder:
        locust = environment(Path(folder), "locust-requirements.txt") / "locust"
        plain = {"target": "bench.plain:make_app", "named": {"BENCH_PERSON": person}}

        def bare_page() -> Asked:
            return _asked(url, locust, [("bare", "", "/")], max(seconds // 4, 3), plain)["bare /"]

        # Before and after: what else the machine does meanwhile seldom stays the same.
        before = bare_page()
        ours = _asked(url, locust, seats, seconds, {"target": "wsgi:app"})
        bare = _both(before, bare_page())
    ground.drop(url)
    print(
        f"{ground.engine}: {AT_ONCE} browsers at once, {seconds} s, load {os.getloadavg()[0]:.1f}"
    )
    print(f"  {'bare page':40} {_words(bare)}")
    for name, page in ours.items():
        times = page.p95 / bare.p95
        print(f"  {name:40} {_words(page)}: {times:.1f} times the bare p95", flush=True)
        assert page.failed == 0, (name, page)
        tell(f"{ground.engine}: p95 of {name}, times the bare page's", times)


def _both(one: Asked, other: Asked) -> Asked:
    """Return what was asked twice as one, halfway between."""
    counts = one.times + other.times, one.failed + other.failed
    return Asked(*counts, (one.p50 + other.p50) / 2, (one.p95 + other.p95) / 2)


def _words(page: Asked) -> str:
    return f"p50 {page.p50:5.0f} ms, p95 {page.p95:5.0f} ms, asked {page.times:5,} times"


def _prepare(url: str, community: Community) -> list[tuple[str, str, str]]:
    """Let there be something to see; return who asks, with which cookie, for what."""
    with on(url) as app:
        app.secret_key = SECRET
        serve_weekly(community, person=READER_PLACE)
        lines = [community.line(8 + i, service_on=SERVED_ON) for i in range(200)]
        log(community, lines, "day")
        with transaction():
            let_organise(community)
            join(community.red_id, community.volunteers[8 : 8 + MEMBERS])
            guests = {name: guest_at(app, community, name) for name in PAGES}
        name = app.config["SESSION_COOKIE_NAME"]
        return [
            (who, f"{name}={guests[who].cookie}", path)
            for who, all in PAGES.items()
            for path in all
        ]


def _asked(
    url: str,
    locust: Path,
    seats: list[tuple[str, str, str]],
    seconds: int,
    served: Mapping[str, object],
) -> dict[str, Asked]:
    options = [*as_run_does(), *(["--factory"] if "named" in served else [])]
    with (
        tempfile.TemporaryDirectory(prefix="qicai-bench-") as folder,
        serving(url, Path(folder), options=options, **served) as server,  # type: ignore[arg-type]
    ):
        told = Path(folder) / "told"
        command = [str(locust), "-f", str(HERE / "locust_side.py"), "--headless", "--only-summary"]
        command += ["-u", str(AT_ONCE), "-r", str(AT_ONCE), "-t", f"{seconds}s"]
        command += ["--host", server.url, "--csv", str(told), "--loglevel", "ERROR"]
        own = {**os.environ, "BENCH_SEATS": json.dumps(seats)}
        silent = subprocess.DEVNULL
        subprocess.run(command, env=own, cwd=folder, check=True, stdout=silent, stderr=silent)
        with told.with_name("told_stats.csv").open(newline="") as found:
            return {row["Name"]: _of(row) for row in csv.DictReader(found) if row["Type"]}


def _of(row: Mapping[str, str]) -> Asked:
    counts = int(row["Request Count"]), int(row["Failure Count"])
    return Asked(*counts, float(row["50%"]), float(row["95%"]))
