"""The production server and the browser that looks at it, for journeys and pictures."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests import postgres

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--no-first-run")
# Eight workers on a busy machine; it is only ever waited for in full when none comes.
LIVE_SECONDS = 120.0
SECRET = "a secret for tests only, 32 characters or more"
# Hashing a password costs a browser test nothing then.
CHEAP_HASHES = {"ARGON2_MEMORY_KIB": "8", "ARGON2_TIME_COST": "1"}


class ServerDown(RuntimeError):
    """The server did not answer; the message is what it said."""


class BrowserMissing(RuntimeError):
    """There is no browser; the message names the commands that mend it."""


class LiveServer:
    """The production server in a process of its own, on one database."""

    def __init__(self, url: str, log: Path) -> None:
        self.url = url
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def die(self) -> None:
        """End at once with all that it began, as a machine without power does."""
        assert self.process is not None
        for pid in (self.process.pid, *children_of(self.process.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def environment(database_url: str, folder: Path) -> dict[str, str]:
    """Return the environment of a server and of `flask` commands beside it."""
    own = {
        "FLASK_APP": "wsgi",
        "DATABASE_URL": database_url,
        "INSTANCE_DIR": str(folder / "instance"),
        "SECRET_KEY": SECRET,
    }
    return {**os.environ, **own, **CHEAP_HASHES}


@contextmanager
def serving(
    database_url: str,
    folder: Path,
    *,
    target: str = "wsgi:app",
    program: str = "granian",
    options: Sequence[str] = ("--workers", "1"),
    named: Mapping[str, str] = {},
    within: Sequence[str] = (),
) -> Iterator[LiveServer]:
    """Start the app as ./run does, on a free port and a migrated database.

    `within`: a command that ends by becoming the server, whose words follow.
    """
    port = postgres.free_port()
    server = LiveServer(f"http://127.0.0.1:{port}", folder / "server.log")
    command = [*within, sys.executable, "-m", program, "--interface", "wsgi", *options]
    command += ["--host", "127.0.0.1", "--port", str(port), target]
    own = {**environment(database_url, folder), **named}
    with server.log.open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=log, stderr=log)
    server.process = process
    try:
        _wait_until_it_answers(process, server)
        yield server
    finally:
        _end(process)


@contextmanager
def working(database_url: str, folder: Path, *, named: Mapping[str, str] = {}) -> Iterator[None]:
    """Work off jobs beside the server, as ./run lets somebody."""
    command = [sys.executable, "-m", "flask", "work"]
    own = {**environment(database_url, folder), **named}
    process = subprocess.Popen(command, cwd=ROOT, env=own, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        _end(process)


def run_flask(command: str, environment: Mapping[str, str]) -> None:
    """Run one `flask` command to its end."""
    subprocess.run(
        [sys.executable, "-m", "flask", command],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def children_of(pid: int) -> list[int]:
    """Return the processes that a process began."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait_until_it_answers(process: subprocess.Popen[bytes], server: LiveServer) -> None:
    deadline = time.monotonic() + LIVE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(server.url, timeout=5).close()
        except URLError as error:
            # An error page is an answer too; the journey will show which.
            if hasattr(error, "code"):
                return
            time.sleep(0.1)
        else:
            return
    raise ServerDown(f"The server did not start:\n{server.log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def browser_program() -> str | None:
    """Return the browser's path; None where Playwright has one of its own."""
    for name in (os.environ.get("QICAI_BROWSER", ""), *BROWSERS):
        if name and (found := shutil.which(name)):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).exists():
            return None
    raise BrowserMissing(
        "The browser for the journeys is missing. Install it:\n"
        "    apt-get install chromium fonts-noto-cjk libatomic1\n"
        "or  .venv/bin/python -m playwright install --with-deps chromium"
    )
