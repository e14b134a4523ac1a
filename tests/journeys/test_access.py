"""Every page of every role: axe finds nothing serious, nothing sticks out, keys suffice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.conftest import DESKTOP, PHONE
from tests.journeys.conftest import PATIENCE_MS, watch
from tests.journeys.looking import (
    LOOKS,
    WIDTHS,
    dress,
    frame,
    keys,
    layout,
    look_with,
    serious_findings,
    take_axe,
)
from tests.journeys.pages import PARTS, crawl, face_of, furnish, log_a_day, sign_in
from tests.journeys.test_check_in import announce_for_now, code_on
from tests.serving import LiveServer, environment, run_flask, serving, working

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.databases import Databases


@pytest.fixture(scope="module")
def demo(
    databases: Databases, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server of the demo community, its year in this run's engine, with something just done."""
    folder = tmp_path_factory.mktemp("demo")
    with databases.migrated() as url:
        run_flask("demo", environment(url, folder))
        with working(url, folder), serving(url, folder) as server:
            contexts = [browser.new_context(base_url=server.url) for _ in range(2)]
            leader, organiser = (context.new_page() for context in contexts)
            sign_in(leader, PARTS["leader"].login or "")
            sign_in(organiser, PARTS["organiser"].login or "")
            furnish(leader, organiser)
            for context in contexts:
                context.close()
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
        look_with(context)
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


@pytest.mark.parametrize("part", PARTS)
def test_every_page_is_whole_and_axe_finds_nothing_serious(
    visit: Callable[..., Page], part: str
) -> None:
    page, problems = visit(part), []
    for path in crawl(page, part):
        page.goto(path)
        take_axe(page)
        problems += [f"{path}: {each}" for each in frame(page)]
        for look in LOOKS:
            dress(page, look)
            found = [*layout(page), *serious_findings(page, look)]
            problems += [f"{path} ({look.name}): {each}" for each in found]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("part", PARTS)
def test_every_chinese_page_keeps_its_width(visit: Callable[..., Page], part: str) -> None:
    page, problems = visit(part, "zh_Hans"), []
    for path in crawl(page, part):
        page.goto(path)
        for look in WIDTHS:
            dress(page, look)
            problems += [f"{path} ({look.name}): {each}" for each in layout(page)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("part", PARTS)
def test_tab_reaches_every_control_and_is_seen_to(visit: Callable[..., Page], part: str) -> None:
    page, problems = visit(part), []
    page.set_viewport_size(DESKTOP if part == "organiser" else PHONE)
    for at, path in enumerate(crawl(page, part)):
        page.goto(path)
        problems += [f"{path}: {each}" for each in keys(page, with_bars=at == 0)]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("part", ["volunteer", "organiser"])
def test_escape_closes_the_menu_and_gives_the_focus_back(
    visit: Callable[..., Page], part: str
) -> None:
    page = visit(part)
    page.set_viewport_size(DESKTOP)
    page.goto("/me/account")
    menu = page.locator("details.q-menu:visible > summary")
    menu.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator("details.q-menu[open] a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("details.q-menu[open]")).to_have_count(0)
    expect(menu).to_be_focused()


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
    take_axe(page)
    for look in LOOKS:
        dress(page, look)
        problems += [*layout(page), *serious_findings(page, look)]
    assert not problems, "\n".join(problems)


OF_ACTIVITY = re.compile(r"/activities/\d+/evaluations")
# Where the links of a role lead once a service day has left something behind.
LEFT_BEHIND = {
    "volunteer": (
        "claims.withdraw",
        "own_disputes.pass_on",
        "own_disputes.withdraw",
        "own_evaluations.mine",
        "year_checks.confirm",
    ),
    "leader": (
        "evaluations.of_activity",
        "splitting.split",
        "disputes.correct",
        "disputes.refuse",
        "disputes.take_back",
    ),
    "organiser": ("own_evaluations.of_person", "disputes.one"),
}


@pytest.mark.parametrize("part", LEFT_BEHIND)
def test_the_links_lead_to_what_a_service_day_leaves(visit: Callable[..., Page], part: str) -> None:
    faces = [face_of(path) for path in crawl(visit(part), part)]
    found = {face[0] for face in faces if face}
    assert set(LEFT_BEHIND[part]) <= found, sorted(found)


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_pages_that_a_scan_leads_to_are_as_accessible(
    visit: Callable[..., Page], language: str
) -> None:
    # Not of the leader's team: its log would lead to the closing of this one ever after.
    host, volunteer = visit("organiser"), visit("volunteer", language)
    activity = announce_for_now(host, "QC-green")
    volunteer.goto(code_on(host, activity))
    expect(volunteer).to_have_url(re.compile("/in/here$"))
    problems = whole(volunteer)
    volunteer.locator("main form button").last.click()
    expect(volunteer.get_by_role("status").first).to_be_visible()
    problems += whole(volunteer)
    host.goto(f"{activity}/close")
    expect(host).to_have_url(re.compile("/close$"))
    problems += whole(host)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("language", ["en", "zh_Hans"])
def test_the_page_of_somebody_served_is_as_accessible(
    visit: Callable[..., Page], language: str
) -> None:
    leader, served = visit("leader"), visit("visitor", language)
    closed = next(filter(OF_ACTIVITY.fullmatch, crawl(leader, "leader")))
    leader.goto(closed)
    served.goto(urlsplit(leader.locator("#invitation").input_value()).path)
    problems = whole(served)
    served.locator("[name=stars][value='5']").check(force=True)
    served.locator("main form button").last.click()
    expect(served.locator("[name=stars]")).to_have_count(0)
    problems += whole(served)
    assert not problems, "\n".join(problems)


def whole(page: Page) -> list[str]:
    """Say what is wrong with the page as it is shown now, in every look."""
    take_axe(page)
    problems = frame(page)
    for look in LOOKS:
        dress(page, look)
        problems += [f"{look.name}: {each}" for each in layout(page)]
        problems += [f"{look.name}: {each}" for each in serious_findings(page, look)]
    return [f"{urlsplit(page.url).path.split('/')[1]}: {each}" for each in problems]


def test_the_words_of_the_design_stand_on_the_chinese_pages(visit: Callable[..., Page]) -> None:
    pages = {part: visit(part, "zh_Hans") for part in PARTS}
    for part, name, words in (
        ("visitor", "home", ("邻里相帮", "服务日", "小时")),
        ("volunteer", "me", ("累计服务", "可用积分", "最近明细")),
        ("volunteer", "ledger", ("明细", "怎么来的", "每小时 1 分")),
        ("leader", "log-day", ("登记服务日", "哪一天", "每人多久", "谁来了", "全选")),
        ("leader", "waiting", ("待审核",)),
        ("organiser", "ranking", ("排行", "名次")),
    ):
        page = pages[part]
        page.goto(PARTS[part].paths[name])
        for word in words:
            expect(page.locator("body")).to_contain_text(word)
