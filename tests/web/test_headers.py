from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.trail.operations import current_request_id
from app.web.headers import file_version
from app.web.policy import allow
from tests.web.conftest import VOLUNTEER, MakeSite


@pytest.mark.parametrize(
    "path", ["/t/public", "/nowhere", "/t/refused/full", "/static/css/base.css"]
)
def test_every_answer_carries_the_policy(make_site: MakeSite, path: str) -> None:
    headers = make_site().test_client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_https_is_remembered_only_over_https(make_site: MakeSite) -> None:
    client = make_site().test_client()
    assert "Strict-Transport-Security" not in client.get("/t/public").headers
    secure = client.get("/t/public", base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_a_signed_in_page_is_kept_nowhere(make_site: MakeSite) -> None:
    assert cache_of(make_site(VOLUNTEER), "/t/public") == "no-store"


def test_a_public_page_is_asked_for_again(make_site: MakeSite) -> None:
    assert cache_of(make_site(), "/t/public") == "private, no-cache"


def test_a_static_file_is_kept_for_good_under_its_version(make_site: MakeSite) -> None:
    app = make_site(VOLUNTEER)
    assert "immutable" in cache_of(app, "/static/css/base.css?v=1")
    assert cache_of(app, "/static/css/base.css") == "no-cache"
    assert "immutable" not in cache_of(app, "/static/css/none.css?v=1")


def test_a_changed_file_has_a_new_address(make_site: MakeSite, tmp_path: Path) -> None:
    assert "/static/css/base.css?v=" in make_site().test_client().get("/t/public").text
    one, two = tmp_path / "one.css", tmp_path / "two.css"
    one.write_text("a")
    two.write_text("b")
    assert file_version(one) != file_version(two)
    assert file_version(tmp_path / "none.css") == ""


def test_the_trail_knows_the_request_by_its_id(make_site: MakeSite) -> None:
    app = make_site()

    @app.get("/t/id")
    @allow("public.read")
    def named() -> str:
        return current_request_id.get()

    client = app.test_client()
    first, second = client.get("/t/id"), client.get("/t/id")
    assert first.text == first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def cache_of(app: Flask, path: str) -> str:
    return app.test_client().get(path).headers["Cache-Control"]


def test_a_host_we_do_not_answer_to_is_refused(make_site: MakeSite) -> None:
    app = make_site(TRUSTED_HOSTS="time.example, localhost")
    assert app.test_client().get("/t/public").status_code == 200
    assert app.test_client().get("/t/public", base_url="http://evil.example").status_code == 400


@pytest.mark.parametrize(("count", "address"), [(0, "127.0.0.1"), (1, "10.0.0.9"), (2, "10.0.0.8")])
def test_only_our_own_proxies_are_believed(make_site: MakeSite, count: int, address: str) -> None:
    from flask import request

    app = make_site(PROXY_COUNT=count)

    @app.get("/t/address")
    @allow("public.read")
    def address_of() -> str:
        return request.remote_addr or ""

    headers = {"X-Forwarded-For": "1.2.3.4, 10.0.0.8, 10.0.0.9"}
    assert app.test_client().get("/t/address", headers=headers).text == address
