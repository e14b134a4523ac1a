"""A PostgreSQL of a test's own, durable, that may be killed and started again on its port."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import Popen, TimeoutExpired
from types import TracebackType
from typing import Self
from unittest import mock

from tests import postgres

PATIENCE_SECONDS = 30.0


class Cluster:
    """`with Cluster() as cluster`: `kill()` as by a power cut, `start()` after it."""

    def __init__(self) -> None:
        self._cleanup = ExitStack()
        self.process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.account = postgres.unprivileged_account()
        self.home: Path = postgres.temporary_folder(self._cleanup, self.account, None)
        self.binaries = postgres.reachable_binaries(self._cleanup, self.account)
        self.password = "throwaway"
        postgres.init_cluster(self.binaries, self.home, self.password, self.account)
        self.port = postgres.free_port()
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self.process is not None:
            postgres.stop(self.process)
        self._cleanup.close()

    @property
    def server(self) -> postgres.Server:
        return postgres.Server(self.port, self.password)

    def start(self) -> None:
        """Start, or come back: what the log holds is done first."""
        settings = postgres.COMMON_SETTINGS | postgres.DURABLE_SETTINGS
        with mock.patch.object(postgres, "free_port", return_value=self.port):
            self.process, _port = postgres.start(
                self.binaries, self.home, settings, self.account, self.password
            )

    def kill(self, how: signal.Signals) -> None:
        """SIGQUIT: every process drops what it does; SIGKILL: the first one cannot even say so."""
        assert self.process is not None
        children = _children(self.process.pid)
        self.process.send_signal(how)
        with suppress(TimeoutExpired):
            self.process.wait(PATIENCE_SECONDS)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(map(_lives, children)):
            assert time.monotonic() < deadline, "a process of the dead server lives on"
            time.sleep(0.02)


def _children(pid: int) -> list[int]:
    said = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(one) for one in said.split()]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return " Z " not in Path(f"/proc/{pid}/stat").read_text()
