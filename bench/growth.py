"""How each cost grows with the records: counties of several sizes, and the exponent fitted.

An exponent of 0 is flat, 1 grows as the records do, 2 as their square. All counties are there
before the first is measured, and each work is done in all of them in turn: what else the machine
does meanwhile slows every size alike.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import Flask

from app.audit.quick import quick_audit
from app.audit.reading import open_reading
from app.audit.report import audit
from app.db import snapshot, transaction
from app.ledger.queries import balances_of
from app.ranking.queries import page_of_places, scope_of
from app.service.operations import Line
from app.web.kept import EXTENSION
from bench.audited import build_whole, mark_before
from bench.county import FIRST_VOLUNTEER, RECORDS_EACH, YEAR, County
from bench.grounds import Ground, app_on, let_go
from bench.measures import log
from bench.page import signed_in_as
from bench.ranking import PAGE, asked
from bench.seats import join
from bench.verdicts import judge, tell
from tests.passbook.reader import browser_of

ROUNDS, WARM_UP = 7, 2
# What leaves nothing behind and takes next to no time is looked at more often.
OFTEN = 40
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


class Measured(NamedTuple):
    """What is measured, how often after warming up, and the work itself, told its turn."""

    name: str
    rounds: int
    work: Work


class Curve(NamedTuple):
    """What one thing takes on an engine, in milliseconds, at each number of records."""

    engine: str
    name: str
    sizes: tuple[int, ...]
    times: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """The slope of the line through the logarithms, by least squares."""
        return exponent(self.sizes, self.times)


def growth_of(ground: Ground, sizes: Sequence[int]) -> list[Curve]:
    """Print what each thing takes at each size, and how it grows; return it for the picture."""
    counties = [build_whole(ground, size // RECORDS_EACH, size) for size in sizes]
    apps = [app_on(built.url) for built in counties]
    try:
        grown = _grown(apps, counties)
    finally:
        for app in apps:
            with app.app_context():
                let_go()
    for built in counties:
        ground.drop(built.url)
    curves = [Curve(ground.engine, *each) for each in _curves(sizes, grown)]
    _tell(ground, curves)
    return curves


def _grown(apps: Sequence[Flask], counties: Sequence[County]) -> dict[str, list[float]]:
    rows = []
    for app, built in zip(apps, counties, strict=True):
        with app.app_context():
            rows.append(list(_works(app, built)))
    return {
        works[0].name: _milliseconds(list(zip(apps, works, strict=True)))
        for works in zip(*rows, strict=True)
    }


def _curves(
    sizes: Sequence[int], grown: Mapping[str, list[float]]
) -> Iterator[tuple[str, tuple[int, ...], tuple[float, ...]]]:
    for name, times in grown.items():
        yield name, tuple(sizes), tuple(times)


def _tell(ground: Ground, curves: Sequence[Curve]) -> None:
    sizes = curves[0].sizes
    print(f"{ground.engine}, records (load {os.getloadavg()[0]:.1f}):".ljust(44), end="")
    print("".join(f"{size:>13,}" for size in sizes), f"{'exponent':>9}")
    for curve in curves:
        row = "".join(f"{each:>10.2f} ms" for each in curve.times)
        print(f"  {curve.name:42}{row} {curve.exponent:>9.2f}", flush=True)
        tell(f"{ground.engine}: exponent of {curve.name}", curve.exponent)
    times = next(curve.times for curve in curves if curve.name == BALANCE)
    name = f"{ground.engine}: a balance, {sizes[-1]:,} records beside {sizes[0]:,}"
    judge(name, times[-1] / times[0], BALANCE_TIMES, is_most=True)


def exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    """Return the slope of the line through the logarithms, by least squares."""
    if len(sizes) < 2:
        return math.nan
    return statistics.linear_regression(list(map(math.log, sizes)), list(map(math.log, times)))[0]


def _works(app: Flask, built: County) -> Iterator[Measured]:
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

    yield Measured(BALANCE, OFTEN, balance)
    yield Measured(f"the first {PAGE} of the ranking", OFTEN, first)
    yield Measured("the passbook page", ROUNDS, page(reader, "/me/ledger"))
    yield Measured("the leader's day page", ROUNDS, page(leader, "/log/TX-red"))
    yield Measured("the dashboard, summed anew", ROUNDS, page(organiser, f"/desk?year={YEAR}"))
    yield Measured("one record posted", ROUNDS, _posting(built, people[2:3], 0))
    whole_day = _posting(built, people, ROUNDS + WARM_UP)
    yield Measured(f"a service day of {DAY} posted", ROUNDS, whole_day)
    yield Measured(f"a quick audit of {NEW:,} new records", ROUNDS, _quick(built))
    # Reads every row on purpose: the line of what does grow.
    yield Measured("the whole audit", 1, _whole(built))


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


def _whole(built: County) -> Work:
    def work(turn: int) -> None:
        # Once is enough, and nothing is left warm by it.
        if turn < WARM_UP:
            return
        with open_reading(built.url) as reading:
            report = audit(reading)
            assert report.is_clean, report

    return work


def _milliseconds(places: Sequence[tuple[Flask, Measured]]) -> list[float]:
    """Return the median of each place, all of them asked in turn."""
    found: list[list[float]] = [[] for _ in places]
    for turn in range(WARM_UP + places[0][1].rounds):
        for times, (app, measured) in zip(found, places, strict=True):
            with app.app_context():
                begun = time.perf_counter()
                measured.work(turn)
                times.append(1000 * (time.perf_counter() - begun))
    return [statistics.median(times[WARM_UP:]) for times in found]
