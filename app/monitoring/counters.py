"""What each process counts; with PROMETHEUS_MULTIPROC_DIR all processes are summed (ADR 0028)."""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.processes import lives

SHARED = "PROMETHEUS_MULTIPROC_DIR"
SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
STATEMENTS = (1, 2, 5, 10, 18, 30, 60, 200)
REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "qicai_requests",
    "Requests answered, by the rule of their address, never the address itself.",
    ("method", "rule", "status"),
    registry=REGISTRY,
)
LATENCY = Histogram(
    "qicai_request_seconds",
    "Time from a request's arrival to its answer.",
    ("method", "rule"),
    buckets=SECONDS,
    registry=REGISTRY,
)
ASKED = Histogram(
    "qicai_request_statements",
    "Statements a request sent to the database.",
    buckets=STATEMENTS,
    registry=REGISTRY,
)
RACES = Counter(
    "qicai_races_met",
    "Requests answered anew because two transactions met.",
    registry=REGISTRY,
)
CONNECTIONS = Gauge(
    "qicai_pool_connections_in_use",
    "Connections of the pools still in use after the last request; above zero for long: a leak.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)


def shared_folder() -> Path | None:
    """Return where the processes of this machine keep what they count, if they share it."""
    folder = os.environ.get(SHARED)
    return Path(folder) if folder else None


def pids() -> list[int]:
    """Return the processes that count; what dead ones held at the moment is forgotten."""
    folder = shared_folder()
    if folder is None:
        return [os.getpid()]
    known = {int(file.stem.rpartition("_")[2]) for file in folder.glob("*_*.db")}
    living = {pid for pid in known if lives(pid)}
    for pid in known - living:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]
    return sorted(living)


def exposition() -> bytes:
    """Return everything counted in Prometheus' text form."""
    if shared_folder() is None:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
