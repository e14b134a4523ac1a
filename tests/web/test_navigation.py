from __future__ import annotations

import pytest
from flask import Flask

from app.teams.rules import Actor
from app.web import navigation as bars
from app.web.navigation import kind_of, navigation, role_label
from app.web.policy import allow
from tests.web.cast import Cast, sign_in_as
from tests.web.conftest import ADMIN, LEADER, ORGANISER, VOLUNTEER, MakeSite

PAGES = {
    "/me": "profile.read",
    "/me/ledger": "passbook.read",
    "/log": "service_record.enter",
    "/waiting": "service_record.approve",
    "/ranking": "ranking.place",
}
AUDITOR = Actor(login_id=5, volunteer_id=None, name="小寒", audits=frozenset({1}))


@pytest.fixture
def site(make_site: MakeSite) -> Flask:
    app = make_site()
    existing = {rule.rule for rule in app.url_map.iter_rules()}
    for path, right in PAGES.items():
        if path not in existing:
            app.add_url_rule(path, f"t{path}", allow(right)(lambda: "page"))
    return app


@pytest.mark.parametrize(
    ("actor", "kind", "lacks"),
    [
        (None, "visitor", {"/me", "/log", "/waiting", "/ranking"}),
        (VOLUNTEER, "volunteer", {"/log", "/waiting"}),
        (LEADER, "leader", set()),
        (ORGANISER, "organiser", set()),
        (AUDITOR, "organiser", {"/log", "/waiting"}),
        (ADMIN, "organiser", {"/log", "/waiting", "/ranking"}),
    ],
)
def test_only_what_is_open_to_the_person_is_offered(
    site: Flask, actor: Actor | None, kind: str, lacks: set[str]
) -> None:
    with site.test_request_context("/me/ledger"):
        nav = navigation(actor)
    offered = {item.url for item in (*nav.top, *nav.tabs, *(i for g in nav.side for i in g.items))}
    assert nav.kind == kind
    assert not offered & lacks
    assert len(nav.tabs) <= 5


def test_a_page_that_does_not_exist_is_not_offered(make_site: MakeSite) -> None:
    app = make_site()
    with app.test_request_context("/"):
        assert bars._is_open(bars.Way("/exchange", "x", "x"), {"volunteer"}) is False


def test_the_nearest_entry_is_marked(site: Flask) -> None:
    with site.test_request_context("/me/ledger"):
        current = [item.url for item in navigation(VOLUNTEER).tabs if item.current]
    assert current == ["/me/ledger"]


@pytest.mark.parametrize(
    ("page", "bar", "marked"),
    [
        ("/me/teams", "tabs", ["/me/account"]),
        ("/joining", "tabs", ["/waiting"]),
        ("/joining", "top", ["/waiting"]),
        ("/nowhere", "tabs", []),
    ],
)
def test_a_page_behind_an_entry_marks_it_where_none_leads_to_it(
    site: Flask, page: str, bar: str, marked: list[str]
) -> None:
    with site.test_request_context(page):
        found = [item.url for item in getattr(navigation(LEADER), bar) if item.current]
    assert found == marked


def test_a_site_below_a_path_links_below_it(site: Flask) -> None:
    with site.test_request_context("/me", base_url="http://localhost/demo"):
        nav = navigation(VOLUNTEER)
    assert nav.home_url == "/demo/"
    assert nav.tabs
    assert all(item.url.startswith("/demo/") for item in nav.tabs)


@pytest.mark.parametrize(
    ("roles", "kind"),
    [
        (set(), "visitor"),
        ({"volunteer"}, "volunteer"),
        ({"volunteer", "leader"}, "leader"),
        ({"volunteer", "leader", "organiser"}, "organiser"),
        ({"auditor"}, "organiser"),
        ({"admin"}, "organiser"),
    ],
)
def test_the_highest_role_shapes_the_bars(roles: set[str], kind: str) -> None:
    assert kind_of(roles) == kind


def test_the_frame_says_who_is_there(make_site: MakeSite) -> None:
    page = make_site(LEADER).test_client().get("/t/public?language=en").text
    assert "白露" in page
    assert "Team leader" in page


def test_a_role_has_a_name(site: Flask) -> None:
    with site.test_request_context("/?language=en"):
        assert role_label({"volunteer", "organiser"}) == "Organiser"
        assert role_label(()) == ""


@pytest.mark.parametrize("path", [way.path for _heading, ways in bars.SIDE[:-1] for way in ways])
def test_one_way_of_the_side_bar_is_marked(app: Flask, cast: Cast, path: str) -> None:
    page = sign_in_as(app, cast, "organiser").get(path, follow_redirects=True).text
    side = page.split('class="q-side"')[1].split("</nav>")[0]
    assert side.count('aria-current="page"') == 1
