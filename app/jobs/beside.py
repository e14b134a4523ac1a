"""A process of its own beside the worker: no job waits for it, and it dies alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from app.config import ROOT

STOP_SECONDS = 10

Start = Callable[[], "subprocess.Popen[bytes]"]


def begin_flask(*words: str) -> subprocess.Popen[bytes]:
    """Begin a command of ours as the shell would, with our own settings."""
    command = (sys.executable, "-m", "flask", "--app", "wsgi", *words)
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)


class Beside:
    """Holds one process at most."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a process is under way."""
        return self._process is not None and self._process.poll() is None

    def begin(self) -> None:
        """Begin it; the one before has ended."""
        assert not self.is_running
        self._process = self._start()

    def take_end(self) -> int | None:
        """Return once how a process ended; below zero is the signal that killed it."""
        if self._process is None or self._process.poll() is None:
            return None
        code, self._process = self._process.returncode, None
        return code

    def stop(self) -> None:
        """Ask it to end in good order, and kill it where it does not."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
