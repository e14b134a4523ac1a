"""People whose phone asks one web host after the other, and asks again until it is answered."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from itertools import cycle
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from bench.phones import Answer

FIELDS = ("csrf_token", "key", "volunteer", "quantity", "price", "version")
PATIENCE_SECONDS = 60
BETWEEN_SECONDS = 0.02
MADE = re.compile(r"/rewards/mine/(\d+)")


Connecting = Callable[[], HTTPConnection]


def straight_to(url: str) -> Connecting:
    """Return what makes a connection to a web host itself."""
    return lambda: HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)


class Acknowledged(NamedTuple):
    """A redemption that somebody was told of: its key, its number, and when they heard."""

    key: str
    redemption_id: int
    at: float


@dataclass
class Told:
    """What all writers were told, by thread-safe appends only."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)


class Browser:
    """One jar of cookies, and several hosts that take turns."""

    def __init__(self, connections: Sequence[Connecting], cookies: dict[str, str]) -> None:
        self._connections = cycle(connections)
        self._cookies = dict(cookies)

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        """Ask the host whose turn it is."""
        connection = next(self._connections)()
        headers = {
            "Referer": f"https://{connection.host}{path}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()),
            "Content-Type": "application/x-www-form-urlencoded",
            "Sec-Fetch-Site": "same-origin",
        }
        try:
            connection.request(method, path, urlencode(fields or {}), headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                found = SimpleCookie(line)
                self._cookies |= {name: each.value for name, each in found.items()}
            said = answer.read().decode()
            return Answer(answer.status, answer.headers.get("Location", ""), said)
        finally:
            connection.close()


class Writer:
    """Redeems one piece after the other; each is sent again with its key until it is answered."""

    def __init__(self, browser: Browser, item_id: int, told: Told) -> None:
        self.browser = browser
        self.path = f"/rewards/{item_id}/redeem"
        self.told = told

    def write_until(self, stop: threading.Event) -> None:
        """Redeem until told to stop; what was begun is brought to its end."""
        while not stop.is_set():
            fields = _fields_of(self._answered("GET", 200).text)
            done = self._answered("POST", 303, fields)
            number = MADE.search(done.location)
            assert number, done
            made = Acknowledged(fields["key"], int(number[1]), time.monotonic())
            self.told.acknowledged.append(made)
            time.sleep(BETWEEN_SECONDS)

    def _answered(self, method: str, wanted: int, fields: dict[str, str] | None = None) -> Answer:
        while True:
            try:
                answer = self.browser.ask(method, self.path, fields)
            except (OSError, HTTPException) as error:
                self.told.unreachable.append(repr(error))
            else:
                if answer.status == wanted:
                    return answer
                assert answer.status == 503, (method, answer)
                assert fields is None or fields["key"] in answer.text, "the form was not kept"
                self.told.away.append(method)
            time.sleep(5 * BETWEEN_SECONDS)


def _fields_of(page: str) -> dict[str, str]:
    found = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page) for name in FIELDS}
    return {name: each[1] for name, each in found.items() if each}
