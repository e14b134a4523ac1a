"""Every page of every role: axe finds nothing serious, nothing sticks out, keys suffice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.conftest import DESKTOP, PHONE
from tests.journeys.conftest import PATIENCE_MS, watch
from tests.journeys.pages import PARTS, log_a_day, sign_in
from tests.serving import LiveServer, environment, run_flask, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.databases import Databases

SERIOUS = {"serious", "critical"}
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
# A theme changes colours and nothing else.
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": ["color-contrast"]}


class Look(NamedTuple):
    """A width, a theme and a text size, and what axe looks for in them."""

    name: str
    size: Any
    theme: str
    text: str
    options: dict[str, Any]


# Between them: each width, each theme, each text size.
LOOKS = (
    Look("phone", PHONE, "light", "standard", EVERYTHING),
    Look("phone, dark, large text", PHONE, "dark", "large", COLOURS),
    Look("desktop, dark", DESKTOP, "dark", "standard", EVERYTHING),
)


@pytest.fixture(scope="module")
def demo(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server of the demo community, its year in this run's engine."""
    folder = tmp_path_factory.mktemp("demo")
    with databases.migrated() as url:
        run_flask("demo", environment(url, folder))
        with serving(url, folder) as server:
            yield server


@pytest.fixture
def visit(
    browser: Browser, browser_context_args: dict[str, Any], demo: LiveServer
) -> Iterator[Callable[..., Page]]:
    """Open the demo as one of its roles, in a language."""
    wrong: list[str] = []
    opened = []

    def visit(part: str, language: str = "en") -> Page:
        context = browser.new_context(
            **{**browser_context_args, "base_url": demo.url, "reduced_motion": "reduce"}
        )
        opened.append(context)
        context.add_cookies([{"name": "qicai_language", "value": language, "url": demo.url}])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        watch(page, wrong)
        if PARTS[part].login:
            sign_in(page, PARTS[part].login or "")
        return page

    yield visit
    for context in opened:
        context.close()
    assert not wrong, f"In the browser: {wrong}"


def dress(page: Page, look: Look) -> None:
    """Look at the open page in another way, without asking the server again."""
    page.set_viewport_size(look.size)
    page.evaluate(
        "([theme, text]) => { const root = document.documentElement;"
        " root.dataset.bsTheme = theme; root.dataset.text = text; }",
        [look.theme, look.text],
    )


def serious_findings(page: Page, look: Look) -> list[str]:
    found = Axe().run(page, options=look.options).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


def sticks_out(page: Page) -> list[str]:
    """Say by how much the page is wider than the window, if it is."""
    page_px, window_px = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return [] if page_px <= window_px else [f"{page_px} px wide, the window {window_px}"]


@pytest.mark.parametrize("part", PARTS)
def test_axe_finds_nothing_serious_on_any_page(visit: Callable[..., Page], part: str) -> None:
    page, problems = visit(part), []
    for path in PARTS[part].paths.values():
        page.goto(path)
        for look in LOOKS:
            dress(page, look)
            found = [*sticks_out(page), *serious_findings(page, look)]
            problems += [f"{path} ({look.name}): {each}" for each in found]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("part", PARTS)
def test_no_chinese_page_scrolls_sideways(visit: Callable[..., Page], part: str) -> None:
    page, problems = visit(part, "zh_Hans"), []
    for path in PARTS[part].paths.values():
        page.goto(path)
        for look in LOOKS:
            dress(page, look)
            problems += [f"{path} ({look.name}): {each}" for each in sticks_out(page)]
    assert not problems, "\n".join(problems)


def test_the_keyboard_logs_a_day(visit: Callable[..., Page]) -> None:
    page = visit("leader")
    page.goto("/log")
    page.keyboard.press("Tab")
    expect(page.locator(".q-skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert reach(page, "[name=present]"), "somebody can be ticked"
    page.keyboard.press("Space")
    assert reach(page, "[name=do][value=record]"), "the main button can be pressed"
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.rsplit("/", 1)[-1].isdigit())


def reach(page: Page, selector: str) -> bool:
    """Press Tab until something has the focus; what has it is always in sight."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return True
    return False


def test_a_refused_form_says_so_and_takes_the_focus(visit: Callable[..., Page]) -> None:
    page = visit("visitor")
    page.goto("/activate")
    page.locator("#account").fill("QC00002")
    page.locator("#code").fill("ABCDE-FGHJK")
    page.locator("#password").fill("spring-rain-28")
    page.locator("main form button[type=submit]").last.click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    code = page.locator("#code")
    expect(code).to_have_value("ABCDE-FGHJK")
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(code).to_have_accessible_description(re.compile("capitals and hyphens.+code", re.S))
    alert.get_by_role("link").click()
    expect(code).to_be_focused()


def test_the_result_of_a_day_is_as_accessible(visit: Callable[..., Page]) -> None:
    page, problems = visit("leader"), []
    page.goto(log_a_day(page))
    for look in LOOKS:
        dress(page, look)
        problems += [*sticks_out(page), *serious_findings(page, look)]
    assert not problems, "\n".join(problems)


def test_the_words_of_the_design_stand_on_the_chinese_pages(visit: Callable[..., Page]) -> None:
    for part, name, words in (
        ("visitor", "home", ("邻里相帮", "服务日", "小时")),
        ("volunteer", "me", ("累计服务", "可用积分", "最近明细")),
        ("volunteer", "ledger", ("明细", "怎么来的", "每小时 1 分")),
        ("leader", "log-day", ("登记服务日", "哪一天", "每人多久", "谁来了", "全选")),
        ("leader", "waiting", ("待审核",)),
        ("organiser", "ranking", ("排行", "名次")),
    ):
        page = visit(part, "zh_Hans")
        page.goto(PARTS[part].paths[name])
        for word in words:
            expect(page.locator("body")).to_contain_text(word)
