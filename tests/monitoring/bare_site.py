"""A site that says which process answers, for looking at the server itself."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any


def app(_environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
