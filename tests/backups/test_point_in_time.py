"""PostgreSQL to the minute: a base backup, the archived log, and the books as of an instant.

What docs/operations.md says is typed as it stands there; only the folders have other names.
"""

from __future__ import annotations

import os
import re
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
from app.config import ROOT
from app.db import db
from tests import postgres
from tests.backups.conftest import let_go
from tests.conftest import MakeApp, _migrate
from tests.service.community import make_community

SECTION = re.compile(r"^### 7\.6 .*?(?=^###)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"^(\w+) = (?:'(.*)'|(\w+)) *(?:#.*)?$", re.MULTILINE)
# A file of the log, whole or the part that was being written.
OF_THE_LOG = re.compile("[0-9A-F]{24}")
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

    @property
    def archive(self) -> Path:
        return self.home / "archive"

    @property
    def base(self) -> Path:
        """The one base backup there is."""
        [made] = (self.home / "base").iterdir()
        return made

    def written(self, place: int) -> str:
        """Return what stands in a block of the steps, with the folders of this test."""
        steps = SECTION.search((ROOT / "docs" / "operations.md").read_text("utf-8"))
        assert steps is not None
        said = BLOCK.findall(steps[0])[place]
        for there, here in (("/wal", self.archive), ("/base", self.home / "base")):
            said = re.sub(rf"(?<![\w.]){there}(?=/)", str(here), said)
        return said.replace("DATA", str(self.home / "second" / "data"))

    def type(self, lines: str, *, port: int = 0) -> None:
        """Type lines into a shell, as the account that keeps the server."""
        said = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "postgres"}
        path = f"{self.binaries / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run(
            ["sh", "-ec", lines],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={**os.environ, **said, "PGPASSWORD": self.password, "PATH": path},
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


@contextmanager
def archiving(ground: Ground) -> Iterator[postgres.Server]:
    """Serve a new cluster as step 1 says."""
    first = ground.folder("first")
    for name in ("archive", "base", "second"):
        ground.folder(name)
    postgres.init_cluster(ground.binaries, first, ground.password, ground.account)
    settings = {name: words or word for name, words, word in SETTING.findall(ground.written(0))}
    assert settings["archive_mode"] == "on"
    with ground.served(first, settings) as server:
        yield server


def test_the_books_come_back_as_of_an_instant(
    ground: Ground, make_app: MakeApp, engine_name: str
) -> None:
    if engine_name != "postgresql":
        return
    with archiving(ground) as server:
        kept, instant, lost = live_through_a_mistake(ground, server, make_app)
        let_everything_be_archived(server, ground.archive)
    recover(ground, instant)
    assert come_back(ground, make_app) == kept != lost


def test_what_the_dead_server_had_not_archived_yet_comes_back_too(
    ground: Ground, make_app: MakeApp, engine_name: str
) -> None:
    """Where its disk can still be read, all that was acknowledged does."""
    if engine_name != "postgresql":
        return
    with archiving(ground) as server:
        _kept, _instant, newest = live_through_a_mistake(ground, server, make_app)
    saved = save_newest_log(ground)
    recover(ground, None)
    assert come_back(ground, make_app) == newest
    assert saved, "all of it had been archived before"


def save_newest_log(ground: Ground) -> list[str]:
    """Copy what of the dead server's log is not in the archive, under its names."""
    newest = []
    for file in sorted((ground.home / "first" / "data" / "pg_wal").iterdir()):
        if OF_THE_LOG.fullmatch(file.name) and not (ground.archive / file.name).exists():
            ground.type(f"cp {file} {ground.archive}/{file.name}")
            newest.append(file.name)
    return newest


def come_back(ground: Ground, make_app: MakeApp) -> str:
    """Start the recovered server, write on in it, and return the digest it came back with."""
    with ground.served(ground.home / "second", {}) as server:
        wait_until_it_serves(server)
        found = audited(server.url("qicai"))
        assert found.is_clean
        write_on(make_app, server)
    return found.digest


def test_the_log_from_before_a_base_backup_may_go(
    ground: Ground, make_app: MakeApp, engine_name: str
) -> None:
    if engine_name != "postgresql":
        return
    with archiving(ground) as server:
        for _before in range(3):
            let_everything_be_archived(server, ground.archive)
        kept, instant, _lost = live_through_a_mistake(ground, server, make_app)
        let_everything_be_archived(server, ground.archive)
    before = set(ground.archive.iterdir())
    label = (ground.base / "backup_label").read_text()
    first = re.findall(r"^START WAL LOCATION: .*\(file (\w+)\)$", label, re.MULTILINE)[0]
    ground.type(f"pg_archivecleanup {ground.archive} {first}")
    assert before > set(ground.archive.iterdir())
    recover(ground, instant)
    assert come_back(ground, make_app) == kept


def live_through_a_mistake(
    ground: Ground, server: postgres.Server, make_app: MakeApp
) -> tuple[str, str, str]:
    """Found books, make the base backup, post, note an instant, and post what is a mistake.

    Return the digest at the instant, the instant, and the digest at the end.
    """
    server.create_database("qicai")
    _migrate(server.url("qicai"))
    app = make_app(DATABASE_URL=server.url("qicai"))
    with app.app_context():
        village = make_community(db.session())
        village.logged(village.line(1))
        let_go()
        make, verify = ground.written(1).splitlines()
        ground.type(make, port=server.port)
        # The day in the text is an example.
        ground.type(f"{verify.split()[0]} {ground.base}")
        village.logged(village.line(2))
        kept = audited(server.url("qicai")).digest
        with postgres.connect(server.url("qicai")) as connection:
            instant = str(connection.execute("SELECT clock_timestamp()").fetchone()[0])  # type: ignore[index]
        village.logged(village.line(3))
        village.logged(village.line(4))
        let_go()
    return kept, instant, audited(server.url("qicai")).digest


def let_everything_be_archived(server: postgres.Server, archive: Path) -> None:
    with postgres.connect(server.url()) as connection:
        query = "SELECT pg_walfile_name(pg_switch_wal())"
        last = str(connection.execute(query).fetchone()[0])  # type: ignore[index]
        # A switch right after another names the file that is to come.
        connection.execute("CHECKPOINT")
        until(lambda: (archive / last).exists())


def recover(ground: Ground, instant: str | None) -> None:
    """Take step 3; without an instant everything comes back."""
    steps, example = ground.written(2), r"recovery_target_time = '[^']*'\n"
    asked = f"recovery_target_time = '{instant}'\n" if instant else ""
    steps, found = re.subn(example, asked, steps)
    assert found == 1
    data = ground.home / "second" / "data"
    ground.type(f"cp -r {ground.base} {data} && chmod 0700 {data}\n{steps}")


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
