"""What a check-in and a record take of a processor and of a disk: the figures docs/scale.md is
reckoned from. Two web hosts on one PostgreSQL, as several machines would have it.

Processor time hardly depends on what else runs, so it is told as it is, beside no other program's.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from bench.check_in import AT_ONCE, WARM_UP, ours, prepare
from bench.grounds import FIRST_OF_THE_YEAR, Ground, on
from bench.measures import log, raw_connection
from bench.phones import Visit, come
from bench.seats import Guest
from bench.verdicts import tell
from tests.service.community import Community
from tests.serving import serving

PROC = Path("/proc")
HOSTS = ("east", "west")
ONE_WORKER = ("--no-ws", "--workers", "1", "--blocking-threads", "1")
CHECK_IN = ("check_ins", "trail", "operation_keys")
HUNDRED = 100
# docs/scale.md: so many check-ins a second on the 28th, on half of each core.
A_SECOND, USED = 2_800, 0.5


class Spent(NamedTuple):
    """Milliseconds of a processor for one check-in: of the web hosts, and of the database."""

    hosts: float
    database: float


def cores_of(ground: Ground, community: Community, *, people: int, records: int) -> None:
    """Print what a check-in and a record take, and what 2,800 a second would."""
    if ground.engine != "postgresql" or not PROC.is_dir():
        print(f"{ground.engine}: several web hosts need PostgreSQL, and processors /proc")
        return
    url = ground.fresh()
    spent, rows = _check_in(url, community, people)
    ground.drop(url)
    _say("processor of the web hosts a check-in, in ms", spent.hosts)
    _say("processor of the database a check-in, in ms", spent.database)
    for table, size in rows.items():
        _say(f"bytes on disk a check-in, {table}", size)
    for name, each in zip(("web", "database"), spent, strict=True):
        _say(f"{name} cores for {A_SECOND:,} a second", A_SECOND * each / 1_000 / USED)
    url = ground.fresh()
    _say(
        "bytes on disk an approved record, logged by the hundred", _record(url, community, records)
    )
    ground.drop(url)


def _say(name: str, figure: float) -> None:
    print(f"postgresql: {name:56} {figure:9.1f}", flush=True)
    tell(f"postgresql: {name}", figure)


def _check_in(url: str, community: Community, people: int) -> tuple[Spent, dict[str, float]]:
    party = prepare(url, community, people + WARM_UP)
    with ExitStack() as cleanup, raw_connection(url) as connection:
        folders = [
            cleanup.enter_context(tempfile.TemporaryDirectory(prefix="qicai-bench-")) for _ in HOSTS
        ]
        hosts = [
            cleanup.enter_context(
                serving(url, Path(folder), options=ONE_WORKER, named={"WEB_HOSTS": "2"})
            )
            for folder in folders
        ]
        # Whoever has an even number comes to the one, the others to the other.
        doors = [ours(party)(host.url) for host in hosts]
        come(party.guests[:WARM_UP], _by_turns(doors), at_once=AT_ONCE)
        (server,) = connection.execute("SELECT pg_backend_pid()").fetchone()
        postmaster = _parent(PROC / str(server))

        def spent() -> tuple[float, float]:
            return sum(map(_seconds_in, folders)), _seconds_below(postmaster)

        sizes, before = _sizes(connection, CHECK_IN), spent()
        _visits, seconds = come(party.guests[WARM_UP:], _by_turns(doors), at_once=AT_ONCE)
        used = [now - then for then, now in zip(before, spent(), strict=True)]
        grown = _sizes(connection, CHECK_IN)
        print(
            f"postgresql: {people:,} people checked in at two web hosts, {people / seconds:.0f} a "
            f"second (load {os.getloadavg()[0]:.1f})"
        )
    rows = {table: (grown[table] - sizes[table]) / people for table in CHECK_IN}
    return Spent(*(1_000 * each / people for each in used)), rows


def _by_turns(doors: Sequence[Callable[[Guest], Visit]]) -> Callable[[Guest], Visit]:
    return lambda guest: doors[guest.session_id % len(doors)](guest)


def _record(url: str, community: Community, records: int) -> float:
    """Return the bytes of a record with all that is written beside it, logged by the hundred."""
    people = community.volunteers[8 : 8 + HUNDRED]
    with on(url), raw_connection(url) as connection:
        (tables,) = zip(*connection.execute(_TABLES_SQL).fetchall(), strict=True)
        before = sum(_sizes(connection, tables).values())
        begun = time.perf_counter()
        for day in range(records // HUNDRED):
            served_on = FIRST_OF_THE_YEAR + timedelta(days=day)
            places = range(8, 8 + len(people))
            lines = [community.line(each, 60, service_on=served_on) for each in places]
            log(community, lines, f"day-{day}")
        seconds = time.perf_counter() - begun
        grown = sum(_sizes(connection, tables).values()) - before
    print(f"postgresql: {records / seconds:,.0f} records a second, logged by the hundred")
    return grown / records


_TABLES_SQL = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"


def _sizes(connection: object, tables: Sequence[str]) -> dict[str, int]:
    return {
        table: connection.execute(  # type: ignore[attr-defined]
            f"SELECT pg_total_relation_size('{table}')"
        ).fetchone()[0]
        for table in tables
    }


# ── processors ────────────────────────────────────────────────────────────────────────────


def _seconds_in(folder: str) -> float:
    """Return the seconds of every process that was started with this folder."""
    mark = f"INSTANCE_DIR={folder}".encode()

    def is_ours(process: Path) -> bool:
        try:
            return mark in (process / "environ").read_bytes()
        except OSError:
            # It ended meanwhile, or belongs to somebody else.
            return False

    return sum(_seconds(each, is_with_ended=False) for each in PROC.glob("[0-9]*") if is_ours(each))


def _seconds_below(pid: int) -> float:
    """Return the seconds of a server and its backends, those that ended included."""
    own = _seconds(PROC / str(pid), is_with_ended=True)
    return own + sum(_seconds(each, is_with_ended=False) for each in _children(pid))


def _children(pid: int) -> Iterator[Path]:
    for each in (PROC / str(pid) / "task" / str(pid) / "children").read_text().split():
        yield PROC / each


def _seconds(process: Path, *, is_with_ended: bool) -> float:
    try:
        fields = _stat(process)
    except OSError:
        return 0.0
    ticks = sum(map(int, fields[11 : 15 if is_with_ended else 13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _parent(process: Path) -> int:
    return int(_stat(process)[1])


def _stat(process: Path) -> list[str]:
    """Return the fields of /proc/PID/stat behind the program's name, which may hold anything."""
    return (process / "stat").read_text().rpartition(")")[2].split()
