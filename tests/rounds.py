"""How often a test tries: `make torture` tries QICAI_TORTURE times as often as `./test`."""

from __future__ import annotations

import os


def rounds(short: int) -> int:
    """Return how often, where the short form tries so often."""
    return short * int(os.environ.get("QICAI_TORTURE", "1"))
