"""Take pictures of every page as everybody sees it: `make shots`, or this module and a folder.

Every page a role of the demo can come to, on a phone and a desk, light and dark, in standard and
large text, in Chinese and English; refused forms; paper. `index.html` lays them side by side.
`--look`, `--part`, `--page` and `--language` choose few; `--readme` makes the README's two instead.
"""

from __future__ import annotations

import argparse
import base64
import html
import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playwright.sync_api import Error, sync_playwright

from tests.journeys.pages import PARTS, crawl, furnish, sign_in
from tests.serving import (
    BROWSER_ARGUMENTS,
    browser_program,
    environment,
    run_flask,
    serving,
    working,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

GAP = 24
LONGEST = 2400
FACES_A_PAGE = 3
QUALITY = 72
LANGUAGES = ("zh_Hans", "en")
A4_PX = 794
REFUSED = 422
PAPER = "[data-print], .q-print, .q-slips, .q-cardsheet"
MADE_FOR_PAPER = re.compile(r"/(code|card)s?$")
README_PHONE = (("visitor", "home"), ("volunteer", "ledger"), ("leader", "log-day"))


class Look(NamedTuple):
    """How a page is looked at."""

    name: str
    width: int
    height: int
    theme: str = "light"
    text: str = "standard"


LOOKS = tuple(
    Look(f"{name}{'-dark' * dark}{'-large' * large}", width, height, theme, text)
    for name, width, height in (("phone", 390, 844), ("desktop", 1280, 900))
    for dark, theme in enumerate(("light", "dark"))
    for large, text in enumerate(("standard", "large"))
)


class Order(NamedTuple):
    """What one process takes pictures of."""

    url: str
    folder: Path
    language: str
    parts: tuple[str, ...]
    looks: tuple[str, ...]
    only: str


def main() -> None:
    arguments = _arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with _served() as url:
        if arguments.readme:
            with _browser() as browser:
                _readme(browser, url, arguments.folder)
            return
        _furnished(url)
        orders = [
            Order(
                url,
                arguments.folder,
                language,
                tuple(arguments.part or PARTS),
                tuple(arguments.look or [look.name for look in LOOKS]),
                arguments.page,
            )
            for language in arguments.language or LANGUAGES
        ]
        with ProcessPoolExecutor(max_workers=2) as processes:
            taken = sum(processes.map(_take, orders))
    _index(arguments.folder)
    sys.stdout.write(f"{taken} pictures: {arguments.folder / 'index.html'}\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--look", action="append", choices=[look.name for look in LOOKS])
    parser.add_argument("--part", action="append", choices=list(PARTS))
    parser.add_argument("--language", action="append", choices=LANGUAGES)
    parser.add_argument("--page", default="", help="only addresses in which this stands")
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
def _served() -> Iterator[str]:
    """Serve the demo, with a worker beside it."""
    with tempfile.TemporaryDirectory(prefix="qicai-shots-") as name:
        folder = Path(name)
        database_url = f"sqlite:///{folder / 'shots.sqlite3'}"
        run_flask("demo", environment(database_url, folder))
        with working(database_url, folder), serving(database_url, folder) as server:
            yield server.url


def _furnished(url: str) -> None:
    with _browser() as browser:
        furnish(_signed_in(browser, url, "leader"), _signed_in(browser, url, "organiser"))


def _signed_in(browser: Browser, url: str, part: str, language: str = "zh_Hans") -> Page:
    context = browser.new_context(
        base_url=url,
        viewport={"width": 390, "height": 844},
        timezone_id="Asia/Shanghai",
        locale="zh-CN",
        reduced_motion="reduce",
    )
    context.add_cookies([{"name": "qicai_language", "value": language, "url": url}])
    page = context.new_page()
    if login := PARTS[part].login:
        sign_in(page, login)
    return page


# ── pictures ──────────────────────────────────────────────────────────────────────────────


def _take(order: Order) -> int:
    """Take one language's pictures; first what each role reads, then what it is refused."""
    looks = [look for look in LOOKS if look.name in order.looks]
    with _browser() as browser:
        for part in order.parts:
            page = _signed_in(browser, order.url, part, order.language)
            paths = [path for path in crawl(page, part, FACES_A_PAGE) if order.only in path]
            for path in paths:
                page.goto(path)
                name = f"{part}{_file_name(path)}"
                _dress(page)
                _shots(page, order, looks, name)
                _paper(page, order, name)
            for path in paths:
                _refused_forms(page, order, looks, part, path)
            for path in filter(MADE_FOR_PAPER.search, paths):
                _made_for_paper(page, order, looks, part, path)
            page.context.close()
    return len(list(order.folder.glob(f"*~{order.language}~*")))


def _file_name(path: str) -> str:
    return re.sub(r"[^\w=.-]+", "-", path).rstrip("-") or "-home"


def _dress(page: Page) -> None:
    """Bring a page into a state worth looking at: a line opened, people ticked."""
    lines = page.locator("details[name=l] > summary")
    if lines.count() > 1:
        lines.nth(1).click()
    for box in page.locator("[data-member]:has(input[name=present]) > label").all()[:3]:
        box.click()


def _shots(page: Page, order: Order, looks: list[Look], name: str) -> None:
    for look in looks:
        page.set_viewport_size({"width": look.width, "height": look.height})
        page.evaluate(
            "([theme, text]) => { const root = document.documentElement;"
            " root.dataset.bsTheme = theme; root.dataset.text = text; }",
            [look.theme, look.text],
        )
        _shot(page, look, order.folder / f"{name}~{order.language}~{look.name}.jpg")


def _shot(page: Page, look: Look, file: Path | None = None) -> bytes:
    high = min(int(page.evaluate("document.documentElement.scrollHeight")), LONGEST)
    # As tall as the page: what sticks to the window's foot then stands at its end.
    page.set_viewport_size({"width": look.width, "height": max(high, look.height)})
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    page.mouse.move(0, 0)
    if file is None:
        return page.screenshot()
    return page.screenshot(path=file, type="jpeg", quality=QUALITY)


def _paper(page: Page, order: Order, name: str) -> None:
    """What is made to be printed, as wide as an A4 sheet."""
    if page.locator(PAPER).count():
        page.set_viewport_size({"width": A4_PX, "height": 1123})
        page.emulate_media(media="print")
        file = order.folder / f"{name}~{order.language}~paper.jpg"
        page.screenshot(path=file, type="jpeg", quality=QUALITY, full_page=True)
        page.emulate_media(media="screen")


def _made_for_paper(page: Page, order: Order, looks: list[Look], part: str, path: str) -> None:
    """Slips and cards stand on no page of their own: they are made and shown once."""
    page.goto(path)
    made = page.locator("main form[method=post] [type=submit], main .q-confirm form button").last
    if made.count():
        with page.expect_navigation():
            made.click()
    name = f"{part}{_file_name(path)}-made"
    _shots(page, order, looks, name)
    _paper(page, order, name)


def _refused_forms(page: Page, order: Order, looks: list[Look], part: str, path: str) -> None:
    """Send each form of a page with nothing in it; keep what a refusal looks like."""
    page.goto(path)
    for at in range(page.locator("main form[method=post]").count()):
        page.goto(path)
        form = page.locator("main form[method=post]").nth(at)
        if _emptied(form) and _is_refused(page, form):
            _shots(
                page,
                order,
                [look for look in looks if look.name in ("phone", "desktop")],
                f"{part}{_file_name(path)}-refused{at or ''}",
            )


def _emptied(form: Locator) -> bool:
    """Take out what is typed and allow sending it; say whether there was a place to type."""
    fields = "input:not([type=hidden], [type=checkbox], [type=radio], [type=file]), textarea"
    return bool(
        form.evaluate(
            "(form, fields) => { form.noValidate = true; const all = form.querySelectorAll(fields);"
            " for (const each of all) each.value = ''; return all.length; }",
            fields,
        )
    )


def _is_refused(page: Page, form: Locator) -> bool:
    try:
        with page.expect_navigation(timeout=5_000) as sent:
            form.evaluate("form => form.requestSubmit()")
    except Error:
        return False
    return sent.value is not None and sent.value.status == REFUSED


# ── laying them side by side ──────────────────────────────────────────────────────────────


def _index(folder: Path) -> None:
    """Write a page to flip through: one row for each page, its looks side by side."""
    rows: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("*~*~*.jpg")):
        name, language, _ = file.stem.split("~")
        rows.setdefault(f"{name} {language}", []).append(file)
    parts = []
    for name, files in rows.items():
        pictures = "".join(_framed(file) for file in files)
        parts.append(f"<h2>{html.escape(name)}</h2><div>{pictures}</div>")
    style = (
        "body{margin:1em;background:#d8d5cc;font:14px sans-serif}div{display:flex;gap:12px;"
        "overflow-x:auto}a{flex:none}img{height:420px;display:block}"
    )
    page = f"<!doctype html><meta charset=utf-8><title>Qicai</title><style>{style}</style>"
    (folder / "index.html").write_text(page + "".join(parts), "utf-8")


