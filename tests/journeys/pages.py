"""The pages of each role of the demo community, for pictures and for the access checks."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from app.demo.sign_ins import LEADER, ORGANISER, PASSWORD, VOLUNTEER

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


def sign_in(page: Page, login: str) -> None:
    """Sign in as somebody of the demo."""
    page.goto("/sign-in")
    page.locator("#account").fill(login)
    page.locator("#password").fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def log_a_day(page: Page) -> str:
    """Log a day of the leader's team and return the address of its result."""
    page.goto("/log")
    page.goto(f"{page.url}?on={date.today()}")
    for box in page.locator("[data-member]:has(input[name=present]) > label").all()[1:9]:
        box.click()
    page.locator("button[value=record]").click()
    page.wait_for_url(lambda url: url.rsplit("/", 1)[-1].isdigit())
    return page.url
