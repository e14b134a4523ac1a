"""The process that draws one picture: limits first, then the picture or a refusal."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from PIL import JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin

from app.pictures.drawing import Moves, Vast, shrink
from app.pictures.rules import Face, Shrunk

# Loaded before the limits, so that none of them has to be looked for behind these.
PLUGINS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)
_NOT_A_FILE = 0


def main(asked_json: str) -> None:
    """Read a picture from standard input, answer on standard output."""
    asked = json.loads(asked_json)
    _bound(asked["bounds"])
    out = sys.stdout.buffer
    for part in _answer(sys.stdin.buffer.read(), asked["kind"]):
        out.write(part)
    out.flush()


def _answer(content: bytes, kind: Any) -> list[bytes]:
    try:
        return _said(shrink(content, kind))
    except Moves:
        return [_line({"refused": "moving"})]
    except Vast as vast:
        return [_line({"refused": "vast", "width": vast.width, "height": vast.height})]
    except MemoryError:
        return [_line({"refused": "heavy"})]
    except Exception:  # whatever a decoder says of a damaged file
        return [_line({"refused": "broken"})]


def _said(shrunk: Shrunk) -> list[bytes]:
    faces = (shrunk.large, shrunk.small)
    head = {"sha256": shrunk.sha256, "faces": [_measures(face) for face in faces]}
    return [_line(head), *(face.content for face in faces)]


def _measures(face: Face) -> list[int]:
    return [face.width, face.height, len(face.content)]


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode() + b"\n"


def _bound(bounds: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        # If the machine itself runs short, it is this process that goes.
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        import resource
    except ImportError:  # Windows: bounded by time alone
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
