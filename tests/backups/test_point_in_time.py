"""PostgreSQL to the minute: a base backup, the archived log, and the books as of an instant.

The steps are those of docs/operations.md, done with the same programs.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.audit.reading import open_reading
from app.audit.report import Report, audit
from app.db import db
from tests import postgres
from tests.backups.conftest import let_go
from tests.conftest import MakeApp, _migrate
from tests.service.community import make_community

ARCHIVING = {
    "wal_level": "replica",
    "max_wal_senders": "4",
    "archive_mode": "on",
    "archive_command": "test ! -f {archive}/%f && cp %p {archive}/%f",
}
QUICK = {"max_connections": "60", "scram_iterations": "1", "fsync": "off", "autovacuum": "off"}


@dataclass
class Ground:
    """Folders of the server's account, and how to run its programs."""

    home: Path
    binaries: Path
    account: Any
    password: str = "secret"

    def folder(self, name: str) -> Path:
        made = self.home / name
        made.mkdir(mode=0o700)
        if self.account:
            os.chown(made, self.account.pw_uid, self.account.pw_gid)
        return made

    def run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self.binaries / "bin" / program, *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, "PGPASSWORD": self.password},
            **postgres.run_as(self.account),
        )
        assert done.returncode == 0, done.stderr

    @contextmanager
    def served(self, home: Path, settings: dict[str, str]) -> Iterator[postgres.Server]:
        process, port = postgres.start(
            self.binaries, home, QUICK | settings, self.account, self.password
        )
        try:
            yield postgres.Server(port, self.password)
        finally:
            postgres.stop(process)


@pytest.fixture
def ground() -> Iterator[Ground]:
    account = postgres.unprivileged_account()
    with ExitStack() as cleanup:
        home = postgres.temporary_folder(cleanup, account, postgres.memory_folder())
        yield Ground(home, postgres.reachable_binaries(cleanup, account), account)


def test_the_books_come_back_as_of_an_instant(
    ground: Ground, make_app: MakeApp, engine_name: str
) -> None:
    if engine_name != "postgresql":
        return
    first, archive = ground.folder("first"), ground.folder("archive")
    postgres.init_cluster(ground.binaries, first, ground.password, ground.account)
    archiving = {key: value.format(archive=archive) for key, value in ARCHIVING.items()}
    with ground.served(first, archiving) as server:
        wanted, instant = live_through_a_mistake(ground, server, make_app)
        let_everything_be_archived(server, archive)
    recover_to(ground, instant, archive)
    with ground.served(ground.home / "second", {}) as server:
        wait_until_it_serves(server)
        found = audited(server.url("qicai"))
        assert found.is_clean
        assert found.digest == wanted.digest
        write_on(make_app, server)


def live_through_a_mistake(
    ground: Ground, server: postgres.Server, make_app: MakeApp
) -> tuple[Report, str]:
    """Found books, make the base backup, post, note an instant, and post what is a mistake."""
    server.create_database("qicai")
    _migrate(server.url("qicai"))
    app = make_app(DATABASE_URL=server.url("qicai"))
    with app.app_context():
        village = make_community(db.session())
        village.logged(village.line(1))
        let_go()
        second = ground.folder("second") / "data"
        address = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        ground.run(
            "pg_basebackup", f"--pgdata={second}", f"--dbname={address}", "--checkpoint=fast",
            "--wal-method=stream",
        )  # fmt: skip
        ground.run("pg_verifybackup", second)
        village.logged(village.line(2))
        wanted = audited(server.url("qicai"))
        with postgres.connect(server.url("qicai")) as connection:
            instant = str(connection.execute("SELECT clock_timestamp()").fetchone()[0])  # type: ignore[index]
        village.logged(village.line(3))
        village.logged(village.line(4))
        let_go()
        assert audited(server.url("qicai")).digest != wanted.digest
    return wanted, instant


def let_everything_be_archived(server: postgres.Server, archive: Path) -> None:
    with postgres.connect(server.url()) as connection:
        query = "SELECT pg_walfile_name(pg_switch_wal())"
        last = str(connection.execute(query).fetchone()[0])  # type: ignore[index]
        # A switch right after another names the file that is to come.
        connection.execute("CHECKPOINT")
        until(lambda: (archive / last).exists())


def recover_to(ground: Ground, instant: str, archive: Path) -> None:
    data = ground.home / "second" / "data"
    with (data / "postgresql.auto.conf").open("a") as settings:
        settings.write(
            f"restore_command = 'cp {archive}/%f %p'\n"
            f"recovery_target_time = '{instant}'\n"
            "recovery_target_action = 'promote'\n"
        )
    signal = data / "recovery.signal"
    signal.touch()
    if ground.account:
        os.chown(signal, ground.account.pw_uid, ground.account.pw_gid)


def wait_until_it_serves(server: postgres.Server) -> None:
    def serves() -> bool:
        with postgres.connect(server.url()) as connection:
            return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)

    until(serves)


def write_on(make_app: MakeApp, server: postgres.Server) -> None:
    """Post into the recovered books: ids and instants go on."""
    with make_app(DATABASE_URL=server.url("qicai")).app_context():
        village = make_community(db.session(), code="ZW")
        village.logged(village.line(1))
        let_go()
    assert audited(server.url("qicai")).is_clean


def audited(url: str) -> Report:
    with open_reading(url) as reading:
        return audit(reading)


def until(is_so: Any) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
