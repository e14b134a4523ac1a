"""What locust's users do: ask for each page in turn, again and again, without a pause.

Run by the locust of its own environment; BENCH_SEATS names who asks, their cookie, and the path.
"""

from __future__ import annotations

import itertools
import json
import os

from locust import (  # type: ignore[import-not-found]
    FastHttpUser,
    constant,
    task,
)

SEATS = json.loads(os.environ["BENCH_SEATS"])
_places = itertools.count()


class Browser(FastHttpUser):  # type: ignore[misc]
    """One of several at the same time."""

    wait_time = constant(0)

    def on_start(self) -> None:
        """Begin at another page than the others do."""
        self._turn = itertools.cycle(SEATS)
        for _ in range(next(_places) * 3 % len(SEATS)):
            next(self._turn)

    @task  # type: ignore[untyped-decorator]
    def page(self) -> None:
        """Ask for the next page; whatever is not the page itself is a failure."""
        who, cookie, path = next(self._turn)
        headers = {"Cookie": cookie} if cookie else {}
        with self.client.get(
            path, name=f"{who} {path}", headers=headers, allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code != 200:
                answer.failure(f"answered {answer.status_code}")
