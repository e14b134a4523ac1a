"""The pages of each role of the demo community, for pictures and for the access checks.

Beside the named ones, `crawl` follows every link, so that a new page is there by itself.
"""

from __future__ import annotations

from collections import Counter, deque
from datetime import date, timedelta
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

from app import create_app
from app.demo.sign_ins import LEADER, ORGANISER, PASSWORD, VOLUNTEER
from app.sheets.writing import write_xlsx
from tests.conftest import TEST_CONFIG

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Part(NamedTuple):
    """One role: how it signs in, and its pages by a short name."""

    login: str | None
    paths: dict[str, str]


PARTS = {
    "visitor": Part(
        None,
        {
            "home": "/",
            "activities": "/activities",
            "activities-calendar": "/activities/calendar",
            "activities-past": "/activities/past",
            "team-calendar": "/activities/calendars/QC-red",
            "sign-in": "/sign-in",
            "activate": "/activate",
            "rules": "/rules",
            "privacy": "/privacy",
            "nowhere": "/no-such-page",
        },
    ),
    "volunteer": Part(
        VOLUNTEER.login,
        {
            "me": "/me",
            "activities": "/activities",
            "my-activities": "/me/activities",
            "my-calendar": "/me/calendar",
            "ledger": "/me/ledger",
            "passbook": "/me/ledger?print=1",
            "account": "/me/account",
        },
    ),
    "leader": Part(
        LEADER.login,
        {
            "me": "/me",
            "log-day": "/log",
            "waiting": "/waiting",
            "members": "/teams",
            "cards": "/teams/QC-red/cards",
            "ranking": "/ranking",
        },
    ),
    "organiser": Part(
        ORGANISER.login,
        {
            "desk": "/desk",
            "waiting": "/waiting",
            "people": "/admin/people?team=QC-red",
            "person-add": "/admin/people/add",
            "person": "/admin/people/1",
            "person-edit": "/admin/people/1/edit",
            "code": "/admin/people/2/code",
            "card": "/admin/people/2/card",
            "teams": "/admin/teams",
            "team-add": "/admin/teams/add",
            "log-teams": "/log",
            "more": "/more",
            "settings": "/admin/settings/QC",
            "setting": "/admin/settings/QC/figures/daily_limit_minutes",
            "calendar": "/admin/settings/QC/calendar?year=2026",
            "service-days": "/admin/settings/QC/service-days",
            "colours": "/admin/settings/QC/colours",
            "colour-add": "/admin/settings/QC/colours/add",
            "points": "/admin/points/QC",
            "points-new": "/admin/points/QC/new",
            "organisations": "/admin/organisations",
            "organisation-add": "/admin/organisations/add",
            "organisation": "/admin/organisations/QC",
            "ranking": "/ranking?team=QC-yellow",
            "ranking-teams": "/ranking?by=teams",
            "record": "/records/1",
            "record-correct": "/records/1/correct",
            "record-reverse": "/records/1/reverse",
        },
    ),
}


# What these lead to depends on what they are of, such as a state: of more of them the links are
# followed, while one is looked at.
MANY_LINKS = {
    "activities.activity": 12,
    "attending.people": 12,
    "disputes.one": 4,
    "passbook.ledger": 12,
    "service.record": 12,
}
# Questions that only turn a list's pages, or hold what was typed: no other face of a page.
SAME_FACE = {"page", "next", "q"}
A_SERVICE_LIST = (
    ("姓名", "日期", "队伍", "时长", "服务内容"),
    ("周谷雨", "2026-01-27", "黄色治安巡逻队", "2.5", "夜巡"),
    ("周谷立", "2026-01-27", "黄色治安巡逻队", "2.5", "夜巡"),
    ("罗芒种", "2026.1.32", "黄色治安巡逻队", "3", "夜巡"),
    ("沈立秋", "2026-01-27", "绿色环保", "90分钟", "捡拾"),
    ("沈立秋", "2026-01-26", "绿色生态环保队", "11", "捡拾"),
)


class _Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attributes if name == "href" and value]


@cache
def _routes() -> MapAdapter:
    site = create_app({**TEST_CONFIG, "DATABASE_URL": "sqlite://"})
    return site.url_map.bind("")


def face_of(path: str) -> tuple[str, tuple[str, ...]] | None:
    """Return what makes two addresses one page: the route and what is asked of it."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        return None
    try:
        endpoint, _ = _routes().match(parts.path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return endpoint, tuple(sorted(set(parse_qs(parts.query)) - SAME_FACE))


def crawl(page: Page, part: str, faces_a_page: int = 1) -> list[str]:
    """Follow links from a role's pages; return one address for each page, or for some faces."""
    waiting = deque(PARTS[part].paths.values())
    seen: set[object] = set()
    read: Counter[str] = Counter()
    faces: Counter[str] = Counter()
    found = []
    while waiting:
        path = waiting.popleft().split("#")[0]
        face = face_of(path)
        if face is None:
            continue
        is_looked_at = face not in seen and faces[face[0]] < faces_a_page
        if not is_looked_at and (path in seen or read[face[0]] >= MANY_LINKS.get(face[0], 0)):
            continue
        seen |= {face, path}
        read[face[0]] += 1
        answer = page.request.get(path)
        if answer.ok and answer.headers["content-type"].startswith("text/html"):
            place = urlsplit(answer.url)
            # A way that leads on is no page of its own; where it leads is.
            if is_looked_at and place.path == urlsplit(path).path:
                faces[face[0]] += 1
                found.append(path)
            waiting.extend([place._replace(scheme="", netloc="").geturl()])
            waiting.extend(_Links(answer.text()).found)
    return found


def furnish(leader: Page, organiser: Page) -> None:
    """Give the demo what pages show only after somebody did something; each is linked then."""
    log_a_day(leader, days_ago=2)
    organiser.goto("/import")
    organiser.locator("[name=kind][value=service]").check(force=True)
    head, *rows = [list(row) for row in A_SERVICE_LIST]
    organiser.locator("input[type=file]").set_input_files(
        files={
            "name": "一月台账.xlsx",
            "mimeType": "application/octet-stream",
            "buffer": write_xlsx(head, rows),
        }
    )
    organiser.locator("form:has([type=file]) button[type=submit]").last.click()
    organiser.locator(".q-stats").first.wait_for()


def sign_in(page: Page, login: str) -> None:
    """Sign in as somebody of the demo."""
    page.goto("/sign-in")
    page.locator("#account").fill(login)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def log_a_day(page: Page, days_ago: int = 0) -> str:
    """Log a day of the leader's team and return the address of its result."""
    page.goto("/log")
    page.goto(f"{page.url}?on={date.today() - timedelta(days=days_ago)}")
    for box in page.locator("[data-member]:has(input[name=present]) > label").all()[1:9]:
        box.click()
    page.locator("button[value=record]").click()
    page.wait_for_url(lambda url: url.rsplit("/", 1)[-1].isdigit())
    return page.url
