"""How each cost grows with the records: counties of several sizes, and the exponent fitted.

An exponent of 0 is flat, 1 grows as the records do, 2 as their square.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Flask

from app.audit.quick import quick_audit
from app.audit.reading import open_reading
from app.db import db, snapshot, transaction
from app.ledger.queries import balances_of
from app.ranking.queries import page_of_places, scope_of
from app.service.operations import Line
from app.web.kept import EXTENSION
from bench.audited import build_whole, mark_before
from bench.county import FIRST_VOLUNTEER, RECORDS_EACH, YEAR, County
from bench.grounds import Ground, on
from bench.measures import log
from bench.page import signed_in_as
from bench.ranking import PAGE, asked
from bench.seats import join
from bench.verdicts import judge
from tests.passbook.reader import browser_of

ROUNDS, WARM_UP = 7, 2
MEMBERS = 60
DAY = 200
# So many that a whole day's people live there.
FEWEST = DAY * RECORDS_EACH
NEW = 1_000
# After all that the county has, so that whoever serves has a standing to be moved.
FREE_FROM = date(YEAR, 12, 5)
BALANCE = "balance"
# STACK.md: a balance at most 1.2 times as long from 10,000 to 1,000,000 postings.
BALANCE_TIMES = 1.2

Work = Callable[[int], Any]


def growth_of(ground: Ground, sizes: Sequence[int]) -> None:
    """Print what each thing takes at each size, and how it grows."""
    grown: dict[str, list[float]] = {}
    for size in sizes:
        built = build_whole(ground, size // RECORDS_EACH, size)
        with on(built.url) as app:
            for name, work in _works(app, built):
                grown.setdefault(name, []).append(_milliseconds(work))
        ground.drop(built.url)
    print(f"{ground.engine}, records (load {os.getloadavg()[0]:.1f}):".ljust(44), end="")
    print("".join(f"{size:>13,}" for size in sizes), f"{'exponent':>9}")
    for name, times in grown.items():
        row = "".join(f"{each:>10.2f} ms" for each in times)
        print(f"  {name:42}{row} {exponent(sizes, times):>9.2f}", flush=True)
    times = grown[BALANCE]
    name = f"{ground.engine}: a balance, {sizes[-1]:,} records beside {sizes[0]:,}"
    judge(name, times[-1] / times[0], BALANCE_TIMES, is_most=True)


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """Return the slope of the line through the logarithms, by least squares."""
    if len(sizes) < 2:
        return math.nan
    return statistics.linear_regression(list(map(math.log, sizes)), list(map(math.log, times)))[0]


def _works(app: Flask, built: County) -> Iterator[tuple[str, Work]]:
    """Name what is measured; each work is told its turn, and leaves others as they were."""
    community, root_code = built.community, "TX"
    people = range(FIRST_VOLUNTEER, FIRST_VOLUNTEER + DAY)
    with transaction():
        join(community.red_id, list(people[:MEMBERS]))
    leader, organiser = (browser_of(app, community, name) for name in ("leader", "organiser"))
    reader = signed_in_as(app, people[1])

    def page(browser: Any, path: str) -> Work:
        def work(_turn: int) -> None:
            # What is kept for a minute is summed anew.
            app.extensions.pop(EXTENSION, None)
            answer = asked(browser, path)
            assert answer.status_code == 200, (path, answer.status_code)

        return work

    def first(_turn: int) -> None:
        with snapshot() as session:
            scope = scope_of(session, YEAR, root_code)
            assert page_of_places(session, scope, offset=0, size=PAGE)

    def balance(_turn: int) -> None:
        with snapshot() as session:
            balances_of(session, people[1])

    yield BALANCE, balance
    yield f"the first {PAGE} of the ranking", first
    yield "the passbook page", page(reader, "/me/ledger")
    yield "the leader's day page", page(leader, "/log/TX-red")
    yield "the dashboard, summed anew", page(organiser, f"/desk?year={YEAR}")
    yield "one record posted", _posting(built, people[2:3], 0)
    yield f"a service day of {DAY} posted", _posting(built, people, ROUNDS + WARM_UP)
    yield f"a quick audit of {NEW:,} new records", _quick(built)


def _posting(built: County, people: Sequence[int], first_day: int) -> Work:
    """Post a day of these people, another with each turn."""

    def work(turn: int) -> None:
        served_on = FREE_FROM + timedelta(days=first_day + turn)
        lines = [
            Line(
                volunteer_id=each,
                team_id=built.community.red_id,
                service_on=served_on,
                minutes=90,
                content="楼道清洁",
            )
            for each in people
        ]
        log(built.community, lines, f"growth-{served_on}-{len(people)}")

    return work


def _quick(built: County) -> Work:
    def work(_turn: int) -> None:
        with open_reading(built.url) as reading:
            report = quick_audit(reading, mark_before(reading, NEW))
            assert report.is_clean, report

    return work


def _milliseconds(work: Work) -> float:
    found = []
    for turn in range(WARM_UP + ROUNDS):
        begun = time.perf_counter()
        work(turn)
        found.append(1000 * (time.perf_counter() - begun))
    db.session.remove()
    return statistics.median(found[WARM_UP:])
