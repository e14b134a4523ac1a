"""The ranking at size: pages, places and recounts beside plain SQL by the bare driver."""

from __future__ import annotations

import gc
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from flask import Flask, g, render_template_string
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db import db, snapshot
from app.ledger.queries import balances_of
from app.points.rules import format_hundredths
from app.ranking.queries import (
    Scope,
    own_places,
    page_of_places,
    preview,
    recounted,
    scope_of,
    size_of,
    teams_preview,
)
from app.ranking.rules import canonical_csv
from bench import county
from bench.county import FIRST_VOLUNTEER, RECORDS_EACH, YEAR, County
from bench.grounds import Ground, on
from bench.measures import raw_connection
from bench.page import signed_in_as
from bench.verdicts import judge
from tests.passbook.reader import browser_of

PAGE = 100
QUICK, SLOW = 15, 3


class Pair(NamedTuple):
    """Milliseconds of ours and of the plain SQL, each the median of its rounds."""

    ours: float
    plain: float


Work = Callable[[], Any]
Measures = dict[str, Pair]

# ── plain SQL ─────────────────────────────────────────────────────────────────────────────

_ORDER = "ORDER BY s.order_key, s.number LIMIT {limit} OFFSET {offset}"
_PAGE = """
SELECT s.number, v.name, s.minutes, s.dates, s.service_days, s.points_hundredths
FROM standings s JOIN volunteers v ON v.id = s.volunteer_id
WHERE s.organisation_id = {root} AND s.colour_id = {colour} AND s.year = {year} {order}
"""
_TEAM = """
SELECT v.number, v.name, s.minutes, s.dates, s.service_days, s.points_hundredths
FROM service_totals s JOIN volunteers v ON v.id = s.volunteer_id
WHERE s.team_id = {team} AND s.organisation_id = {organisation} AND s.year = {year}
ORDER BY s.minutes DESC, s.dates DESC, s.service_days DESC, v.number
"""
_TEAMS = """
SELECT t.code, t.name, sum(s.minutes) AS minutes, count(DISTINCT s.volunteer_id) AS people
FROM service_totals s JOIN teams t ON t.id = s.team_id WHERE s.year = {year}
GROUP BY t.code, t.name
"""
_PLACE = """
SELECT s.minutes, (SELECT count(*) FROM standings b WHERE b.organisation_id = {root}
  AND b.colour_id = 0 AND b.year = {year} AND b.order_key < s.order_key) AS better
FROM standings s WHERE s.volunteer_id = {person} AND s.year = {year}
  AND s.organisation_id = {root} AND s.colour_id = 0
"""
_RECOUNT = """
SELECT v.number, v.name, sum(s.minutes) AS minutes, count(DISTINCT s.service_on) AS dates,
  count(DISTINCT CASE WHEN s.is_service_day THEN s.service_on END) AS service_days,
  sum(s.points_hundredths) AS points
FROM service_records s JOIN volunteers v ON v.id = s.volunteer_id
WHERE s.state = 'approved' AND s.service_on BETWEEN '{year}-01-01' AND '{year}-12-31'
GROUP BY v.number, v.name ORDER BY minutes DESC, dates DESC, service_days DESC, v.number
"""
_BALANCE = "SELECT unit, balance FROM accounts WHERE holder_id = {person}"
_BARE_PAGE = """<!doctype html><html lang="zh-CN"><head><title>{{ year }}</title></head><body>
<table>{% for row in rows %}<tr><td>{{ loop.index }}</td><th>{{ row[1] }} {{ row[0] }}</th>
<td>{{ row[2] }}</td><td>{{ row[3] }}</td><td>{{ row[4] }}</td><td>{{ row[5] }}</td></tr>
{% endfor %}</table></body></html>"""


# ── a county, measured ────────────────────────────────────────────────────────────────────


