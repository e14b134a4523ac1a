"""Phones that ask a server over HTTP, several at the same time, each with cookies of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from typing import NamedTuple, Self, TypeVar
from urllib.parse import urlencode, urlsplit

PATIENCE_SECONDS = 60
Guest = TypeVar("Guest")


class Answer(NamedTuple):
    """What a server said."""

    status: int
    location: str
    text: str


class Visit(NamedTuple):
    """Seconds of the last request of a visit, and of the whole of it."""

    confirmed: float
    whole: float


class Phone:
    """One connection, and a jar of cookies; to be closed."""

    def __init__(self, url: str, cookies: dict[str, str]) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)
        self._cookies = dict(cookies)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields))

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers = {"Cookie": cookies}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            self._cookies |= {name: each.value for name, each in SimpleCookie(line).items()}
        text = answer.read().decode()
        return Answer(answer.status, answer.headers.get("Location", ""), text)


def come(
    guests: Sequence[Guest], visit: Callable[[Guest], Visit], *, at_once: int
) -> tuple[list[Visit], float]:
    """Let guests visit, so many at the same time; return their visits and seconds for all."""
    with ThreadPoolExecutor(at_once) as crowd:
        begun = time.perf_counter()
        visits = list(crowd.map(visit, guests))
        return visits, time.perf_counter() - begun
