from __future__ import annotations

import pytest
from flask import Flask

from app.web.pagination import page_of, url_with


@pytest.mark.parametrize(
    ("query", "total", "number", "previous_url", "next_url"),
    [
        ("", 0, 1, None, None),
        ("", 50, 1, None, None),
        ("", 51, 1, None, "/people?page=2"),
        ("?q=gu&page=2", 120, 2, "/people?q=gu", "/people?q=gu&page=3"),
        ("?page=3", 120, 3, "/people?page=2", None),
        ("?page=99", 120, 3, "/people?page=2", None),
        ("?page=0", 120, 1, None, "/people?page=2"),
        ("?page=-1", 120, 1, None, "/people?page=2"),
        ("?page=２", 120, 1, None, "/people?page=2"),
        ("?page=9999999999999", 120, 1, None, "/people?page=2"),
    ],
)
def test_a_page_and_its_neighbours(
    app: Flask,
    query: str,
    total: int,
    number: int,
    previous_url: str | None,
    next_url: str | None,
) -> None:
    with app.test_request_context(f"/people{query}"):
        page = page_of(total)
    assert (page.number, page.previous_url, page.next_url) == (number, previous_url, next_url)
    assert page.offset == (number - 1) * 50


def test_an_address_keeps_what_is_not_changed(app: Flask) -> None:
    with app.test_request_context("/people?q=a%26b&team=TX-red&page=2"):
        assert url_with({"team": None, "page": 1}) == "/people?q=a%26b&page=1"
