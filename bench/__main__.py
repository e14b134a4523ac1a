"""Print every measured claim as a ratio: `make bench`, or `python -m bench --quick`.

A ratio of 0.80 means 0.80 times the raw driver's speed at writing the same rows, in this run.
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from app.db import wal_is_safe
from bench.audited import audit_at_size
from bench.chain import chain_at_size
from bench.check_in import WARM_UP, check_in_of, tell
from bench.cores import cores_of
from bench.curves import draw
from bench.dashboard import dashboard_at_size
from bench.footprint import footprint_of
from bench.freeze import freeze_at_size
from bench.grounds import Ground, PostgreSQLGround, SQLiteGround
from bench.growth import FEWEST, Curve, growth_of
from bench.hordak import beside_hordak
from bench.imports import import_of, import_peak
from bench.load import under_load
from bench.measures import Round, bulk_of, day_of, one_alone
from bench.page import passbook_page
from bench.pages import over_budget, pages_at_size
from bench.papers import certificates_at_size
from bench.ranking import at_sizes
from bench.redemptions import redemptions_of
from bench.shelf import ITEMS, shelf_page
from bench.verdicts import judge, table
from tests import postgres
from tests.service.community import Community

MEASURES = (
    *("bulk", "day", "one", "page", "import", "check-in", "redeem", "shelf", "ranking", "freeze"),
    *("papers", "dashboard", "audit", "chain", "growth", "hordak", "footprint", "load"),
    *("pages", "cores"),
)
# They fill databases of their own.
COUNTY = {"ranking", "freeze", "dashboard", "audit", "chain", "growth", "pages"}
GROWTH = (10_000, 100_000, 1_000_000)
# STACK.md, last section: at least so much of the raw driver's speed.
TARGETS = {
    ("bulk", "sqlite"): 0.6,
    ("bulk", "postgresql"): 0.6,
    ("day", "sqlite"): 0.4,
    ("day", "postgresql"): 0.4,
    ("one", "sqlite"): 0.5,
    ("one", "postgresql"): 1.0,
    ("page", "sqlite"): 0.5,
    ("page", "postgresql"): 0.5,
    # Three whole requests, two of them pages that the bare app has next to nothing to do for.
    ("check-in", "sqlite"): 0.2,
    ("check-in", "postgresql"): 0.2,
    ("redeem", "sqlite"): 0.5,
    ("redeem", "postgresql"): 0.5,
    # No figure is asked for: told as it is.
    ("shelf", "sqlite"): 0.1,
    ("shelf", "postgresql"): 0.1,
    # At most twice the floor.
    ("import", "sqlite"): 0.5,
    ("import", "postgresql"): 0.5,
}
IMPORT_PEAK_MEGABYTES = 300


def main() -> None:
    """Measure on both engines and print a line for each claim."""
    options = _options()
    journal = "WAL, FULL" if wal_is_safe() else "rollback journal, EXTRA"
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version} ({journal})")
    print(f"{'measure':34} {'ours':>11} {'raw':>11} {'ratio (min–max)':>22} {'target':>7}")
    with ExitStack() as cleanup:
        folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="qicai-bench-")))
        grounds: list[Ground] = []
        if options.engine in ("both", "sqlite"):
            grounds.append(SQLiteGround(folder))
        if options.engine in ("both", "postgresql"):
            server = cleanup.enter_context(postgres.running(is_durable=True))
            grounds.append(PostgreSQLGround(server))
        if "papers" in options.only:
            certificates_at_size()
        curves: list[Curve] = []
        for ground in grounds:
            if {*options.only} - COUNTY - {"papers"}:
                given = {"records": options.records, "rounds": options.rounds}
                community = ground.built(max(1100, options.records // 10))
                measure(ground, community, options.only, **given)
                measure_beside(ground, community, options.only, **given)
            curves += measure_county(ground, options)
    if curves and options.picture:
        draw(curves, options.picture)
        print(f"how costs grow: {options.picture}")
    print("\n".join(table()))
    raise SystemExit(over_budget())


def measure_county(ground: Ground, options: argparse.Namespace) -> list[Curve]:
    """Run the wanted measures that fill a county of their own; return how costs grow."""
    people, records = options.county
    curves: list[Curve] = []
    if "ranking" in options.only:
        at_sizes(ground, GROWTH, people=people, records=records)
    if "growth" in options.only:
        curves = growth_of(ground, growing_to(records))
    if "dashboard" in options.only:
        dashboard_at_size(ground, people=people, records=records)
    if "pages" in options.only:
        pages_at_size(ground, people=people, records=records)
    if "chain" in options.only:
        chain_at_size(ground, people=people, records=records)
    if "audit" in options.only:
        audit_at_size(ground, people=people, records=records)
    if "freeze" in options.only:
        freeze_at_size(ground, people=people, records=records)
    return curves


def growing_to(records: int) -> list[int]:
    """Return the sizes of the counties that are compared, up to the largest."""
    largest = min(records, GROWTH[-1])
    return [max(largest // 100, FEWEST), largest // 10, largest]


def measure(
    ground: Ground, community: Community, wanted: Sequence[str], *, records: int, rounds: int
) -> None:
    """Run the wanted measures beside the raw driver."""
    if "bulk" in wanted:
        bulk = bulk_of(ground, community, records=records, rounds=max(2, rounds // 2))
        report("bulk", ground.engine, f"bulk posting of {records:,} records", bulk, per=records)
    if "day" in wanted:
        day = day_of(ground, community, people=200, rounds=rounds * 2)
        report("day", ground.engine, "a service day of 200", day, per=200)
    if "one" in wanted:
        one = one_alone(ground, community, times=60, rounds=rounds)
        report("one", ground.engine, "one record alone", one, per=1)
    if "page" in wanted:
        page = passbook_page(ground, community, rounds=rounds)
        report("page", ground.engine, "passbook page", page, per=1)
    if "import" in wanted:
        measure_import(ground, community, records=records, rounds=rounds)
    if "check-in" in wanted:
        measure_check_in(
            ground, community, people=min(1000, len(community.volunteers) - 8 - WARM_UP)
        )
    if "redeem" in wanted:
        measure_redemptions(ground, community, rounds=rounds)
    if "shelf" in wanted:
        shelf = shelf_page(ground, community, rounds=rounds)
        report("shelf", ground.engine, f"shelf page of {ITEMS} items", shelf, per=1)


def measure_beside(
    ground: Ground, community: Community, wanted: Sequence[str], *, records: int, rounds: int
) -> None:
    """Run the wanted measures beside other programs."""
    if "hordak" in wanted:
        beside_hordak(ground, community, rounds=rounds)
    if "footprint" in wanted:
        footprint_of(ground, community, rounds=max(2, rounds // 2), county=records)
    if "load" in wanted:
        under_load(ground, community, seconds=12 * rounds)
    if "cores" in wanted:
        people = min(600, len(community.volunteers) - 8 - WARM_UP)
        cores_of(ground, community, people=people, records=min(records, 10_000))


def measure_import(ground: Ground, community: Community, *, records: int, rounds: int) -> None:
    """Import a sheet beside its floor, and once more for its peak of memory."""
    imported = import_of(ground, community, rows=records, rounds=max(2, rounds // 2))
    report("import", ground.engine, f"import of {records:,} rows", imported, per=records)
    with tempfile.TemporaryDirectory(prefix="qicai-bench-") as folder:
        peak = import_peak(ground, community, rows=records, folder=Path(folder))
    print(f"{ground.engine}: its peak of memory: {peak} MB < {IMPORT_PEAK_MEGABYTES}")
    name = f"{ground.engine}: peak of the import in MB"
    judge(name, peak, IMPORT_PEAK_MEGABYTES, is_most=True)


def measure_redemptions(ground: Ground, community: Community, *, rounds: int) -> None:
    """Redeem by one client, then by eight at once."""
    for clients in (1, 8):
        given = {"clients": clients, "times": 400, "rounds": rounds}
        redeemed = redemptions_of(ground, community, **given)
        name = f"redemptions by {clients} at once"
        report("redeem", ground.engine, name, [each.round for each in redeemed], per=400)
        worst = max(each.worst for each in redeemed)
        print(f"{ground.engine}: {name}: the longest wait {worst:.2f} s")
        if ground.engine == "sqlite":
            judge(f"{ground.engine}: {name}: longest wait in s", worst, 0.5, is_most=True)


def measure_check_in(ground: Ground, community: Community, people: int) -> None:
    """Let people check in over HTTP, and print what all take and what one waits for."""
    checked_in = check_in_of(ground, community, people=people)
    name = f"check-in of {people:,} people"
    report("check-in", ground.engine, name, [checked_in.round], per=people)
    tell(checked_in, ground.engine)


def report(key: str, engine: str, name: str, rounds: list[Round], *, per: int) -> None:
    """Print the median ratio with its spread, and what a second holds of each."""
    ratios = sorted(each.ratio for each in rounds)
    ours = per / statistics.median(each.ours for each in rounds)
    floor = per / statistics.median(each.raw for each in rounds)
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"
    label = f"{engine}: {name}"
    judge(label, statistics.median(ratios), TARGETS[key, engine])
    print(f"{label:44} {ours:>9,.0f}/s {floor:>9,.0f}/s {spread:>18} ≥ {TARGETS[key, engine]}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--engine", choices=("both", "sqlite", "postgresql"), default="both")
    parser.add_argument("--records", type=int, default=100_000, help="records posted in bulk")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--only", nargs="+", choices=MEASURES, default=MEASURES, help="measure these alone"
    )
    parser.add_argument(
        "--county",
        nargs=2,
        type=int,
        metavar=("PEOPLE", "RECORDS"),
        default=(100_000, 2_000_000),
        help="how large the ranking grows, after 10,000, 100,000 and 1,000,000 records",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE.svg", help="draw there how costs grow"
    )
    parser.add_argument(
        "--quick", action="store_true", help="10,000 records, 2 rounds, a county of 5,000"
    )
    options = parser.parse_args()
    if options.quick:
        options.records, options.rounds = 10_000, 2
        options.county = (5_000, 100_000)
    return options


if __name__ == "__main__":
    main()
