"""People with browsers over real HTTP: they sign in, send forms with keys, and try again."""

from __future__ import annotations

import re
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

PATIENCE_SECONDS = 60.0
WAIT_SECONDS = 0.05
_INPUT = re.compile(r"<input\b[^>]*>")
_ATTRIBUTE = re.compile(r'\b(name|value|type)="([^"]*)"')
Fields = list[tuple[str, str]]


class Answer(NamedTuple):
    """What a server said."""

    status: int
    location: str
    text: str


class NeverAnswered(AssertionError):
    """A form was sent again and again and nobody answered it."""


class Browser:
    """One person's cookies; each request has a connection of its own, as behind a proxy."""

    def __init__(self, url: str, language: str = "en") -> None:
        self.netloc = urlsplit(url).netloc
        self.cookies = {"qicai_language": language}
        self.met: Counter[str] = Counter()
        self.answered = 0
        self.worst_seconds = 0.0
        self.broken: list[str] = []

    def ask(self, method: str, path: str, fields: Fields | None = None) -> Answer:
        """Ask once; what breaks is raised."""
        connection = HTTPConnection(self.netloc, timeout=PATIENCE_SECONDS)
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Connection": "close",
            "Sec-Fetch-Site": "same-origin",
        }
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for line in answer.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: each.value for name, each in SimpleCookie(line).items()}
        return Answer(answer.status, answer.headers.get("Location", ""), text)

    def until_answered(self, method: str, path: str, fields: Fields | None = None) -> Answer:
        """Ask again, with the same key, until somebody says how it ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            begun = time.monotonic()
            try:
                answer = self.ask(method, path, fields)
            except (OSError, HTTPException):
                self.met["no answer"] += 1
            else:
                self.worst_seconds = max(self.worst_seconds, time.monotonic() - begun)
                self.met[str(answer.status)] += 1
                self.answered += 1
                if answer.status >= 500 and answer.status != 503:
                    self.broken.append(f"{answer.status} {method} {path}")
                if answer.status < 500:
                    return answer
            time.sleep(WAIT_SECONDS)
        raise NeverAnswered(f"{method} {path}: {dict(self.met)}")

    def get(self, path: str) -> Answer:
        return self.until_answered("GET", path)

    def form(self, path: str) -> Fields:
        """Return what the form of a page would send."""
        return form_in(self.get(path).text)

    def send(self, path: str, fields: Fields) -> Answer:
        return self.until_answered("POST", path, fields)

    def sign_in(self, account: str, password: str) -> None:
        """Sign in as people do."""
        fields = with_values(self.form("/sign-in"), account=account, password=password)
        answer = self.send("/sign-in", fields)
        assert answer.status == 303, f"{answer.status} {account}: {words_of(answer.text)}"


def words_of(page: str) -> str:
    """Return what a page says between its bars, without tags."""
    main = page.partition("<main")[2].partition("</main>")[0] or page
    return " ".join(re.sub("<[^>]+>", " ", main).split())[:2000]


def form_in(page: str) -> Fields:
    """Return the fields of the last form of a page that has a key."""
    forms = [one for one in re.findall(r"<form\b.*?</form>", page, re.S) if 'name="key"' in one]
    assert forms, f"no form with a key: {words_of(page)}"
    found = []
    for field in _INPUT.findall(forms[-1]):
        said = dict(_ATTRIBUTE.findall(field))
        if "name" in said and said.get("type") not in {"checkbox", "radio", "submit"}:
            found.append((said["name"], said.get("value", "")))
    return found


def with_values(fields: Fields, **values: str) -> Fields:
    """Return fields with other values."""
    return [(name, old) for name, old in fields if name not in values] + list(values.items())
