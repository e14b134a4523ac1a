"""A primary and its streaming standby, real processes of one PostgreSQL each, for failing over.

Every commit waits until the standby has it on its disk (synchronous_commit=on): whoever was
answered is safe. `remote_apply` would wait until it can be read there too, which nobody does.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.postgres import (
    SUPERUSER,
    connect,
    init_cluster,
    reachable_binaries,
    run_as,
    start,
    stop,
    temporary_folder,
    unprivileged_account,
)
from tests.serving import children_of

DATABASE = "qicai"
PASSWORD = "of-a-server-that-lives-a-minute"
STANDBY = "standby"
WAIT_SECONDS = 60.0
SETTINGS = {
    "max_connections": "60",
    "scram_iterations": "1",
    "wal_level": "replica",
    "max_wal_senders": "6",
    "wal_keep_size": "256MB",
    "hot_standby": "on",
    "wal_retrieve_retry_interval": "100ms",
    "synchronous_commit": "on",
    "log_min_messages": "warning",
    # Processes are killed here, not machines: what they wrote is in the kernel's hands.
    "fsync": "off",
    "autovacuum": "off",
}


def address_of(*ports: int, database: str = DATABASE) -> str:
    """Return an address of one server or several, as an administrator writes it."""
    hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
    return f"postgresql://{SUPERUSER}:{PASSWORD}@{hosts}/{database}"


class Gone(RuntimeError):
    """What was waited for did not come."""


@dataclass
class Node:
    """One server: where its data lie, and the process while it runs."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return connect(address_of(self.port, database=database))

    def say(self, query: str) -> object:
        """Execute one statement and return the first value, if there is any."""
        with self.connect() as connection:
            found = connection.execute(query.encode())
            row = found.fetchone() if found.description else None
            return row[0] if row else None


class Pair:
    """A primary and a standby, which may change places."""

    def __init__(self, template: Path, cleanup: ExitStack) -> None:
        self.account = unprivileged_account()
        self.cleanup = cleanup
        self.binaries = reachable_binaries(cleanup, self.account)
        home = self._folder()
        _owned_copy(template, home / "data", self.account)
        self.primary = self._started(home)
        self.standby = self._standby_of(self.primary)

    @property
    def url(self) -> str:
        """Return the address as an administrator writes it: both hosts, whichever takes writes."""
        return address_of(*sorted(self.ports))

    @property
    def ports(self) -> tuple[int, int]:
        return self.primary.port, self.standby.port

    def wait_for_standby(self) -> None:
        """Acknowledge nothing from here on that the standby does not have."""
        self.primary.say(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
        self.primary.say("SELECT pg_reload_conf()")
        asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        wait_until(lambda: self.primary.say(asked) == 1, "the standby is not synchronous")

    def cut_standby_off(self) -> None:
        """Let the standby hear nothing more, and nobody wait for it."""
        self.primary.say("ALTER SYSTEM RESET synchronous_standby_names")
        self.primary.say("SELECT pg_reload_conf()")
        wait_until(
            lambda: self.primary.say("SHOW synchronous_standby_names") == "", "still waited for"
        )
        self.standby.say("ALTER SYSTEM SET primary_conninfo = ''")
        self.standby.say("SELECT pg_reload_conf()")
        asked = "SELECT count(*) FROM pg_stat_replication"
        wait_until(lambda: self.primary.say(asked) == 0, "the standby still listens")

    def kill_primary(self) -> None:
        """End the primary with all its processes at once, as a machine without power does."""
        server = self.primary.process.pid
        for pid in (server, *children_of(server)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.primary.process.wait()

    def promote(self) -> None:
        """Make the standby the primary; it waits for nobody until it has a standby of its own."""
        self._run("pg_ctl", "promote", "--wait", f"--pgdata={self.standby.home / 'data'}")
        self.primary, self.standby = self.standby, self.primary

    def rejoin(self) -> None:
        """Bring the dead server back as the standby, under its address, from a fresh copy."""
        dead = self.standby
        shutil.rmtree(dead.home / "data")
        self.standby = self._standby_of(self.primary, dead.home, dead.port)

    def _standby_of(self, primary: Node, home: Path | None = None, port: int | None = None) -> Node:
        home = home or self._folder()
        where = f"host=127.0.0.1 port={primary.port} user={SUPERUSER} password='{PASSWORD}'"
        self._run(
            "pg_basebackup",
            f"--dbname={where} application_name={STANDBY}",
            f"--pgdata={home / 'data'}",
            *("--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
        )
        # What the primary asks of its standby is copied along.
        settings = SETTINGS | {"synchronous_standby_names": ""}
        return self._started(home, settings, port)

    def _started(
        self, home: Path, settings: dict[str, str] = SETTINGS, port: int | None = None
    ) -> Node:
        # What ALTER SYSTEM says must win over what was said here, so it is said in the file.
        (home / "data" / "postgresql.conf").write_text(
            "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        )
        process, port = start(self.binaries, home, {}, self.account, PASSWORD, port)
        self.cleanup.callback(stop, process)
        return Node(home, port, process)

    def _folder(self) -> Path:
        return temporary_folder(self.cleanup, self.account, None)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self.binaries / "bin" / program, *arguments],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            **run_as(self.account),
        )


@contextmanager
def pair_of(template: Path) -> Iterator[Pair]:
    """Lend a primary and a standby that begin as a stopped server's data folder."""
    with ExitStack() as cleanup:
        yield Pair(template, cleanup)


def fill_cluster(kept: Path, fill: Callable[[str], None]) -> None:
    """Leave in a new folder the data of a server that was filled and stopped."""
    with ExitStack() as cleanup:
        account = unprivileged_account()
        binaries = reachable_binaries(cleanup, account)
        home = temporary_folder(cleanup, account, None)
        init_cluster(binaries, home, PASSWORD, account)
        process, port = start(binaries, home, {"fsync": "off"}, account, PASSWORD)
        cleanup.callback(stop, process)
        node = Node(home, port, process)
        node.say(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
        fill(address_of(port))
        stop(process)
        shutil.copytree(home / "data", kept)


def wait_until(is_so: Callable[[], bool], else_say: str) -> None:
    """Wait for a condition, and say what did not come where it never holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            if is_so():
                return
        time.sleep(0.05)
    raise Gone(else_say)


def _owned_copy(source: Path, target: Path, account: pwd.struct_passwd | None) -> None:
    shutil.copytree(source, target)
    for path in (target, *target.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        if account:
            os.chown(path, account.pw_uid, account.pw_gid)
