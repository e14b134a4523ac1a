"""What is measured: posting in bulk, a day of 200, one record alone, the passbook page."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from app.db import db, transaction
from app.service.operations import Line, carry_out, log_day, new_batch, plan_lines
from bench import raw
from bench.grounds import FIRST_OF_THE_YEAR, Ground, on
from tests.service.community import NOW, Community

CONTENTS = ("楼道清洁", "夜间值守", "上门走访")


class Round(NamedTuple):
    """Seconds of one pair: ours, and the raw driver writing the same rows."""

    ours: float
    raw: float

    @property
    def ratio(self) -> float:
        """Our speed as a share of the raw driver's."""
        return self.raw / self.ours


def bulk_of(ground: Ground, community: Community, *, records: int, rounds: int) -> list[Round]:
    """Post many records at once: judged, written, awarded, totalled and trailed in one commit."""
    people = community.volunteers[8:]
    lines = [
        Line(
            volunteer_id=people[i % len(people)],
            team_id=(community.red_id, community.green_id)[i % 2],
            service_on=FIRST_OF_THE_YEAR + timedelta(days=(i // len(people)) * 7),
            minutes=30 + (i * 7) % 150,
            content=CONTENTS[i % 3],
        )
        for i in range(records)
    ]
    return [pair(ground, lambda: _import_at_once(community, lines)) for _ in range(rounds)]


def day_of(ground: Ground, community: Community, *, people: int, rounds: int) -> list[Round]:
    """Log one service day of many people, as the leader's page does."""
    found: list[Round] = []
    for _ in range(rounds):
        lines = [community.line(8 + i, minutes=150) for i in range(people)]
        found.append(pair(ground, lambda lines=lines: log(community, lines, "day")))  # type: ignore[misc]
    return found


def one_alone(ground: Ground, community: Community, *, times: int, rounds: int) -> list[Round]:
    """Log records one by one, each with a commit of its own."""

    def ours(number: int) -> None:
        log(community, [community.line(8 + number, minutes=90)], f"one-{number}")

    return [_many_pairs(ground, ours, times) for _ in range(rounds)]


def _import_at_once(community: Community, lines: list[Line]) -> None:
    actor = community.actor("organiser")
    with transaction() as session:
        plan = plan_lines(
            session, lines, actor=actor, enters_as="organiser", evidence="imported", now=NOW
        )
        batch_id = new_batch(
            session,
            kind="service",
            organisation_id=community.root_id,
            actor_id=actor.login_id,
            now=NOW,
            rows=len(lines),
            created=plan.created,
        )
        carry_out(session, plan, actor=actor, now=NOW, batch_id=batch_id, key=None)
        assert plan.created == len(lines), plan.outcomes[:3]


def log(community: Community, lines: list[Line], key: str) -> None:
    """Log lines of one date as the organiser's page does."""
    with transaction() as session:
        result = log_day(
            session,
            actor=community.actor("organiser"),
            team_id=community.red_id,
            service_on=lines[0].service_on,
            lines=lines,
            now=NOW,
            key=key,
            enters_as="organiser",
        )
    assert all(outcome.status == "approved" for outcome in result.outcomes), result.outcomes[:3]


def pair(ground: Ground, operate: Callable[[], None]) -> Round:
    """Time an operation on one copy, then the raw driver writing its rows on another."""
    mine, theirs = ground.fresh(), ground.fresh()
    with raw_connection(mine) as connection:
        marks = raw.marks_of(connection)
    with on(mine):
        _warm_up()
        ours = _timed(operate)
    with raw_connection(mine) as connection:
        written = raw.written_since(connection, marks)
    with raw_connection(theirs) as connection:
        floor = _timed(lambda: raw.replay(connection, written))
    return Round(ours, floor)


def _many_pairs(ground: Ground, operate: Callable[[int], None], times: int) -> Round:
    mine, theirs = ground.fresh(), ground.fresh()
    written: list[raw.Written] = []
    ours = 0.0
    with on(mine), raw_connection(mine) as reader:
        _warm_up()
        operate(times)
        for number in range(times):
            marks = raw.marks_of(reader)
            ours += _timed(lambda number=number: operate(number))  # type: ignore[misc]
            written.append(raw.written_since(reader, marks))
    # Between two of theirs the same is read as between two of ours: neither runs on warmer caches.
    with raw_connection(theirs) as connection, raw_connection(theirs) as reader:
        raw.replay(connection, written[0])
        floor = 0.0
        for each in written[1:]:
            marks = raw.marks_of(reader)
            floor += _timed(lambda each=each: raw.replay(connection, each))  # type: ignore[misc]
            raw.written_since(reader, marks)
    return Round(ours / times, floor / (times - 1))


def _warm_up() -> None:
    """Connect and compile before the clock runs."""
    session = db.session()
    session.connection().exec_driver_sql("SELECT 1")
    session.rollback()


def _timed(work: Callable[[], Any]) -> float:
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def raw_connection(url: str) -> Iterator[Any]:
    """Open a bare connection and close it."""
    connection = raw.connect(url)
    try:
        yield connection
    finally:
        connection.close()


def highest_kilobytes(process: int | str = "self") -> int:
    """Return the most memory that a process held so far; 0 where it cannot be read.

    Its usage would not do: that begins with what the process it was forked from held.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
