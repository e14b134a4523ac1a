"""Freezing a year as one bulk operation, beside plain SQL that ranks and writes the same rows."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from app.db import snapshot, transaction
from app.people.models import Role
from app.ranking.operations import freezing
from app.ranking.queries.snapshots import find_snapshot
from app.ranking.queries.verifying import verified
from bench import county
from bench.county import YEAR, County
from bench.grounds import Ground, on
from bench.measures import raw_connection
from bench.ranking import build
from bench.verdicts import judge
from tests.adjustments.community import SINCE
from tests.ranking.year import PLAIN, ask, confirm, save

ROUNDS = 3
# What a freeze does, by the functions that do it; the rest is questions, awards and the commit.
READ, PROOF, COPY = "its reading and hashing of the lists", "proof", "copy"
PARTS = {READ: ("live_rankings", "_sums"), PROOF: ("_prove",), COPY: ("copy_places",)}


class Freezes(NamedTuple):
    """Seconds of some freezes, of each part of them, and of making one anew from the ledger."""

    whole: list[float]
    parts: dict[str, list[float]]
    verify: list[float]
    rows: int


class Plain(NamedTuple):
    """Seconds of the plain SQL: ranked and written from the totals, counted from the records."""

    totals: list[float]
    records: list[float]


# ── plain SQL ─────────────────────────────────────────────────────────────────────────────

_TABLE = """
CREATE TABLE plain_rows (round integer, colour_id bigint, volunteer_id bigint, rank bigint,
  number text, minutes bigint, dates bigint, service_days bigint, points_hundredths bigint,
  PRIMARY KEY (round, colour_id, volunteer_id))
"""
_SUMS = (
    "volunteer_id, CAST(sum(minutes) AS bigint) AS minutes, CAST(sum(dates) AS bigint) AS dates, "
    "CAST(sum(service_days) AS bigint) AS service_days, "
    "CAST(sum(points_hundredths) AS bigint) AS points_hundredths"
)
_TOTALS = f"""
INSERT INTO plain_rows
SELECT {{round}}, y.colour_id, y.volunteer_id, rank() OVER (PARTITION BY y.colour_id
    ORDER BY y.minutes DESC, y.dates DESC, y.service_days DESC),
  v.number, y.minutes, y.dates, y.service_days, y.points_hundredths
FROM (
  SELECT 0 AS colour_id, {_SUMS} FROM service_totals WHERE year = {YEAR} GROUP BY volunteer_id
  UNION ALL
  SELECT colour_id, {_SUMS} FROM service_totals WHERE year = {YEAR}
  GROUP BY colour_id, volunteer_id
) y JOIN volunteers v ON v.id = y.volunteer_id
"""
_COUNTED = f"""
SELECT {{by}}, CAST(sum(minutes) AS bigint), count(DISTINCT service_on),
  count(DISTINCT CASE WHEN is_service_day THEN service_on END),
  CAST(sum(points_hundredths) AS bigint), count(DISTINCT volunteer_id)
