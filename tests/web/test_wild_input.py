"""Send what nobody should to every form, question and address: no answer is ever a failure.

The forms are read from the pages themselves, as each role of the cast sees them, so that a new
page is tried from the day it stands.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote_from_bytes, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.conftest import MakeApp
from tests.web.cast import ROLES, Cast, sign_in_as
from tests.web.test_policy_matrix import MATRIX, SUBJECT

APP = Path(__file__).resolve().parent.parent.parent / "app"
SIGNED_IN = tuple(role for role in ROLES if role != "visitor")
WILD = (
    "",
    " ",
    "\u3000\u200b",
    "１２０",
    "1_000",
    "-1",
    "0.5",
    "1e400",
    "Infinity",
    "sNaN",
    "9" * 30,
    "9223372036854775808",
    "2025-02-30",
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "24:60",
    "a\x00b",
    "\x00",
    "李\u202e\ufeff奶奶𠮷",
    "<script>alert(1)</script>",
    "'; DROP TABLE entries; --",
    "%s %(x)s {0} {{ 7*7 }}",
    "=HYPERLINK(1)",
    "/\\evil.example",
    "\r\nSet-Cookie: a=b",
    "x" * 70_000,
)
# Bytes that are no UTF-8, half a character, a lone surrogate, and a percent sign that says nothing.
BROKEN_BYTES = (b"\xff\xfe", b"\xe6\x9d", b"\xed\xa0\x80", b"\x00", b"\xc0\xaf")
WAYS_OUT = (
    "//evil.example",
    "/\\evil.example",
    "///evil.example",
    "https:///evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    "\x00/",
    "/\t/evil.example",
)
# Leaving is no refusal: it would end the visit from which the rest is tried.
NOT_TRIED = ("/sign-out",)


class FoundForm(NamedTuple):
    """A form as a page shows it: where it goes and what it would send."""

    action: str
    method: str
    fields: tuple[tuple[str, str], ...]
    files: tuple[str, ...]


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FoundForm] = []
        self.open: tuple[str, str, list[tuple[str, str]], list[str]] | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.open = (given.get("action", ""), given.get("method", "get").upper(), [], [])
        elif self.open is None or "name" not in given:
            return
        elif given.get("type") == "file":
            self.open[3].append(given["name"])
        elif tag in ("input", "select", "textarea", "button"):
            self.open[2].append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.open is not None:
            action, method, fields, files = self.open
            self.forms.append(FoundForm(action, method, tuple(fields), tuple(files)))
            self.open = None


def pages_of(cast: Cast, role: str) -> list[str]:
    """Return the addresses that the policy matrix lets a role read, nearest relation first."""
    found = []
    for route, row in sorted(MATRIX.items()):
        method, rule = route.split(" ", 1)
        template = row.get("path", rule)
        kinds = SUBJECT.findall(template)
        if method != "GET" or (not kinds and row[role] != 200):
            continue
        for relation in ("own", "same_team", "other_team"):
            allowed = not kinds or (isinstance(row[role], dict) and row[role].get(relation) == 200)
            if allowed and all(relation in cast.relations(kind, role) for kind in kinds):
                found.append(_filled(template, cast, relation, role))
                break
    return found


def _filled(template: str, cast: Cast, relation: str, role: str) -> str:
    return SUBJECT.sub(lambda kind: cast.subject(kind[1], relation, role), template)


def forms_of(client: FlaskClient, pages: list[str]) -> list[FoundForm]:
    """Return each form once, by where it goes and what it asks."""
    found: dict[tuple[str, str, tuple[str, ...]], FoundForm] = {}
    for page in pages:
        reader = _FormReader()
        answer = client.get(page)
        if answer.mimetype != "text/html":
            continue
        reader.feed(answer.get_data(as_text=True))
        for form in reader.forms:
            whole = form._replace(action=form.action or page)
            if urlsplit(whole.action).path not in NOT_TRIED:
                names = tuple(sorted({re.sub(r"\d+", "0", name) for name, _ in whole.fields}))
                found.setdefault(
                    (re.sub(r"\d+", "0", urlsplit(whole.action).path), whole.method, names), whole
                )
    return list(found.values())


def sent(client: FlaskClient, form: FoundForm, fields: list[tuple[str, str]]) -> TestResponse:
    """Send a form with these fields, a file that is none in each place for one."""
    if form.method == "GET":
        return client.get(urlsplit(form.action).path, query_string=MultiDict(fields))
    data: MultiDict[str, object] = MultiDict(fields)
    for name in form.files:
        data.add(name, (io.BytesIO(b"PK\x03\x04 no workbook"), "\u79ef\u5206.xlsx"))
    return client.post(form.action, data=data)


def _all_wild(form: FoundForm, turn: int) -> list[tuple[str, str]]:
    return [(name, WILD[(turn + at) % len(WILD)]) for at, (name, _) in enumerate(form.fields)]


def _one_wild(form: FoundForm) -> Iterator[list[tuple[str, str]]]:
    """Yield the form as the page shows it with one field wild, then missing, then there twice."""
    for at, (name, value) in enumerate(form.fields[:12]):
        others = [field for place, field in enumerate(form.fields) if place != at]
        yield [*others, (name, WILD[(at * 7 + len(form.action)) % len(WILD)])]
        yield others
        yield [*others, (name, value), (name, "9" * 30)]


def assert_no_failure(answer: TestResponse, what: object) -> None:
    assert answer.status_code < 500, f"{what!r}: {answer.status_code}"
    place = urlsplit(answer.location or "")
    assert place.netloc in ("", "localhost"), f"{what!r} leads out to {answer.location}"


def try_wild_fields(client: FlaskClient, forms: list[FoundForm]) -> None:
    """Send each form with all of its fields wild, and with one after the other."""
    for form in forms:
        for turn in range(0, len(WILD), 2):
            fields = _all_wild(form, turn)
            assert_no_failure(sent(client, form, fields), (form.action, fields))
        for fields in _one_wild(form):
            assert_no_failure(sent(client, form, fields), (form.action, fields))


def try_wild_questions(client: FlaskClient, page: str) -> None:
    """Ask a page what nobody should ask it."""
    names = asked_names()
    for turn, value in enumerate(WILD):
        answer = client.get(page, query_string=dict.fromkeys(names[turn % 2 :: 2], value))
        assert_no_failure(answer, (page, value))


@pytest.mark.parametrize("role", ROLES)
def test_no_form_fails_on_wild_fields(app: Flask, cast: Cast, role: str) -> None:
    client = sign_in_as(app, cast, role)
    forms = forms_of(client, pages_of(cast, role))
    assert forms, "no page of this role has a form: is the reader broken?"
    try_wild_fields(client, forms)


@pytest.mark.parametrize("role", ["visitor", "leader", "organiser"])
def test_no_question_in_an_address_fails(app: Flask, cast: Cast, role: str) -> None:
    client = sign_in_as(app, cast, role)
    asked = asked_names()
    for at, whole in enumerate(pages_of(cast, role)):
        # What it asks for by itself is asked for wildly, too.
        page = whole.partition("?")[0]
        # Not every value at every page, but every value in many places.
        for turn, value in enumerate(WILD[at % 3 :: 3]):
            answer = client.get(page, query_string=dict.fromkeys(asked[turn % 2 :: 2], value))
            assert_no_failure(answer, (page, value))
        broken = quote_from_bytes(BROKEN_BYTES[at % len(BROKEN_BYTES)])
        question = "&".join(f"{name}={broken}" for name in asked)
        assert_no_failure(client.get(f"{page}?{question}&%ZZ=%"), (page, broken))


def asked_names() -> list[str]:
    """Return every name that the code looks for in an address."""
    source = "".join(file.read_text("utf-8") for file in APP.rglob("*.py"))
    return sorted({"next", *re.findall(r'args\.get(?:list)?\(\s*"(\w+)"', source)})


def test_no_part_of_an_address_fails(app: Flask, cast: Cast) -> None:
    client = sign_in_as(app, cast, "organiser")
    parts = [quote_from_bytes(value.encode()[:3000], safe="") for value in WILD if value]
    parts += [quote_from_bytes(broken) for broken in BROKEN_BYTES]
    for at, route in enumerate(MATRIX):
        method, rule = route.split(" ", 1)
        for part in parts[at % 4 :: 4] if "<" in rule else ():
            path = re.sub(r"<[^>]+>", part, rule)
            assert_no_failure(client.open(path, method=method), (method, path))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"[" * 100_000),
        ("application/json", b'{"a": NaN, "a": 1}'),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a'),
        ("application/x-www-form-urlencoded; charset=utf-16", "名=李".encode("utf-16")),
        ("application/x-www-form-urlencoded", b"a=%&%=%ff&&&=&;" + b"&".join([b"b=1"] * 3000)),
        ("text/plain; charset=nonsense", b"\x00\xff"),
        ("", b"\x00"),
    ],
)
def test_no_body_fails(app: Flask, cast: Cast, content_type: str, body: bytes) -> None:
    client = sign_in_as(app, cast, "organiser")
    for route, row in MATRIX.items():
        method, rule = route.split(" ", 1)
        if method == "POST" and rule not in NOT_TRIED:
            path = _filled(row.get("path", rule), cast, "same_team", "organiser")
            answer = client.post(path, data=body, content_type=content_type)
            assert_no_failure(answer, (path, content_type))


@pytest.mark.parametrize("way_out", WAYS_OUT)
def test_no_next_leads_out(app: Flask, cast: Cast, way_out: str) -> None:
    for role in ("visitor", "leader"):
        client = sign_in_as(app, cast, role)
        for route, row in MATRIX.items():
            method, rule = route.split(" ", 1)
            if "{" in row.get("path", rule) or "<" in rule or rule in NOT_TRIED:
                continue
            answer = client.open(
                rule,
                method=method,
                query_string={"next": way_out},
                data={"next": way_out} if method == "POST" else None,
            )
            assert_no_failure(answer, (route, way_out))


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80@localhost"},
        {"Host": "[::1"},
        {"Host": "localhost:99999999"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "javascript"},
        {"Accept-Language": "zh-" + "x" * 5000 + ",*;q=NaN"},
        {"Cookie": "session=" + "." * 3000},
        {"Cookie": "qicai_browser=\xff; session=\x01"},
        {"If-Modified-Since": "yesterday", "Range": "bytes=9-1,x"},
        {"User-Agent": "\xff" * 500},
    ],
)
def test_no_header_fails(make_app: MakeApp, headers: dict[str, str]) -> None:
    site = make_app(TRUSTED_HOSTS="localhost")
    for path in ("/", "/nowhere", "/static/css/nothing.css"):
        answer = site.test_client().get(path, headers=headers)
        assert_no_failure(answer, (path, headers))
        assert "evil.example" not in answer.get_data(as_text=True) + (answer.location or "")
