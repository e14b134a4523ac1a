"""The process that parses one file: limits first, then the file, then rows or a refusal."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from app.sheets.limits import Limits
from app.sheets.lines import refusal_line, sheet_lines
from app.sheets.reading import read_sheet
from app.sheets.refusals import SheetTooHeavy, SheetUnreadable

_NOT_A_FILE = 0


def main(asked_json: str) -> None:
    """Read standard input, answer on standard output."""
    asked = json.loads(asked_json)
    _bound(asked["bounds"])
    filename = asked["file"]
    out = sys.stdout.buffer
    try:
        sheet = read_sheet(sys.stdin.buffer.read(), filename, Limits(**asked["limits"]))
    except SheetUnreadable as refusal:
        out.write(refusal_line(refusal))
    except MemoryError:
        out.write(refusal_line(SheetTooHeavy(file=filename)))
    else:
        out.writelines(sheet_lines(sheet))
    out.flush()


def _bound(bounds: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        # If the machine itself runs short, it is this process that goes.
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        import resource
    except ImportError:  # Windows: bounded by time and by what was measured alone
        return
    cpu = bounds["cpu_seconds"]
    for what, least, most in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_AS, bounds["memory_bytes"], bounds["memory_bytes"]),
        # No file may be written, none opened beyond the modules that are still to be loaded.
        (resource.RLIMIT_FSIZE, _NOT_A_FILE, _NOT_A_FILE),
        (resource.RLIMIT_NOFILE, 16, 16),
    ):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (least, most))