def _framed(file: Path) -> str:
    name, look = html.escape(file.name), html.escape(file.stem.rsplit("~", 1)[1])
    return f'<a href="{name}"><img loading="lazy" src="{name}"><small>{look}</small></a>'


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


# ── the README's ──────────────────────────────────────────────────────────────────────────


def _readme(browser: Browser, url: str, folder: Path) -> None:
    shots = []
    for part, name in README_PHONE:
        page = _signed_in(browser, url, part)
        page.set_viewport_size({"width": 390, "height": 790})
        page.goto(PARTS[part].paths[name])
        _show_the_point(page, name)
        shots.append(page.screenshot())
    _sheet(browser, shots, folder / "phone.png")
    page = _signed_in(browser, url, "organiser")
    page.set_viewport_size({"width": 1280, "height": 860})
    page.goto(PARTS["organiser"].paths["desk"])
    page.screenshot(path=folder / "desktop.png")


def _show_the_point(page: Page, name: str) -> None:
    """Scroll to what the README speaks of: a line with a bonus opened, people ticked."""
    if name == "ledger":
        page.locator("details[name=l]:has(.q-sum dt:nth-of-type(3)) > summary").first.click()
        _scroll_to(page, "details[name=l][open]")
    if name == "log-day":
        page.goto(f"{page.url}?on={date.today()}")
        for box in page.locator("[data-member]:has(input[name=present]) > label").all()[:6]:
            box.click()
        _scroll_to(page, "#present-list")


def _scroll_to(page: Page, selector: str) -> None:
    page.evaluate(
        "s => scrollTo(0, scrollY + document.querySelector(s).getBoundingClientRect().top - 90)",
        selector,
    )
    page.mouse.move(0, 0)


if __name__ == "__main__":
    main()