FROM service_records
WHERE state = 'approved' AND service_on BETWEEN '{YEAR}-01-01' AND '{YEAR}-12-31' GROUP BY {{by}}
"""


def plain_of(connection: Any, rounds: int) -> Plain:
    """Rank the totals into a table without a guard, and count the records, some times each."""
    connection.execute(_TABLE)

    def write(number: int) -> None:
        connection.execute("BEGIN")
        connection.execute(_TOTALS.format(round=number))
        connection.execute("COMMIT")

    def count() -> None:
        for by in ("volunteer_id", "colour_id, volunteer_id", "team_id"):
            connection.execute(_COUNTED.format(by=by)).fetchall()

    times = [(_timed(partial(write, n)), _timed(count)) for n in range(rounds + 1)]
    return Plain([one for one, _ in times[1:]], [one for _, one in times[1:]])


# ── ours ──────────────────────────────────────────────────────────────────────────────────


def freezes_of(built: County, rounds: int) -> Freezes:
    """Freeze a year for its notice and correct it some times; the first only warms up."""
    community = built.community
    parts: dict[str, list[float]] = {name: [] for name in PARTS}
    whole, verify = [], []
    with transaction() as session:
        second = community.actor("organiser_too").login_id
        given = {"organisation_id": community.root_id, "from_on": SINCE}
        session.add(Role(login_id=second, role="organiser", **given))
    save(community, PLAIN)
    for number in range(rounds + 1):
        freeze_id = ask(community, "correction" if number else "notice")
        with _each_part(parts):
            whole.append(_timed(partial(confirm, community, freeze_id)))
        with snapshot() as session:
            made = find_snapshot(session, number + 1)
            assert made is not None
            verify.append(_timed(partial(_holds, session, made)))
    rows = _rows(built.url)
    return Freezes(whole[1:], {name: each[1:] for name, each in parts.items()}, verify[1:], rows)


def _holds(session: Any, made: Any) -> None:
    assert verified(session, made).holds


@contextmanager
def _each_part(parts: dict[str, list[float]]) -> Iterator[None]:
    """Let the functions of each part tell how long they took."""
    kept = {name: getattr(freezing, name) for names in PARTS.values() for name in names}
    spent = dict.fromkeys(parts, 0.0)

    def telling(part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def told(*given: Any, **more: Any) -> Any:
            begun = time.perf_counter()
            try:
                return work(*given, **more)
            finally:
                spent[part] += time.perf_counter() - begun

        return told

    for part, names in PARTS.items():
        for name in names:
            setattr(freezing, name, telling(part, kept[name]))
    try:
        yield
    finally:
        for name, work in kept.items():
            setattr(freezing, name, work)
        for part, seconds in spent.items():
            parts[part].append(seconds)


def _rows(url: str) -> int:
    with raw_connection(url) as connection:
        query = "SELECT count(*) FROM ranking_rows WHERE snapshot_id = 1"
        return int(connection.execute(query).fetchone()[0])


def _timed(work: Callable[[], Any]) -> float:
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


# ── what is printed ───────────────────────────────────────────────────────────────────────


def freeze_at_size(ground: Ground, *, people: int, records: int, rounds: int = ROUNDS) -> None:
    """Print what freezing a county takes, and each part of it, beside the plain SQL."""
    built = build(ground, people, records)
    county.seal_last(built.url, records)
    with on(built.url):
        ours = freezes_of(built, rounds)
    with raw_connection(built.url) as connection:
        plain = plain_of(connection, rounds)
    ground.drop(built.url)
    title = f"{built.engine}, {people:,} people frozen in {ours.rows:,} rows"
    print(f"{title:52} {'ours':>9} {'plain SQL':>11} {'times as long':>14}")
    parts = ours.parts
    _print("freeze, beside ranking and writing from the totals", ours.whole, plain.totals)
    both = [a + b for a, b in zip(plain.totals, plain.records, strict=True)]
    _print("freeze, beside both: writing, counting the records", ours.whole, both)
    _print("its copy of the places, beside the same", parts[COPY], plain.totals)
    _print("its proof, beside counting the records", parts[PROOF], plain.records)
    print(f"  {READ:50} {statistics.median(parts[READ]):>7.2f} s")
    ratios = [a / b for a, b in zip(ours.whole, plain.totals, strict=True)]
    name = f"{built.engine}: freeze of {records:,} records beside plain SQL"
    judge(name, statistics.median(ratios), 1.5, is_most=True)
    proofs = [a / b for a, b in zip(parts[PROOF], plain.records, strict=True)]
    judge(f"{name}, its proof", statistics.median(proofs), 1.5, is_most=True)
    _print("rank --verify, beside counting the records", ours.verify, plain.records)


def _print(name: str, ours: list[float], plain: list[float]) -> None:
    ratios = sorted(a / b for a, b in zip(ours, plain, strict=True))
    each = f"{statistics.median(ours):>7.2f} s {statistics.median(plain):>9.2f} s"
    spread = f"{statistics.median(ratios):.2f}× ({ratios[0]:.2f}–{ratios[-1]:.2f})"
    print(f"  {name:50} {each} {spread:>20}", flush=True)
