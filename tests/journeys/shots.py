"""Take pictures of the demo's pages: `python -m tests.journeys.shots FOLDER [--readme]`.

One sheet for each role, width and look; `--readme` makes the two of the README as well.
"""

from __future__ import annotations

import argparse
import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import sync_playwright

from tests.journeys.pages import PARTS, log_a_day, sign_in
from tests.serving import BROWSER_ARGUMENTS, browser_program, environment, run_flask, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

GAP = 24
A_SHEET = 4
LONGEST = 2400
README_PHONE = (("visitor", "home"), ("volunteer", "ledger"), ("leader", "log-day"))


class Look(NamedTuple):
    """How a page is looked at."""

    name: str
    width: int
    height: int
    language: str = "zh_Hans"
    theme: str = "light"
    text: str = "standard"


LOOKS = (
    Look("phone", 390, 844),
    Look("phone-dark", 390, 844, theme="dark"),
    Look("phone-large", 390, 844, text="large"),
    Look("phone-en", 390, 844, language="en"),
    Look("desktop", 1280, 900),
    Look("desktop-dark", 1280, 900, theme="dark"),
    Look("desktop-en", 1280, 900, language="en"),
)


def main() -> None:
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    looks = [look for look in LOOKS if look.name in (arguments.look or [look.name])]
    parts = [part for part in PARTS if part in (arguments.part or [part])]
    with _browser() as browser, _demo() as url:
        for look in looks:
            for part in parts:
                shots = _shots_of(browser, url, look, part)
                for begin in range(0, len(shots), A_SHEET):
                    file = arguments.folder / f"{look.name}-{part}-{begin}.png"
                    _sheet(browser, shots[begin : begin + A_SHEET], file)
        if arguments.readme:
            _readme(browser, url, arguments.folder)
    if "visitor" in parts:
        with _browser() as browser, _empty() as url:
            for look in looks:
                page = _page(browser, url, look)
                page.goto("/")
                page.screenshot(path=arguments.folder / f"{look.name}-start.png", full_page=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--look", action="append", choices=[look.name for look in LOOKS])
    parser.add_argument("--part", action="append", choices=list(PARTS))
    parser.add_argument("--readme", action="store_true")
    return parser.parse_args()


# ── servers and browsers ──────────────────────────────────────────────────────────────────


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(
            executable_path=browser_program(), args=[*BROWSER_ARGUMENTS]
        )


@contextmanager
def _demo() -> Iterator[str]:
    with _served("demo") as url:
        yield url


@contextmanager
def _empty() -> Iterator[str]:
    with _served("migrate-instance") as url:
        yield url


@contextmanager
def _served(command: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="qicai-shots-") as name:
        folder = Path(name)
        database_url = f"sqlite:///{folder / 'shots.sqlite3'}"
        run_flask(command, environment(database_url, folder))
        with serving(database_url, folder) as server:
            yield server.url


def _page(browser: Browser, url: str, look: Look) -> Page:
    context = browser.new_context(
        base_url=url,
        viewport={"width": look.width, "height": look.height},
        timezone_id="Asia/Shanghai",
        locale="zh-CN",
        reduced_motion="reduce",
    )
    chosen = {"language": look.language, "theme": look.theme, "text": look.text}
    for name, value in chosen.items():
        context.add_cookies([{"name": f"qicai_{name}", "value": value, "url": url}])
    return context.new_page()


# ── pictures ──────────────────────────────────────────────────────────────────────────────


def _shots_of(browser: Browser, url: str, look: Look, part: str) -> list[bytes]:
    login, paths = PARTS[part]
    page = _page(browser, url, look)
    if login:
        sign_in(page, login)
    shots = []
    for name, path in paths.items():
        page.goto(path)
        _dress(page, name)
        shots.append(_shot(page, look))
    if part == "leader" and look.name == "phone":
        log_a_day(page)
        shots.append(_shot(page, look))
    page.context.close()
    return shots


def _dress(page: Page, name: str) -> None:
    """Bring a page into a state worth looking at."""
    if name in {"me", "ledger"}:
        page.locator("details[name=l] summary").nth(1).click()
    if name == "log-day":
        page.goto(f"{page.url}?on={date.today()}")
        for box in page.locator("[data-member]:has(input[name=present]) > label").all()[:6]:
            box.click()
        page.evaluate("scrollTo(0, 0)")


def _shot(page: Page, look: Look) -> bytes:
    high = min(int(page.evaluate("document.documentElement.scrollHeight")), LONGEST)
    # As tall as the page: what sticks to the window's foot then stands at its end.
    page.set_viewport_size({"width": look.width, "height": max(high, look.height)})
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(0, 0)
    shot = page.screenshot()
    page.set_viewport_size({"width": look.width, "height": look.height})
    return shot


def _sheet(browser: Browser, shots: list[bytes], file: Path) -> None:
    """Lay pictures side by side."""
    images = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(shot).decode()}">' for shot in shots
    )
    style = f"body{{margin:0;padding:{GAP}px;background:#d8d5cc;display:flex;gap:{GAP}px;"
    style += "align-items:flex-start;width:max-content}"
    page = browser.new_page()
    page.set_content(f"<!doctype html><style>{style}</style>{images}", wait_until="load")
    page.locator("body").screenshot(path=file)
    page.close()


def _readme(browser: Browser, url: str, folder: Path) -> None:
    phone, desktop = Look("", 390, 790), Look("", 1280, 860)
    shots = []
    for part, name in README_PHONE:
        page = _page(browser, url, phone)
        _open(page, part, name)
        _show_the_point(page, name)
        shots.append(page.screenshot())
    _sheet(browser, shots, folder / "phone.png")
    page = _page(browser, url, desktop)
    _open(page, "organiser", "desk")
    page.screenshot(path=folder / "desktop.png")


def _show_the_point(page: Page, name: str) -> None:
    """Scroll to what the README speaks of: a line with a bonus opened, people ticked."""
    if name == "ledger":
        page.locator("details[name=l]:has(.q-sum dt:nth-of-type(3)) > summary").first.click()
        _scroll_to(page, "details[name=l][open]")
    if name == "log-day":
        _scroll_to(page, "#present-list")


def _scroll_to(page: Page, selector: str) -> None:
    page.evaluate(
        "s => scrollTo(0, scrollY + document.querySelector(s).getBoundingClientRect().top - 90)",
        selector,
    )
    page.mouse.move(0, 0)


def _open(page: Page, part: str, name: str) -> None:
    login, paths = PARTS[part]
    if login:
        sign_in(page, login)
    page.goto(paths[name])
    _dress(page, name)


if __name__ == "__main__":
    main()
