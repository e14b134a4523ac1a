"""The bank's production server, with places to die at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import LiveServer, serving
from tests.torture.bank import Bank


@contextmanager
def served(bank: Bank, folder: Path, *, workers: int, journal: str = "") -> Iterator[LiveServer]:
    """Serve by so many processes; each that dies is begun anew at once."""
    options = ["--workers", str(workers), "--blocking-threads", "2", "--workers-kill-timeout", "2"]
    options += ["--respawn-failed-workers", "--respawn-interval", "0.1"]
    named = {"TORTURE_FOLDER": str(folder), "TORTURE_JOURNAL": journal}
    with serving(
        bank.url,
        folder,
        target="tests.torture.deadly:app",
        program="tests.torture.granian",
        options=options,
        named=named,
    ) as server:
        yield server
