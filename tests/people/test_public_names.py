"""Every page a visitor can reach, with people planted on them: who is named, and who is not.

The pages are found by their links and by the policy matrix, so a new public page is read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from typing import NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.http import http_date

from app.clock import now
from app.db import transaction
from app.people.models import Helper, NamingConsent, Volunteer
from app.people.operations import NamingWord, decide_naming, edit_volunteer
from app.people.queries.naming import public_names
from app.web import kept
from tests.activities.announcing import announced, today
from tests.passbook.reader import assemble, browser_of, statements
from tests.service.community import Community
from tests.web.test_policy_matrix import MATRIX

LINK = re.compile(r'href="(/[^"#]*)"')
# Files, and the calendar month by month without end.
SKIPPED = re.compile(r"^/static/|[?&]month=")
GROWN_ON, GUARDIAN = date(1970, 3, 1), 5
NO = NamingWord(is_named=False, given_by="self")


class Planted(NamedTuple):
    """Somebody in charge of a public activity: their place, name and mask; what they said."""

    place: int
    name: str
    mask: str
    is_child: bool = False
    said: NamingWord | None = None


SILENT = Planted(0, "欧阳谷雨", "欧阳*")
AGREED = Planted(1, "夏侯春分", "夏侯*", said=NamingWord(is_named=True, given_by="self"))
CHILD = Planted(3, "慕容小满", "慕容*", True, NamingWord(is_named=True, given_by="self"))
WARD = Planted(4, "诸葛芒种", "诸葛*", True, NamingWord(True, "paper", "guardian"))
EVERYBODY = (SILENT, AGREED, CHILD, WARD)


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    found = assemble(db_session)
    for one in EVERYBODY:
        plant(found, one)
        # Today and later: on the front page, the lists and the page of its own.
        for days in (0, 7):
            announced(
                found,
                in_charge_id=found.volunteers[one.place],
                service_on=today() + timedelta(days),
                title=f"第{one.place}个",
            )
    return found


def plant(community: Community, one: Planted) -> None:
    """Give somebody their name; their word is kept first, so that a child's is there too."""
    volunteer_id = community.volunteers[one.place]
    said(community, one, NO._replace(is_named=False))
    if one.said:
        said(community, one, one.said)
    born_on = date(today().year - 9, 1, 1) if one.is_child else GROWN_ON
    changes = {"name": one.name, "born_on": born_on}
    actor_id = community.actor("organiser").login_id
    with transaction() as session:
        edit_volunteer(session, volunteer_id, changes, actor_id=actor_id, now=now())


def said(community: Community, one: Planted, word: NamingWord) -> None:
    with transaction() as session:
        decide_naming(
            session,
            community.volunteers[one.place],
            word,
            actor_id=community.actor("organiser").login_id,
            now=now(),
            today=today(),
        )


def pages(client: FlaskClient) -> Iterator[tuple[str, str]]:
    """Give every page a visitor gets to, with its address."""
    matrix = {rule.removeprefix("GET ") for rule, row in MATRIX.items() if row["visitor"] == 200}
    seen = {"/", "/o/TX", *(path for path in matrix if path[0] == "/" and "<" not in path)}
    waiting = sorted(seen)
    while waiting:
        path = waiting.pop(0)
        answer = client.get(path)
        if answer.status_code != 200 or not (answer.mimetype or "").startswith("text"):
            continue
        yield path, unescape(answer.text)
        for link in map(unescape, LINK.findall(answer.text)):
            if link not in seen and not SKIPPED.search(link):
                seen.add(link)
                waiting.append(link)


def shown(client: FlaskClient, text: str) -> set[str]:
    """Return the addresses of the public pages on which a text stands."""
    return {path for path, page in pages(client) if text in page}


def test_the_crawl_reaches_the_public_pages(client: FlaskClient, community: Community) -> None:
    found = {path for path, _page in pages(client)}
    assert {"/", "/activities", "/activities/calendar", "/privacy", "/join"} <= found
    assert any(re.fullmatch(r"/activities/\d+", path) for path in found)


@pytest.mark.parametrize("one", [SILENT, CHILD], ids=["silent", "child who agreed alone"])
def test_who_did_not_agree_as_needed_is_masked(
    client: FlaskClient, community: Community, one: Planted
) -> None:
    assert shown(client, one.name) == set()
    assert shown(client, one.mask)


