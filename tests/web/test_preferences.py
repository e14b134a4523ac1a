from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.web.conftest import VOLUNTEER, MakeSite


def send(make_site: MakeSite, **data: str) -> TestResponse:
    return make_site().test_client().post("/preferences", data=data)


def cookies(answer: TestResponse) -> dict[str, Any]:
    found: SimpleCookie = SimpleCookie()
    for header in answer.headers.getlist("Set-Cookie"):
        found.load(header)
    return dict(found)


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("text", "large", 'data-text="large"'),
        ("theme", "dark", 'data-bs-theme="dark"'),
        ("theme", "light", 'data-bs-theme="light"'),
        ("language", "en", '<html lang="en"'),
        ("language", "zh_Hant", '<html lang="zh-TW"'),
    ],
)
def test_a_choice_is_kept_on_the_device(
    make_site: MakeSite, field: str, value: str, shown: str
) -> None:
    client = make_site().test_client()
    assert shown not in client.get("/t/public").text
    assert client.post("/preferences", data={field: value, "next": "/t/public"}).status_code == 303
    assert shown in client.get("/t/public").text


@pytest.mark.parametrize(
    ("field", "first", "back"), [("text", "large", "standard"), ("theme", "dark", "auto")]
)
def test_a_choice_is_taken_back(make_site: MakeSite, field: str, first: str, back: str) -> None:
    client = make_site().test_client()
    untouched = without_tokens(client.get("/t/public").text)
    for value in (first, back):
        client.post("/preferences", data={field: value})
    assert without_tokens(client.get("/t/public").text) == untouched


def without_tokens(page: str) -> str:
    """Return a page without what differs from one second to the next."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_the_cookie_lasts_a_year_and_is_no_business_of_scripts(make_site: MakeSite) -> None:
    cookie = cookies(send(make_site, text="large"))["qicai_text"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == ("31536000", True, "Lax")


@pytest.mark.parametrize(
    "data", [{"text": "huge"}, {"theme": "<script>"}, {"language": "tlh"}, {"other": "x"}, {}]
)
def test_what_is_no_choice_is_not_kept(make_site: MakeSite, data: dict[str, str]) -> None:
    answer = send(make_site, **data)
    assert (answer.status_code, cookies(answer)) == (303, {})


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ("/t/public?x=1", "/t/public?x=1"),
        ("", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("///evil.example", "/"),
        ("https:///evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_it_leads_back_to_a_path_of_ours_only(make_site: MakeSite, given: str, where: str) -> None:
    assert send(make_site, text="large", next=given).location == where


def test_the_language_goes_with_the_login(make_site: MakeSite) -> None:
    app = make_site(VOLUNTEER)
    kept: list[tuple[int, str]] = []
    app.extensions["qicai"] = app.extensions["qicai"]._replace(
        remember_language=lambda *choice: kept.append(choice)
    )
    client = app.test_client()
    for language in ("en", "tlh"):
        client.post("/preferences", data={"language": language})
    assert kept == [(VOLUNTEER.login_id, "en")]


def test_it_refuses_get(make_site: MakeSite) -> None:
    assert make_site().test_client().get("/preferences").status_code == 405


def test_the_demo_keeps_its_cookies_to_itself(make_site: MakeSite) -> None:
    answer = make_site(IS_DEMO=True).test_client().post("/preferences", data={"text": "large"})
    assert cookies(answer)["qicai_text"]["path"] == "/demo/"
