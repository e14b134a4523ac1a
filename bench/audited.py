"""The audit of a county: whole and quick, each check's time and memory, beside a plain reading.

    python -m bench.audited URL [FILE FOR WHAT IS JUDGED]

audits a database that is there, in a process of its own: its peak of memory is the audit's.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app import create_app
from app.audit.checks import Result
from app.audit.quick import quick_audit
from app.audit.reading import Reading, open_reading
from app.audit.report import Report, audit
from app.audit.scopes import Mark
from app.audit.tables import TABLES
from app.clock import now
from app.config import ROOT
from app.ledger.chain import seal
from bench import county
from bench.county import ROWS_OF_A_BATCH, County
from bench.grounds import Ground, on
from bench.measures import highest_kilobytes, raw_connection
from bench.verdicts import hand_over, judge, take_over

# What an hour of a county enters, and what one hour of its service day may.
NEW = (2_000, 20_000)
TOLD_FROM_SECONDS = 0.5
WHOLE_SECONDS = {"sqlite": 300, "postgresql": 180}
QUICK_SECONDS = 10
PEAK_MEGABYTES = 1000
RECORDS = "SELECT count(*) FROM service_records"
T = TypeVar("T")


def audit_at_size(ground: Ground, *, people: int, records: int) -> None:
    """Fill a county and print what its audits take."""
    built = build_whole(ground, people, records)
    with tempfile.TemporaryDirectory(prefix="qicai-bench-") as folder:
        judged = Path(folder) / "judged.json"
        command = [sys.executable, "-m", "bench.audited", built.url, str(judged)]
        subprocess.run(command, cwd=ROOT, check=True)
        take_over(judged)
    ground.drop(built.url)


def build_whole(ground: Ground, people: int, records: int) -> County:
    """Fill a county whose every record has its entry, four postings, batch and seal."""
    url = ground.empty()
    community = county.prepare(url, people)
    begun = time.perf_counter()
    with raw_connection(url) as connection:
        # What the bulk credits: an hour is one point, to the hundredth.
        connection.execute(
            "UPDATE rule_versions SET service_day_percent = 0, service_month_percent = 0, "
            "step_hundredths = 1"
        )
    county.fill(ground, url, community, people=people, records=records, is_whole=True)
    county.stand(url, community)
    with on(url):
        seal(now)
    print(
        f"{ground.engine}: {people:,} people, {records:,} records, {4 * records:,} postings "
        f"filled and sealed in {time.perf_counter() - begun:.0f} s",
        flush=True,
    )
    return County(url, ground.engine, people, records, community, 0)


def main(url: str) -> None:
    """Audit a database and print the figures."""
    # Every table's metadata is what the check of the schema compares with.
    create_app({"DATABASE_URL": url, "TESTING": True})
    with open_reading(url) as reading:
        plain = _timed(lambda: _read_all(reading))[0]
        whole, own, report = _whole(reading)
        print(
            f"{reading.engine}: whole audit {whole:.0f} s ({own:.0f} s of this process's CPU), "
            f"target < {WHOLE_SECONDS[reading.engine]} s; {whole / plain:.1f} times reading "
            f"the same tables once ({plain:.0f} s); clean: {report.is_clean}",
            flush=True,
        )
        of = f"{reading.engine}: audit of {reading.number(RECORDS):,} records"
        judge(f"{of}, whole, in s", whole, WHOLE_SECONDS[reading.engine], is_most=True)
        for count in NEW:
            mark = mark_before(reading, count)
            seconds, quick = _timed(lambda mark=mark: quick_audit(reading, mark))  # type: ignore[misc]
            print(
                f"{reading.engine}: quick audit of {count:,} new records {seconds:.1f} s, "
                f"target < {QUICK_SECONDS} s; clean: {quick.is_clean}",
                flush=True,
            )
            judge(f"{of}, quick of {count:,}, in s", seconds, QUICK_SECONDS, is_most=True)
        peak = highest_kilobytes() // 1024
        print(f"{reading.engine}: peak of memory {peak} MB < {PEAK_MEGABYTES}", flush=True)
        judge(f"{of}, its peak in MB", peak, PEAK_MEGABYTES, is_most=True)


def _whole(reading: Reading) -> tuple[float, float, Report]:
    begun, own, last = time.perf_counter(), time.process_time(), [time.perf_counter()]

    def tell(result: Result) -> None:
        seconds, last[0] = time.perf_counter() - last[0], time.perf_counter()
        if seconds >= TOLD_FROM_SECONDS:
            print(f"  {result.id:7} {seconds:7.1f} s, {result.looked_at:>10,} rows", flush=True)

    report = audit(reading, tell)
    print(f"  digest  {time.perf_counter() - last[0]:7.1f} s", flush=True)
    return time.perf_counter() - begun, time.process_time() - own, report


def _read_all(reading: Reading) -> None:
    for table in TABLES:
        for _chunk in reading.chunks(f"SELECT * FROM {table.name}"):
            pass


def mark_before(reading: Reading, count: int) -> Mark:
    """Return the mark that leaves so many records new."""

    def last(table: str) -> int:
        return reading.number(f"SELECT coalesce(max(id), 0) FROM {table}")

    entries, trail = last("entries") - count, last("trail") - count // ROWS_OF_A_BATCH
    return Mark(max(0, entries), max(0, last("service_records") - count), max(0, trail), 0)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    begun = time.perf_counter()
    found = work()
    return time.perf_counter() - begun, found


if __name__ == "__main__":
    main(sys.argv[1])
    if len(sys.argv) > 2:
        hand_over(Path(sys.argv[2]))
