"""What a page shows of very many rows: made at each visit where that is cheap, else kept a minute.

For sums above a list, never for what somebody has or where they stand.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar, cast

from flask import current_app

DEAR_SECONDS = 0.02
KEPT_SECONDS = 60.0
# Far more than anybody looks at in a minute.
MOST_KEPT = 500
EXTENSION = "qicai_kept"

Made = TypeVar("Made")


class _Kept(NamedTuple):
    made: Any
    until: float


class _Shelf:
    """What was dear to make, in this process."""

    def __init__(self) -> None:
        self.kept: dict[Hashable, _Kept] = {}
        self.lock = threading.Lock()


def kept_if_dear(key: Hashable, make: Callable[[], Made]) -> Made:
    """Return what `make` makes; if that took long, the same for the next minute."""
    shelf: _Shelf = current_app.extensions.setdefault(EXTENSION, _Shelf())
    kept = shelf.kept.get(key)
    if kept is None:
        return _make(shelf, key, make)
    # Of many readers one makes it anew; the others do not wait for it.
    if time.monotonic() < kept.until or not shelf.lock.acquire(blocking=False):
        return cast(Made, kept.made)
    try:
        return _make(shelf, key, make)
    finally:
        shelf.lock.release()


def _make(shelf: _Shelf, key: Hashable, make: Callable[[], Made]) -> Made:
    begun = time.monotonic()
    made = make()
    ended = time.monotonic()
    if ended - begun > DEAR_SECONDS:
        if len(shelf.kept) >= MOST_KEPT:
            shelf.kept.clear()
        shelf.kept[key] = _Kept(made, ended + KEPT_SECONDS)
    else:
        shelf.kept.pop(key, None)
    return made
