"""复制到微信群: plain text that can be selected without script, and nothing but text."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string

PAGE = '{% from "macros/share.html" import share_to_group %}{{ share_to_group(text, "share") }}'
TEXT = "涂新红队 5月28日 8:30\n东门集合\nhttps://time.example.cn/activities/7"


@pytest.fixture
def page(app: Flask) -> str:
    with app.test_request_context("/?language=en"):
        return render_template_string(PAGE, text=TEXT)


def test_the_text_stands_there_to_be_selected(page: str) -> None:
    assert f"readonly>{TEXT}</textarea>" in page
    assert '<label class="q-label" for="share">Copy to the WeChat group</label>' in page


def test_the_button_waits_for_script(page: str) -> None:
    button = page[page.index("<button") : page.index("</button>")]
    assert 'data-copy="share"' in button
    assert " hidden>" in button


def test_no_script_or_style_stands_in_it(page: str) -> None:
    assert "<script" not in page
    assert "style=" not in page
    assert "onclick" not in page


def test_what_somebody_typed_stays_text(app: Flask) -> None:
    with app.test_request_context("/"):
        page = render_template_string(PAGE, text="</textarea><script>alert(1)</script>")
    assert "<script>" not in page


def test_a_long_text_has_room_and_no_more(app: Flask) -> None:
    with app.test_request_context("/"):
        assert 'rows="12"' in render_template_string(PAGE, text="line\n" * 40)
        assert 'rows="5"' in render_template_string(PAGE, text="line")
