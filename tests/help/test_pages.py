"""The guides: whose comes first, what they lead to, how many sheets they are."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pypdf import PdfReader

from app.clock import now
from app.db import transaction
from app.help.guides import ROLES, SHEETS
from app.organisations.operations import change_setting
from app.organisations.queries import find_organisation
from tests.web.cast import Cast, sign_in_as

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Browser:
    return lambda role: sign_in_as(app, cast, role)


LONG = "城关街道涂新社区新时代文明实践志愿服务站"


@pytest.mark.parametrize("role", ["volunteer", "leader", "organiser", "auditor", "admin"])
def test_everybody_is_led_to_their_own_guide(browser: Browser, role: str) -> None:
    answer = browser(role).get("/help")
    assert answer.status_code == 303
    assert answer.location == f"/help/{role}"


def test_visitors_read_what_volunteers_do(browser: Browser) -> None:
    assert browser("visitor").get("/help").location == "/help/volunteer"


@pytest.mark.parametrize("role", ROLES)
def test_steps_lead_only_to_pages_that_open(browser: Browser, role: str) -> None:
    client = browser(role)
    paths = links_of(client, f"/help/{role}")
    assert paths
    for path in paths:
        assert client.get(path, follow_redirects=True).status_code == 200, path


def test_a_step_that_is_not_open_to_the_reader_has_no_link(browser: Browser) -> None:
    assert "/shelf" not in links_of(browser("volunteer"), "/help/organiser")
    assert "/shelf" in links_of(browser("organiser"), "/help/organiser")


def test_the_guide_tells_the_figures_of_the_place(browser: Browser) -> None:
    set_figure("pick_up_days", "23")
    set_figure("two_people", "1")
    client = browser("leader")
    assert "good for 23 days" in client.get("/help/volunteer?language=en").text
    assert "second person" in client.get("/help/leader?language=en").text


@pytest.mark.parametrize(("role", "sheets"), SHEETS.items())
@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
def test_a_guide_is_as_many_sheets_as_it_says(
    browser: Browser, role: str, sheets: int, language: str
) -> None:
    for key in ("two_people", "only_signed_in_earns"):
        set_figure(key, "1")
    set_figure("certificate_contact", f"{LONG} 0571-5550100")
    answer = browser("organiser").get(f"/help/{role}/paper.pdf?language={language}")
    assert len(PdfReader(BytesIO(answer.data)).pages) == sheets


def test_only_volunteers_and_leaders_have_paper(browser: Browser) -> None:
    assert browser("organiser").get("/help/organiser/paper").status_code == 404


def test_the_first_page_offers_the_guide_until_one_knows_the_way(browser: Browser) -> None:
    client = browser("volunteer")
    assert "New here?" in client.get("/me?language=en").text
    client.post("/preferences", data={"guide": "known", "next": "/me"})
    assert "New here?" not in client.get("/me?language=en").text


def links_of(client: FlaskClient, page: str) -> list[str]:
    found = client.get(f"{page}?language=en").text.split("Open the page")[:-1]
    return [part.rsplit('href="', 1)[1].split('"')[0] for part in found]


def set_figure(key: str, value: str) -> None:
    with transaction() as session:
        root = find_organisation(session, "JD")
        assert root is not None
        change_setting(session, root.id, key=key, value=value, actor_id=None, now=now())
