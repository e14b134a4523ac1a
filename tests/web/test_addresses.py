from __future__ import annotations

import pytest

from app.web.addresses import is_readable, safe_path
from tests.web.conftest import MakeSite


@pytest.mark.parametrize(
    "path",
    ["/", "/me/ledger", "/log?team=TX-red&on=2026-03-28", "/teams/青", "/a//b", "/@x", "/a:b"],
)
def test_a_path_of_ours_is_safe(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "me",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/a\\b",
        "https://evil.example",
        "https:///evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        " /me",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\nLocation: x",
        "/me\x00",
        "/\u2028x",
        "/ /evil",
        "/" + "a" * 2000,
    ],
)
def test_a_way_out_is_not(path: str | None) -> None:
    assert safe_path(path) is None


def test_only_what_a_link_opens_is_readable(make_site: MakeSite) -> None:
    with make_site().test_request_context("/"):
        assert is_readable("/t/led/3?x=1")
        assert not is_readable("/t/led")
        assert not is_readable("/nowhere")
