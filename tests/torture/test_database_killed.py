"""The database dies under load and comes back: what was answered stands, and stands once."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from app.db import db
from tests.conftest import MakeApp, _migrate
from tests.databases import Databases
from tests.rounds import rounds
from tests.torture import bank as banking
from tests.torture.bank import PLACES, Together, open_bank
from tests.torture.cluster import Cluster
from tests.torture.serving import served


@pytest.mark.parametrize("how", [signal.SIGQUIT, signal.SIGKILL])
def test_a_server_killed_under_load_comes_back_with_all_that_was_answered(
    make_app: MakeApp, tmp_path: Path, engine_name: str, how: signal.Signals
) -> None:
    if engine_name == "sqlite" or (how == signal.SIGQUIT and rounds(1) == 1):
        return  # SQLite has no server; its writers are killed below. The long form kills both ways.
    with Cluster() as cluster:
        cluster.server.create_database("bank")
        url = cluster.server.url("bank")
        _migrate(url)
        with make_app(DATABASE_URL=url).app_context():
            bank = open_bank(url)
            with served(bank, tmp_path, workers=2) as server:
                together = Together()
                for number in range(4):
                    chance = random.Random(number)
                    place = PLACES[number]
                    together.do(banking.write, bank, place, server.url, rounds(3), chance)
                _wait_for(bank, 2)
                cluster.kill(how)
                cluster.start()
                together.join()
            banking.check(bank)
            db.session.remove()
            db.engine.dispose()


def _wait_for(bank: banking.Bank, answers: int) -> None:
    deadline = time.monotonic() + 30
    while sum(map(len, bank.redeemed.values())) < answers:
        assert time.monotonic() < deadline, "nobody redeemed anything"
        time.sleep(0.01)


# Writes more than its cache holds, so that the file itself is half changed, and waits for its end.
_HALF = """
import sqlite3, sys, time
file = sqlite3.connect(sys.argv[1], isolation_level=None)
file.execute(f"PRAGMA journal_mode={sys.argv[2]}")
file.execute("PRAGMA synchronous=EXTRA")
file.execute("PRAGMA cache_size=2")
file.execute("CREATE TABLE IF NOT EXISTS waste (word TEXT)")
file.execute("BEGIN IMMEDIATE")
file.execute("UPDATE accounts SET balance = 7 WHERE balance IS NULL OR holder_id IS NOT NULL")
file.executemany("INSERT INTO waste VALUES (?)", [("x" * 4000,)] * 500)
print("half", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_writer_of_a_file_killed_midway_left_nothing(
    databases: Databases, tmp_path: Path, engine_name: str, journal: str
) -> None:
    if engine_name == "postgresql":
        return  # There the server is killed, above.
    with databases.migrated() as url:
        path = url.removeprefix("sqlite:///")
        before, size = banking.audited(url), Path(path).stat().st_size * (journal == "delete")
        writer = subprocess.Popen(
            [sys.executable, "-c", _HALF, path, journal], stdout=subprocess.PIPE
        )
        with writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"half\n"
            grown = Path(path if journal == "delete" else f"{path}-wal").stat().st_size
            writer.kill()
        assert grown > size + 1_000_000, "nothing had been written yet"
        assert Path(f"{path}-{'journal' if journal == 'delete' else 'wal'}").exists()
        with closing(sqlite3.connect(path)) as file:
            assert file.execute("SELECT count(*) FROM waste").fetchone() == (0,)
            file.execute("DROP TABLE waste")
            file.execute("PRAGMA journal_mode=DELETE")
        assert banking.audited(url) == before
