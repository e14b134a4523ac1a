"""Whatever is kept for a minute is kept: still nobody erased or moved away is named after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.db import transaction
from app.settings import operations
from app.settings.operations import Part
from app.web import kept
from tests.adjustments.community import settle
from tests.expiry.community import earned
from tests.passbook.reader import browser_of
from tests.privacy.erased import LATER, NAME, WHO, erased, live
from tests.service.community import Community, make_community
from tests.settings.trees import make_node, merge, send, settle_in, split
from tests.web.test_policy_matrix import MATRIX

LINK = re.compile(r'href="(/[^"#]*)"')
# Files and papers, the calendar without end, and what somebody is sent away by.
SKIPPED = re.compile(r"^/static/|[?&](month|lang)=|\.(pdf|xlsx|csv|zip|svg|png)\b|/sign-out|/me\b")
PEOPLE = "/reports/build?rows=person&span=own&from=2025-01-01&until=2026-12-31&m=minutes"
LOSERS = "/admin/expiry/{code}?on=2030-12-31"
DESK = (
    LOSERS,
    "/desk?year=2026",
    "/ranking?year=2026",
    "/ranking?year=2026&team=TX-red",
    "/awards/{code}/2026",
    "/awards/{code}/2026/preview",
    "/awards/{code}/2026/what-if",
    "/reports/annual/{code}/2026",
    "/reports/poster/{code}/2026/2",
    "/integrity?org={code}&from=2025-01-01&until=2026-12-31",
    PEOPLE,
)


@pytest.fixture
def community(db_session: Session, monkeypatch: pytest.MonkeyPatch) -> Community:
    made = make_community(db_session, points_expire_after_years="2")
    settle(made)
    live(made)
    earned(made, 2024, 2025)
    # Whatever may be kept for a minute is, however quickly it was made.
    monkeypatch.setattr(kept, "DEAR_SECONDS", -1.0)
    return made


def pages(client: FlaskClient, paths: set[str]) -> Iterator[tuple[str, str]]:
    for path in sorted(paths):
        answer = client.get(path, follow_redirects=True)
        if answer.status_code == 200 and (answer.mimetype or "").startswith("text"):
            yield path, unescape(answer.text)


def desk_pages(client: FlaskClient, code: str = "TX") -> dict[str, str]:
    """Return the pages of an organiser: those of the matrix, and one step further."""
    found = first_pages(client, code)
    links = {link for page in found.values() for link in map(unescape, LINK.findall(page))}
    further = {link for link in links - set(found) if not SKIPPED.search(link)}
    return found | dict(pages(client, one_of_each(further)))


def first_pages(client: FlaskClient, code: str) -> dict[str, str]:
    fixed = (rule.removeprefix("GET ") for rule, row in MATRIX.items() if row["organiser"] == 200)
    whole = {path for path in fixed if path[0] == "/" and "<" not in path}
    begun = {path for path in whole if not SKIPPED.search(path)}
    return dict(pages(client, begun | {path.format(code=code) for path in DESK}))


def one_of_each(links: set[str]) -> set[str]:
    """Return of pages that differ in whom or what they are about those about somebody known."""
    shapes: dict[str, str] = {}
    for link in sorted(links, key=lambda each: (f"/{WHO + 1}" not in each, each)):
        shapes.setdefault(re.sub(r"\d+|=[^&]*", "#", link), link)
    return set(shapes.values())


def naming(found: dict[str, str]) -> set[str]:
    return {path for path, page in found.items() if NAME in page}


def test_an_erased_name_stands_on_no_page_at_the_next_request(
    app: Flask, community: Community
) -> None:
    desk = browser_of(app, community, "organiser")
    before = desk_pages(desk)
    named = naming(before)
    assert len(app.extensions[kept.EXTENSION].kept) > 8
    assert len(named) > 4
    erased(community)
    assert naming(dict(pages(desk, set(before)))) == set()
    public = {"/", "/ranking", "/o/TX", "/activities"}
    assert naming(dict(pages(app.test_client(), public))) == set()


@pytest.fixture
def east(community: Community) -> int:
    """An organisation whose organiser sees nothing of the estate, where somebody belongs."""
    made = make_node(community, "TX2", "东小区")
    settle_in(community, community.estate_id, WHO)
    line = community.line(WHO, 60, team_id=community.green_id, service_on=date(2026, 1, 20))
    community.logged(line, by="organiser")
    send(
        "UPDATE roles SET organisation_id = :east WHERE login_id = :who",
        east=made,
        who=community.actor("organiser_below").login_id,
    )
    return made


def hang(community: Community, organisation_id: int, parent_id: int) -> None:
    actor_id = community.actor("organiser").login_id
    with transaction() as session:
        operations.move_node(
            session, organisation_id, parent_id=parent_id, actor_id=actor_id, now=LATER
        )


def test_who_is_seen_changes_with_the_tree_at_once(
    app: Flask, community: Community, east: int
) -> None:
    desk = browser_of(app, community, "organiser_below")
    known = set(desk_pages(desk, "TX2"))
    assert naming(dict(pages(desk, known))) == set()
    hang(community, community.estate_id, east)
    gained = naming(desk_pages(desk, "TX2"))
    assert {"/admin/people", PEOPLE, LOSERS.format(code="TX2")} <= gained
    hang(community, community.estate_id, community.root_id)
    assert naming(dict(pages(desk, known | gained))) == set()


def test_a_merge_shows_at_once_who_came_with_it(
    app: Flask, community: Community, east: int
) -> None:
    desk = browser_of(app, community, "organiser_below")
    assert naming(first_pages(desk, "TX2")) == set()
    merge(community, community.estate_id, east)
    gained = naming(first_pages(desk, "TX2"))
    assert {"/admin/people", PEOPLE} <= gained
    forget_all(app)
    assert naming(first_pages(desk, "TX2")) == gained


def test_a_split_hides_at_once_who_went_with_it(app: Flask, community: Community) -> None:
    settle_in(community, community.estate_id, WHO)
    desk, home = browser_of(app, community, "organiser_below"), community.estate_id
    before = naming(first_pages(desk, "TX1"))
    assert {"/admin/people", LOSERS.format(code="TX1")} <= before
    split(community, home, Part("TX-N", "北小区", (community.green_id,)), without_team=0)
    left = naming(first_pages(desk, "TX1"))
    assert {"/admin/people", LOSERS.format(code="TX1")} <= before - left
    forget_all(app)
    assert naming(first_pages(desk, "TX1")) == left


def forget_all(app: Flask) -> None:
    assert app.extensions[kept.EXTENSION].kept
    app.extensions[kept.EXTENSION].kept.clear()