def at_sizes(ground: Ground, sizes: Sequence[int], *, people: int, records: int) -> None:
    """Print the measures of the largest county, and how each grows from the smallest on."""
    all_sizes = [*[(size // RECORDS_EACH, size) for size in sizes if size < records]]
    grown: dict[int, Measures] = {}
    for each_people, each_records in [*all_sizes, (people, records)]:
        built = build(ground, each_people, each_records)
        grown[each_records] = measure(built)
        ground.drop(built.url)
        _print_measures(built, grown[each_records])
    _print_growth(ground.engine, grown)
    _judge(ground.engine, records, grown[records])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{ground.engine}: peak memory of this process so far {peak:,} MB", flush=True)


def _judge(engine: str, records: int, measures: Measures) -> None:
    """Keep what STACK.md asks of a ranking: milliseconds of pages, and of a recount its ratio."""
    of = f"{engine}: ranking of {records:,} records"
    judge(f"{of}, first 100 in ms", measures["first 100"].ours, 5, is_most=True)
    judge(f"{of}, my place in ms", measures["my place"].ours, 10, is_most=True)
    anew = measures["recount from records"]
    judge(f"{of}, recount beside GROUP BY", anew.ours / anew.plain, 1.5, is_most=True)


def build(ground: Ground, people: int, records: int) -> County:
    """Fill a database and say how long it took."""
    url = ground.empty()
    community = county.prepare(url, people)
    begun = time.perf_counter()
    county.fill(ground, url, community, people=people, records=records)
    filled = time.perf_counter()
    county.stand(url, community)
    ended = time.perf_counter()
    print(
        f"{ground.engine}: {people:,} people, {records:,} records filled in {filled - begun:.0f} s,"
        f" the standings of the whole tree counted from them in {ended - filled:.0f} s",
        flush=True,
    )
    return County(url, ground.engine, people, records, community, FIRST_VOLUNTEER + people // 2)


def measure(built: County) -> Measures:
    """Time each thing in turn with its plain SQL, on one database in one run."""
    with on(built.url) as app, raw_connection(built.url) as connection:
        found = {name: paired(*works, rounds=QUICK) for name, works in _quick(built, connection)}
        found |= {name: paired(*works, rounds=SLOW) for name, works in _slow(built, connection)}
        found |= _pages(app, built, connection)
    return found


def _quick(built: County, connection: Any) -> Iterator[tuple[str, tuple[Work, Work]]]:
    whole, root = _scope(), built.community.root_id
    deep = max(0, built.people // 2 - PAGE)
    colour = _scope(colour_key="red")
    team = _scope(team_code="T0-0")
    assert colour.colour is not None
    assert team.team is not None

    def plain(statement: str, offset: int = 0, **more: Any) -> Work:
        order = _ORDER.format(limit=PAGE, offset=offset)
        given = {"root": root, "colour": 0, "year": YEAR, "order": order, **more}
        return lambda: connection.execute(statement.format(**given)).fetchall()

    def page(scope: Scope, offset: int) -> Work:
        return _read(lambda session: page_of_places(session, scope, offset=offset, size=PAGE))

    person = built.middle_id
    yield "first 100", (page(whole, 0), plain(_PAGE))
    yield f"a page after {deep:,}", (page(whole, deep), plain(_PAGE, deep))
    yield "first 100 of a colour", (page(colour, 0), plain(_PAGE, colour=colour.colour.id))
    # Of a team and of the sums above a page all is read.
    where = {"team": team.team.id, "organisation": team.team.organisation_id}
    yield "a team", (_read(lambda session: preview(session, team)), plain(_TEAM, **where))
    yield (
        "my place",
        (
            _read(lambda session: own_places(session, person, YEAR, [root])),
            plain(_PLACE, person=person),
        ),
    )
    yield (
        "people and hours above a page",
        (
            _read(lambda session: size_of(session, whole)),
            plain(
                "SELECT count(*), sum(minutes) FROM standings WHERE organisation_id = {root} "
                "AND colour_id = 0 AND year = {year}"
            ),
        ),
    )
    first = FIRST_VOLUNTEER + 1
    yield (
        "balance look-up",
        (_read(lambda session: balances_of(session, first)), plain(_BALANCE, person=first)),
    )


def _slow(built: County, connection: Any) -> Iterator[tuple[str, tuple[Work, Work]]]:
    whole, root = _scope(), built.community.root_id

    def plain(statement: str) -> list[Any]:
        found = connection.execute(statement.format(root=root, year=YEAR, colour=0, order=""))
        return list(found.fetchall())

    yield (
        "teams among themselves",
        (_read(lambda session: teams_preview(session, whole)), lambda: plain(_TEAMS)),
    )
    yield (
        "canonical CSV of everyone",
        (
            _read(lambda session: canonical_csv(preview(session, whole))),
            lambda: _plain_csv(plain(_PAGE + " ORDER BY s.order_key, s.number")),
        ),
    )
    yield (
        "recount from records",
        (_read(lambda session: recounted(session, whole)), lambda: plain(_RECOUNT)),
    )


def _plain_csv(rows: list[Any]) -> bytes:
    lines = [
        f"{place},{row[0]},{row[2]},{row[3]},{row[4]},{format_hundredths(row[5])}\n"
        for place, row in enumerate(rows, start=1)
    ]
    return "".join(lines).encode()


def _pages(app: Flask, built: County, connection: Any) -> Measures:
    """Time the pages beside a bare page of the same rows on the same kind of server."""
    statement = _PAGE.format(
        root=built.community.root_id,
        colour=0,
        year=YEAR,
        order=_ORDER.format(limit=PAGE, offset=0),
    )
    bare = Flask("bare")

    @bare.get("/")
    def page() -> str:
        rows = connection.execute(statement).fetchall()
        return render_template_string(_BARE_PAGE, rows=rows, year=YEAR)

    plain = bare.test_client()
    organiser = browser_of(app, built.community, "organiser")
    volunteer = signed_in_as(app, FIRST_VOLUNTEER + 1)
    last = built.people // PAGE // 2
    pages = {
        "the page of the first 100": (organiser, f"/ranking?year={YEAR}"),
        f"the page {last:,}": (organiser, f"/ranking?year={YEAR}&page={last}"),
        "the page of my place": (volunteer, f"/ranking?year={YEAR}"),
        "the passbook page": (volunteer, "/me/ledger"),
    }
    found: Measures = {}
    for name, (browser, path) in pages.items():
        answer = asked(browser, path)
        assert answer.status_code == 200, (path, answer.status_code, answer.location)
        found[name] = paired(
            lambda browser=browser, path=path: asked(browser, path),  # type: ignore[misc]
            lambda: plain.get("/"),
            rounds=QUICK,
        )
    return found


def asked(browser: FlaskClient, path: str) -> Any:
    """Ask for a page as a server is asked: nothing is left over from the request before."""
    for name in list(g):
        g.pop(name)
    return browser.get(path)


def _scope(**more: Any) -> Scope:
    session = db.session()
    found = scope_of(session, YEAR, "TX", **more)
    session.rollback()
    return found


def _read(work: Callable[[Session], Any]) -> Work:
    def read() -> Any:
        with snapshot() as session:
            return work(session)

    return read


def paired(ours: Work, plain: Work, *, rounds: int) -> Pair:
    """Run both in turn; the first run of each only warms up."""
    ours()
    plain()
    times: tuple[list[float], list[float]] = ([], [])
    with _no_collection():
        for _ in range(rounds):
            for work, kept in zip((ours, plain), times, strict=True):
                begun = time.perf_counter()
                work()
                kept.append(1000 * (time.perf_counter() - begun))
    return Pair(*map(statistics.median, times))


@contextmanager
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# ── what is printed ───────────────────────────────────────────────────────────────────────


def _print_measures(built: County, measures: Measures) -> None:
    title = f"{built.engine}, {built.people:,} people, {built.records:,} records"
    print(f"{title:52} {'ours':>11} {'plain SQL':>11} {'times as long':>14}")
    for name, pair in measures.items():
        times = pair.ours / pair.plain
        print(f"  {name:50} {pair.ours:>8.2f} ms {pair.plain:>8.2f} ms {times:>13.2f}×", flush=True)


def _print_growth(engine: str, grown: dict[int, Measures]) -> None:
    """Print ours at each size as a multiple of the smallest; names differ by size in figures."""
    sizes = list(grown)
    print(f"{engine}: times as long as at {sizes[0]:,} records".ljust(52), end="")
    print("".join(f"{size:>14,}" for size in sizes))
    for place, name in enumerate(grown[sizes[0]]):
        pairs = [list(grown[size].values())[place] for size in sizes]
        label = name if all(name in grown[size] for size in sizes) else "a page in the middle"
        row = "".join(f"{pair.ours / pairs[0].ours:>13.1f}×" for pair in pairs)
        print(f"  {label:50}{row}", flush=True)
