"""Read a sheet in a process of its own: whatever the file does there, here it is one sentence.

The file goes to the child's standard input, rows come back some a line (app/sheets/lines.py). The
child may use so much memory and time and no more, opens no file and starts no program.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from json import dumps
from pathlib import Path
from typing import IO

from app.sheets.cells import Cell, Sheet
from app.sheets.limits import MEGABYTE, Limits
from app.sheets.lines import Head, read_head, read_rows
from app.sheets.reading import DEFAULT_LIMITS, content_of
from app.sheets.refusals import SheetTooHeavy, SheetUnreadable

_APP = Path(__file__).resolve().parent.parent
# The package `app` without its __init__, which would build the whole application in the child.
_START = (
    "import sys, types; app = types.ModuleType('app'); app.__path__ = [sys.argv[1]];"
    "sys.modules['app'] = app; from app.sheets.child import main; main(sys.argv[2])"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the child may use."""

    memory_bytes: int = 2000 * MEGABYTE  # of address space; what is really used is far less
    cpu_seconds: int = 60
    wall_seconds: int = 120
    answer_bytes: int = 400 * MEGABYTE


DEFAULT_BOUNDS = Bounds()


def read_sheet_apart(
    source: Path | bytes,
    filename: str,
    limits: Limits = DEFAULT_LIMITS,
    bounds: Bounds = DEFAULT_BOUNDS,
) -> Sheet:
    """Return what read_sheet returns, or raise what it raises; SheetTooHeavy beyond the bounds."""
    content = content_of(source, filename, limits)
    try:
        with _child(filename, limits, bounds) as child:
            rows, head = _answer(child, content, filename, bounds)
    except (ValueError, TypeError, KeyError, RecursionError):  # no answer of a sound child
        raise SheetUnreadable(file=filename) from None
    if head is None or len(rows) != head.rows:
        raise SheetTooHeavy(file=filename)
    return Sheet(name=head.name, rows=rows)


def _answer(
    child: subprocess.Popen[bytes], content: bytes, filename: str, bounds: Bounds
) -> tuple[list[list[Cell]], Head | None]:
    assert child.stdin is not None
    assert child.stdout is not None
    with contextlib.suppress(BrokenPipeError):  # it died over the first bytes
        child.stdin.write(content)
        child.stdin.close()
    head: Head | None = None
    rows: list[list[Cell]] = []
    texts: dict[str, str] = {}
    for line in _bounded(child.stdout, bounds.answer_bytes):
        if head is None:
            head = read_head(line, filename)
        else:
            rows += read_rows(line, texts)
    return rows, head


def _bounded(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """Yield the lines of a stream, until they are more than a sheet can be."""
    left = most
    while line := stream.readline(left):
        left -= len(line)
        if left <= 0 or not line.endswith(b"\n"):
            return
        yield line


@contextmanager
def _child(filename: str, limits: Limits, bounds: Bounds) -> Iterator[subprocess.Popen[bytes]]:
    asked = dumps({"file": filename, "limits": asdict(limits), "bounds": asdict(bounds)})
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", _START, str(_APP), asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # No settings, no secrets; and no shared library path is needed by a wheel.
        env={"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **_needed()},
        close_fds=True,
        start_new_session=True,
        bufsize=MEGABYTE // 4,
    )
    watch = threading.Timer(bounds.wall_seconds, child.kill)
    watch.daemon = True
    watch.start()
    try:
        yield child
    finally:
        watch.cancel()
        child.kill()
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        child.wait()


def _needed() -> dict[str, str]:
    # Windows cannot start a program without it.
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