@pytest.mark.parametrize("one", [AGREED, WARD], ids=["agreed", "guardian agreed"])
def test_who_agreed_is_named_until_they_take_it_back(
    client: FlaskClient, community: Community, one: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever may be kept for a minute is.
    monkeypatch.setattr(kept, "DEAR_SECONDS", -1.0)
    named_on = shown(client, one.name)
    assert named_on
    said(community, one, NO)
    assert shown(client, one.name) == set()
    assert named_on <= shown(client, one.mask)


def test_no_name_stays_in_a_browser_or_a_proxy(client: FlaskClient, community: Community) -> None:
    for path in shown(client, AGREED.name):
        keep_for = client.get(path).headers["Cache-Control"]
        assert ("no-cache" in keep_for and "private" in keep_for) or keep_for == "no-store", path


def test_a_page_asked_for_again_is_made_anew(client: FlaskClient, community: Community) -> None:
    path = min(shown(client, AGREED.name))
    first = client.get(path)
    said(community, AGREED, NO)
    tag = {"If-None-Match": first.headers.get("ETag", "*")}
    again = client.get(path, headers={**tag, "If-Modified-Since": http_date(now())})
    assert again.status_code == 200
    assert AGREED.name not in again.text


def test_whoever_runs_the_team_reads_the_name_and_other_readers_the_mask(
    app: Flask, client: FlaskClient, community: Community
) -> None:
    paths = [path for path in shown(client, SILENT.mask) if re.fullmatch(r"/activities/\d+", path)]
    volunteer, leader = (browser_of(app, community, name) for name in ("volunteer", "co_leader"))
    for path in paths:
        assert SILENT.name not in volunteer.get(path).text
        assert SILENT.name in leader.get(path).text
        assert leader.get(path).headers["Cache-Control"] == "no-store"


# ── one statement, whoever asks ───────────────────────────────────────────────────────────


def test_many_names_are_one_statement(community: Community, db_session: Session) -> None:
    ids = {one: community.volunteers[one.place] for one in EVERYBODY}
    with statements() as made:
        found = public_names(db_session, [*ids.values(), 0], today())
    assert len([each for each in made if each.lstrip().upper().startswith("SELECT")]) == 1
    assert found == {
        ids[SILENT]: SILENT.mask,
        ids[AGREED]: AGREED.name,
        ids[CHILD]: CHILD.mask,
        ids[WARD]: WARD.name,
    }


def test_nobody_asked_for_is_nobody(db_session: Session, community: Community) -> None:
    assert public_names(db_session, [], today()) == {}


@pytest.mark.parametrize(
    ("kind", "from_in", "until_in", "is_masked"),
    [
        ("guardian", 0, None, True),
        ("guardian", -9, -1, False),
        ("guardian", 1, None, False),
        ("helper", -9, None, False),
    ],
)
def test_whose_age_nobody_knows_may_be_a_child(
    community: Community,
    db_session: Session,
    kind: str,
    from_in: int,
    until_in: int | None,
    is_masked: bool,
) -> None:
    volunteer_id = community.volunteers[AGREED.place]
    with transaction() as session:
        session.get_one(Volunteer, volunteer_id).born_on = None
        session.add(
            Helper(
                volunteer_id=volunteer_id,
                helper_id=community.volunteers[GUARDIAN],
                kind=kind,
                from_on=today() + timedelta(from_in),
                until_on=None if until_in is None else today() + timedelta(until_in),
            )
        )
    name = public_names(db_session, [volunteer_id], today())[volunteer_id]
    assert name == (AGREED.mask if is_masked else AGREED.name)


def test_at_fourteen_one_s_own_old_word_counts_and_the_guardian_s_still_does(
    community: Community, db_session: Session
) -> None:
    ids = [community.volunteers[one.place] for one in (CHILD, WARD)]
    birthday = date(today().year + 5, 1, 1)
    assert list(public_names(db_session, ids, birthday).values()) == [CHILD.name, WARD.name]
    eve = public_names(db_session, ids, birthday - timedelta(1))
    assert list(eve.values()) == [CHILD.mask, WARD.name]


def test_a_word_is_never_changed(community: Community) -> None:
    with pytest.raises(Exception, match="only added to"), transaction() as session:
        session.query(NamingConsent).filter_by(signed_by="guardian").one().is_named = False
