"""A lock whose holder may come back at once, as long as nobody has waited long for it."""

from __future__ import annotations

import time
from collections import deque
from threading import Event, Lock, get_ident

# Handing over at each release would let the lock lie idle until the next one runs; a plain lock
# is handed over by nobody, and of eight who write without a pause one may wait half a second.
LONG_SECONDS = 0.05


class Turns:
    """A re-entrant lock within one process: who has waited long goes before who comes."""

    def __init__(self) -> None:
        self._mutex = Lock()
        self._owner: int | None = None
        self._depth = 0
        # In the order they came: what wakes each, and since when they wait.
        self._waiting: deque[tuple[Event, float]] = deque()

    def acquire(self) -> None:
        """Take the lock, or take it once more."""
        me = get_ident()
        with self._mutex:
            if self._owner == me or self._is_open():
                self._take(me)
                return
            woken = Event()
            self._waiting.append((woken, time.monotonic()))
        try:
            while True:
                woken.wait()
                with self._mutex:
                    woken.clear()
                    if self._owner is None:
                        self._waiting.popleft()
                        self._take(me)
                        return
        except BaseException:
            # A signal may end the wait: whoever stands behind must not wait for who is gone.
            with self._mutex:
                self._waiting = deque(each for each in self._waiting if each[0] is not woken)
                self._wake()
            raise

    def release(self) -> None:
        """Give it back; the first who waits looks whether it is still there."""
        with self._mutex:
            self._depth -= 1
            if self._depth == 0:
                self._owner = None
                self._wake()

    def _is_open(self) -> bool:
        if self._owner is not None:
            return False
        return not self._waiting or time.monotonic() - self._waiting[0][1] < LONG_SECONDS

    def _wake(self) -> None:
        if self._owner is None and self._waiting:
            self._waiting[0][0].set()

    def _take(self, me: int) -> None:
        self._owner = me
        self._depth += 1
