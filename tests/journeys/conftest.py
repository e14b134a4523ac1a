"""Browsers for the journeys: any number of people, on phones and desks, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from playwright.sync_api import expect

from tests.conftest import DESKTOP, PHONE
from tests.serving import LiveServer

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response

PATIENCE_MS = 15_000
SERVER_BROKE = 500

expect.set_options(timeout=PATIENCE_MS)


class OpenPage(Protocol):
    """`open_page()` is a stranger's phone, `open_page(wide=True)` a desk; English unless asked."""

    def __call__(self, *, wide: bool = False, language: str = "en", **context: Any) -> Page: ...


@pytest.fixture
def open_page(
    new_context: Callable[..., BrowserContext], live_server: LiveServer
) -> Iterator[OpenPage]:
    """Give each person a browser of their own; whatever goes wrong inside one fails the test."""
    wrong: list[str] = []

    def open_page(*, wide: bool = False, language: str = "en", **context: Any) -> Page:
        opened = new_context(base_url=live_server.url, **context)
        opened.add_cookies([{"name": "qicai_language", "value": language, "url": live_server.url}])
        page = opened.new_page()
        page.set_viewport_size(DESKTOP if wide else PHONE)
        page.set_default_timeout(PATIENCE_MS)
        watch(page, wrong)
        return page

    yield open_page
    assert not wrong, f"In the browser: {wrong}"


def watch(page: Page, wrong: list[str]) -> None:
    """Note script errors, what the content policy blocked, and answers of a broken server."""

    def said(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            wrong.append(message.text)

    def answered(response: Response) -> None:
        if response.status >= SERVER_BROKE:
            wrong.append(f"{response.status} {response.url}")

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", said)
    page.on("response", answered)
