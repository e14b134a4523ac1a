"""What the database, the backups and the processes tell when figures are asked for.

Each query reads a kept row or the end of an index; none walks a table.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from app.audit.last_backup import last_backup
from app.monitoring.counters import pids

Rows = list[tuple[Any, ...]]
Query = Callable[[str], Rows]
Read = Callable[[Query, datetime], Iterator[Metric]]
_LAST_ENTRY = "SELECT id, recorded_at FROM entries ORDER BY id DESC LIMIT 1"
_JOBS = (
    "SELECT state, count(*), min(queued_at) FROM jobs"
    " WHERE state IN ('queued', 'running', 'failed') GROUP BY state"
)
_WORKER = "SELECT max(seen_at) FROM job_workers"
_TAIL = (
    "SELECT recorded_at FROM entries"
    " WHERE id > (SELECT coalesce(max(through_id), 0) FROM chain_links) ORDER BY id LIMIT 1"
)
_AUDIT = "SELECT is_clean, ended_at FROM audit_runs WHERE kind = '{kind}' ORDER BY id DESC LIMIT 1"
AUDITS = ("full", "quick")


class Figures(Collector):
    """Asked anew for each scrape; what cannot be told is left out, and `database_up` says so."""

    def __init__(self, engine: Engine, backups: Path | None, now: datetime) -> None:
        self.engine = engine
        self.backups = backups
        self.now = now

    def collect(self) -> Iterator[Metric]:
        """Yield every family of figures."""
        yield from self._database()
        yield from self._backups()
        yield from processes()

    def _database(self) -> Iterator[Metric]:
        found: list[Metric] = []
        unread = is_up = 0
        try:
            with self.engine.connect() as connection:
                is_up = 1
                for read in (_entries, _jobs, _worker, _chain, _audits):
                    told = self._told(connection, read)
                    found += told
                    unread += not told
        except SQLAlchemyError:
            is_up = 0
        yield gauge("database_up", "1 when the database could be reached.", is_up)
        yield gauge("figures_unread", "Figures the database did not tell.", unread)
        yield from found

    def _told(self, connection: Connection, read: Read) -> list[Metric]:
        try:
            with connection.begin():
                return list(read(lambda query: _rows(connection, query), self.now))
        except SQLAlchemyError:
            return []

    def _backups(self) -> Iterator[Metric]:
        if self.backups is None:
            return
        try:
            last = last_backup(self.backups)
        except OSError:
            last = None
        age = (self.now - last.made_at).total_seconds() if last else float("inf")
        yield gauge("backup_age_seconds", "Since the newest backup; +Inf: there is none.", age)


def gauge(name: str, told: str, value: float) -> Metric:
    """Return a family of one figure."""
    return GaugeMetricFamily(f"qicai_{name}", told, value=value)


def _rows(connection: Connection, query: str) -> Rows:
    return [tuple(row) for row in connection.exec_driver_sql(query)]


def _age(at: Any, now: datetime) -> float:
    """Return the seconds since an instant as either driver gives it; none: no age at all."""
    if at is None:
        return 0.0
    then = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (now - then.replace(tzinfo=then.tzinfo or UTC)).total_seconds()


def _entries(rows: Query, now: datetime) -> Iterator[Metric]:
    found = rows(_LAST_ENTRY)
    yield gauge("last_entry_id", "The newest entry of the ledger.", found[0][0] if found else 0)
    if found:
        age = _age(found[0][1], now)
        yield gauge("last_entry_age_seconds", "Since the newest entry was recorded.", age)


def _jobs(rows: Query, now: datetime) -> Iterator[Metric]:
    family = GaugeMetricFamily("qicai_jobs", "Jobs by state.", labels=["state"])
    found = {state: (count, since) for state, count, since in rows(_JOBS)}
    for state in ("queued", "running", "failed"):
        family.add_metric([state], found.get(state, (0, None))[0])
    yield family
    oldest = _age(found.get("queued", (0, None))[1], now)
    yield gauge("oldest_job_age_seconds", "How long the oldest job has waited; 0: none.", oldest)


def _worker(rows: Query, now: datetime) -> Iterator[Metric]:
    seen = rows(_WORKER)[0][0]
    age = float("inf") if seen is None else _age(seen, now)
    yield gauge("worker_seen_age_seconds", "Since any worker was seen; +Inf: none is there.", age)


def _chain(rows: Query, now: datetime) -> Iterator[Metric]:
    found = rows(_TAIL)
    age = _age(found[0][0], now) if found else 0.0
    yield gauge("chain_tail_age_seconds", "How long the oldest entry waits to be sealed.", age)


def _audits(rows: Query, now: datetime) -> Iterator[Metric]:
    clean = GaugeMetricFamily(
        "qicai_audit_clean", "1: the last audit found nothing, 0: it did.", labels=["kind"]
    )
    age = GaugeMetricFamily("qicai_audit_age_seconds", "Since the last audit.", labels=["kind"])
    for kind in AUDITS:
        for is_clean, ended_at in rows(_AUDIT.format(kind=kind)):
            clean.add_metric([kind], int(bool(is_clean)))
            age.add_metric([kind], _age(ended_at, now))
    yield clean
    yield age


# ── processes ─────────────────────────────────────────────────────────────────────────────


def processes(proc: Path = Path("/proc")) -> Iterator[Metric]:
    """Yield memory, processor time and open files of each process that counts (Linux)."""
    memory = GaugeMetricFamily("qicai_process_memory_bytes", "Resident memory.", labels=["pid"])
    files = GaugeMetricFamily("qicai_process_open_files", "Open files.", labels=["pid"])
    cpu = CounterMetricFamily("qicai_process_cpu_seconds", "Processor time.", labels=["pid"])
    page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    for pid in pids():
        try:
            resident = int((proc / str(pid) / "statm").read_text().split()[1])
            # The name in brackets may hold spaces; what follows it does not.
            times = (proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[11:13]
            opened = len(list((proc / str(pid) / "fd").iterdir()))
        except (OSError, IndexError):
            continue
        memory.add_metric([str(pid)], resident * page)
        cpu.add_metric([str(pid)], sum(map(int, times)) / tick)
        files.add_metric([str(pid)], opened)
    yield from (memory, cpu, files)
