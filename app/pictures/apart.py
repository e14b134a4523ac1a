"""Draw a picture in a process of its own: whatever the file does there, here it is one sentence.

The file goes to the child's standard input, a line of figures and the two sizes come back. The
child may use so much memory and time and no more, opens no file and starts no program.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from dataclasses import asdict
from json import dumps, loads
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from app.pictures.rules import (
    REFUSALS,
    Bounds,
    BrokenPicture,
    Face,
    Kind,
    PictureTooHeavy,
    Shrunk,
    TooManyPixels,
    check_scans,
    kind_of,
)

_APP = Path(__file__).resolve().parent.parent
# The package `app` without its __init__, which would build the whole application in the child.
_START = (
    "import sys, types; app = types.ModuleType('app'); app.__path__ = [sys.argv[1]];"
    "sys.modules['app'] = app; from app.pictures.child import main; main(sys.argv[2])"
)
# Many photos at once wait here rather than fill the memory together.
_ROOM = BoundedSemaphore(2)
DEFAULT_BOUNDS = Bounds()


def shrink_apart(content: bytes, bounds: Bounds = DEFAULT_BOUNDS) -> Shrunk:
    """Return the picture in a file upright, without metadata, in two sizes, or refuse it."""
    kind = kind_of(content)
    check_scans(content, kind)
    with _ROOM:
        answer = _ask_child(content, kind, bounds)
    head, _, rest = answer.partition(b"\n")
    try:
        said = loads(head)
        if "refused" not in said:
            return _shrunk(said, rest)
    except (ValueError, TypeError, KeyError, RecursionError):  # no answer of a sound child
        raise PictureTooHeavy from None
    if said["refused"] == "vast":
        raise TooManyPixels(said["width"], said["height"])
    raise REFUSALS.get(said["refused"], BrokenPicture)


def _shrunk(said: dict[str, Any], rest: bytes) -> Shrunk:
    faces = []
    for width, height, length in said["faces"]:
        content, rest = rest[:length], rest[length:]
        if len(content) != length or content[:4] != b"RIFF" or content[8:12] != b"WEBP":
            raise ValueError("cut off")
        faces.append(Face(int(width), int(height), content))
    large, small = faces
    return Shrunk(str(said["sha256"]), large, small)


def _ask_child(content: bytes, kind: Kind, bounds: Bounds) -> bytes:
    asked = dumps({"kind": kind, "bounds": asdict(bounds)})
    child = subprocess.Popen(
        [sys.executable, "-I", "-c", _START, str(_APP), asked],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # No settings, no secrets; and no shared library path is needed by a wheel.
        env={"LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **_needed()},
        close_fds=True,
        start_new_session=True,
    )
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            answer, _nothing = child.communicate(content, timeout=bounds.wall_seconds)
            # A sound child never says more: two small pictures.
            return answer[: bounds.answer_bytes]
        return b""
    finally:
        child.kill()
        for stream in (child.stdin, child.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        child.wait()


def _needed() -> dict[str, str]:
    # Windows cannot start a program without it.
    return {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
