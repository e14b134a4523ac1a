"""The public boards: frozen lists only, masked unless agreed, corrected in public, nothing kept."""

from __future__ import annotations

import hashlib
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.http import http_date

from app.certificates.operations import revoke
from app.db import db, transaction
from app.ledger.marks import at_one_instant
from app.ledger.operations import open_accounts
from app.people.models import Volunteer
from app.people.operations import NamingWord, decide_naming
from app.ranking.operations import do_alone
from app.ranking.rules.schemes import Weights
from app.web import kept
from tests.adjustments.community import take_away
from tests.certificates.test_awards import issue
from tests.certificates.test_awards import rows as certificates_of
from tests.ranking.objecting import answered, objected
from tests.ranking.year import (
    AFTER_NOTICE,
    FIRST,
    PLAIN,
    YEAR,
    actor_at,
    ask,
    correct_list,
    days_from,
    give_notice,
    make_final,
    save,
    serve_on,
)
from tests.service.community import NOW, Community
from tests.service.conftest import Town, statements

BOARD = f"/pioneers/TX/{YEAR}"
BUDGET = 18
# The fourth person leads, the fifth and the sixth are tied.
WHO = 3


@pytest.fixture
def town(year_town: Town) -> Town:
    save(year_town.community)
    give_notice(year_town.community)
    return year_town


@pytest.fixture
def visitor(town: Town) -> FlaskClient:
    client = town.browser("visitor")
    client.set_cookie("qicai_language", "en")
    return client


def name_everybody(community: Community, person: int, **word: Any) -> None:
    said = NamingWord(**{"is_named": True, "given_by": "self", **word})
    with transaction() as session:
        decide_naming(
            session,
            community.volunteers[person],
            said,
            actor_id=community.actor("organiser").login_id,
            now=NOW,
            today=NOW.date(),
        )


def rows_of(page: str) -> list[str]:
    """Return the rows of the wide table as text."""
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in body.split("</tr>")[:-1]]


# ── names ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", [BOARD, f"{BOARD}/print", f"{BOARD}?colour=red"])
def test_names_are_masked_until_somebody_agrees(
    town: Town, visitor: FlaskClient, path: str
) -> None:
    page = visitor.get(path).text
    assert "春*" in page
    assert "春分" not in page
    name_everybody(town.community, WHO)
    assert "春分" in visitor.get(path).text
    name_everybody(town.community, WHO, is_named=False)
    assert "春分" not in visitor.get(path).text


def test_of_a_child_only_a_guardian_agrees(town: Town, visitor: FlaskClient) -> None:
    name_everybody(town.community, WHO)
    with transaction() as session:
        child = session.get_one(Volunteer, town.community.volunteers[WHO])
        child.born_on = date(2015, 1, 1)
    assert "春分" not in visitor.get(BOARD).text
    name_everybody(town.community, WHO, given_by="paper", signed_by="guardian")
    assert "春分" in visitor.get(BOARD).text


@pytest.mark.parametrize("who", ["visitor", "volunteer", "leader", "organiser"])
@pytest.mark.parametrize("asked", ["", "?colour=red", "/print"])
def test_a_name_taken_back_is_gone_for_readers_signed_in_too(
    town: Town, who: str, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever may be kept for a minute is.
    monkeypatch.setattr(kept, "DEAR_SECONDS", -1.0)
    with transaction() as session:
        session.get_one(Volunteer, town.community.volunteers[WHO]).name = "欧阳谷雨"
    name_everybody(town.community, WHO)
    reader = town.browser(who)
    first = reader.get(BOARD + asked)
    assert "欧阳谷雨" in first.text
    name_everybody(town.community, WHO, is_named=False)
    tags = {"If-None-Match": first.headers.get("ETag", "*"), "If-Modified-Since": http_date(NOW)}
    again = reader.get(BOARD + asked, headers=tags)
    assert again.status_code == 200
    assert "欧阳谷雨" not in again.text


def test_at_fourteen_the_own_word_names_somebody_from_midnight_on(
    town: Town, visitor: FlaskClient
) -> None:
    name_everybody(town.community, WHO)
    with transaction() as session:
        one = session.get_one(Volunteer, town.community.volunteers[WHO])
        one.name, one.born_on = "欧阳谷雨", NOW.date().replace(year=NOW.year - 14, day=NOW.day + 1)
    # 16:00 UTC is midnight in Shanghai.
    midnight = NOW.replace(hour=16, minute=0)
    for reader in (visitor, town.browser("volunteer")):
        for at, is_named in ((midnight - timedelta(minutes=1), False), (midnight, True)):
            with time_machine.travel(at, tick=False):
                page = reader.get(BOARD).text
            assert ("欧阳谷雨" in page, "欧阳*" in page) == (is_named, not is_named)


@pytest.mark.parametrize("path", ["/pioneers", BOARD, f"{BOARD}/print", f"{BOARD}?by=teams"])
def test_nothing_of_it_is_kept(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_number_of_a_volunteer_stands_there(visitor: FlaskClient) -> None:
    for path in (BOARD, f"{BOARD}/print"):
        assert not re.search(r"TX0\d{4}", visitor.get(path).text)


# ── what stands there ─────────────────────────────────────────────────────────────────────


def test_the_tied_share_a_rank_and_a_step(visitor: FlaskClient) -> None:
    page = visitor.get(BOARD).text
    ranks = [row.split()[:2] for row in rows_of(page)]
    assert [rank for rank, _next in ranks] == ["1", "2", "2", "4"]
    assert [mark == "Tied" for _rank, mark in ranks] == [False, True, True, False]
    podium = page[page.index("q-podium") : page.index("</ol>", page.index("q-podium"))]
    assert podium.count("<li") == 2
    assert "tied, 3 hours" in podium


def test_titles_name_who_receives_them(visitor: FlaskClient) -> None:
    page = visitor.get(BOARD).text
    titles = page[page.index("h-titles") : page.index("q-podium")]
    assert titles.count("No. 2, tied") == 2
    assert "志愿先锋" in titles
    assert "Under notice until" in page


def test_only_frozen_lists_are_shown(town: Town, visitor: FlaskClient) -> None:
    before = rows_of(visitor.get(BOARD).text)
    serve_on(town.community, 6, zip(days_from(FIRST + timedelta(days=40)), (480,), strict=False))
    assert rows_of(visitor.get(BOARD).text) == before


def test_before_a_notice_nothing_is_published(year_town: Town) -> None:
    visitor = year_town.browser("visitor")
    answer = visitor.get(BOARD)
    assert answer.status_code == 200
    assert "春" not in answer.text
    assert f'href="{BOARD}"' not in visitor.get("/pioneers").text
    assert visitor.get(f"{BOARD}/print").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["/pioneers/NO/2025", "/pioneers/TX/99999", f"{BOARD}?list=2", f"{BOARD}?colour=pink",
     f"{BOARD}/changes"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(visitor: FlaskClient, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_the_list_of_boards_leads_there(visitor: FlaskClient) -> None:
    page = visitor.get("/pioneers").text
    assert f'href="{BOARD}"' in page
    assert "Under notice until" in page


def test_a_colour_has_its_own_list(visitor: FlaskClient) -> None:
    assert len(rows_of(visitor.get(f"{BOARD}?colour=red").text)) == 4
    assert "Nobody served in this colour" in visitor.get(f"{BOARD}?colour=green").text


def test_teams_stand_among_themselves(visitor: FlaskClient) -> None:
    (row,) = rows_of(visitor.get(f"{BOARD}?by=teams").text)
    assert row.startswith("1")
    assert "TX-red" in row


def test_a_score_explains_itself(year_town: Town) -> None:
    save(year_town.community, PLAIN._replace(weights=Weights(1, 2, 0, 0)))
    give_notice(year_town.community)
    client = year_town.browser("visitor")
    client.set_cookie("qicai_language", "en")
    page = client.get(BOARD).text
    assert "4 hours × 1" in page
    assert "2 dates × 2" in page
    assert rows_of(page)[0].split()[-1] == "8"


# ── one's own row ─────────────────────────────────────────────────────────────────────────


def test_the_own_row_is_marked_with_its_distance(town: Town) -> None:
    page = town.browser("volunteer").get(BOARD).text
    assert page.count('class="q-me"') == 2
    assert "No. 1" in page
    below = town.browser("organiser_too").get(BOARD).text
    assert "1 hour behind No. 1" in below


def test_a_visitor_has_no_row_of_their_own(visitor: FlaskClient) -> None:
    page = visitor.get(BOARD).text
    assert 'class="q-me"' not in page
    assert "line=" not in page


# ── to check it ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("who", ["volunteer", "organiser", "auditor"])
def test_the_numbers_have_the_bytes_that_were_hashed(town: Town, who: str) -> None:
    answer = town.browser(who).get(f"{BOARD}/list.csv")
    sha256 = hashlib.sha256(answer.data).hexdigest()
    assert answer.headers["X-Ranking-SHA256"] == sha256
    assert sha256 in town.browser("visitor").get(BOARD).text
    assert "春" not in answer.text


def test_a_visitor_signs_in_for_the_numbers(visitor: FlaskClient) -> None:
    assert visitor.get(f"{BOARD}/list.csv").status_code == 303


# ── corrected, final ──────────────────────────────────────────────────────────────────────


def corrected(community: Community) -> None:
    serve_on(community, 6, zip(days_from(FIRST + timedelta(days=40)), (480,), strict=False))
    correct_list(community, reason="漏记八小时")


def test_a_correction_says_why_and_what(town: Town, visitor: FlaskClient) -> None:
    corrected(town.community)
    page = visitor.get(BOARD).text
    assert "Corrected on" in page
    assert "漏记八小时" in page
    assert rows_of(page)[0].startswith("1 ● 立*")
    older = visitor.get(f"{BOARD}?list=1").text
    assert "An older list" in older
    assert rows_of(older)[0].startswith("1 ● 春*")
    rows = rows_of(visitor.get(f"{BOARD}/changes").text)
    assert "立*" in rows[0]
    assert "0.5 hours" in rows[0]
    assert "8.5 hours" in rows[0]


def test_titles_that_went_and_came_stand_in_public(town: Town, visitor: FlaskClient) -> None:
    corrected(town.community)
    page = visitor.get(f"{BOARD}/changes").text
    came = page[page.index("h-given") : page.index("h-taken")]
    assert "立*" in came
    assert "清*" in page[page.index("h-taken") : page.index("h-moved")]


def test_a_final_list_says_so(town: Town, visitor: FlaskClient) -> None:
    with time_machine.travel(AFTER_NOTICE, tick=False):
        assert "The notice ended" in visitor.get(BOARD).text
        make_final(town.community)
        page = visitor.get(BOARD).text
    assert "Final since" in page
    assert ">Awards<" in page
    assert "Object" not in page


def test_public_answers_stand_there_without_names(town: Town, visitor: FlaskClient) -> None:
    for_all, for_one = objected(town.community, 4, words="我看见清明没来"), objected(town.community)
    answered(town.community, for_all, words="电话 13800000001 核对过")
    answered(town.community, for_one, is_public=False, words="只对本人说")
    page = visitor.get(BOARD).text
    assert "138****0001 核对过" in page
    assert "About place 2" in page
    for hidden in ("清明", "只对本人说", "我看见"):
        assert hidden not in page


# ── paper ─────────────────────────────────────────────────────────────────────────────────


def test_the_paper_says_where_to_object(visitor: FlaskClient) -> None:
    paper = visitor.get(f"{BOARD}/print").text
    assert "Under notice from" in paper
    assert f"http://localhost{BOARD}" in paper
    assert "q-seal" in paper


def test_organisers_have_it_as_pdf(town: Town) -> None:
    answer = town.browser("organiser").get(f"{BOARD}/print.pdf")
    assert answer.data.startswith(b"%PDF")
    assert town.browser("organiser_below").get(f"{BOARD}/print.pdf").status_code == 404


# ── how much it costs ─────────────────────────────────────────────────────────────────────


def crowd(community: Community, people: int) -> None:
    """Let that many more people of the root serve one day each."""
    with transaction() as session:
        made = [
            Volunteer(
                organisation_id=community.root_id, number=f"TX9{i:04}", name=f"寒{i}", name_keys="",
                kind="resident", state="active", is_named=False, created_at=NOW,
            )
            for i in range(people)
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        ids = [one.id for one in made]
        open_accounts(session, root_id=community.root_id, holder_ids=ids)
    first = len(community.volunteers)
    community.volunteers.extend(ids)
    everybody = range(first, first + people)
    for begin in range(0, people, 200):
        lines = [community.line(i, 60, service_on=FIRST) for i in everybody[begin : begin + 200]]
        community.log(*lines, by="organiser")


@pytest.mark.parametrize("who", ["visitor", "volunteer"])
def test_a_thousand_rows_cost_as_few_statements(year_town: Town, who: str) -> None:
    crowd(year_town.community, 1000)
    save(year_town.community)
    give_notice(year_town.community)
    browser = year_town.browser(who)
    db.session.rollback()
    with statements() as sent:
        page = browser.get(BOARD)
    assert len(rows_of(page.text)) == 40
    asked = [one for one in sent if one.lstrip().upper().startswith(("SELECT", "WITH"))]
    assert len(asked) <= BUDGET, asked
    assert len(page.data) < 150_000


def test_an_award_names_its_certificate_once_it_has_one(town: Town, visitor: FlaskClient) -> None:
    with time_machine.travel(AFTER_NOTICE, tick=False):
        make_final(town.community)
        issue(town.community)
        first, *others = certificates_of(town.community)
        page = visitor.get(BOARD).text
        assert all(one.number in page for one in (first, *others))
        with transaction() as session:
            actor = actor_at(town.community, "organiser", AFTER_NOTICE)
            said = {"category": "mistake", "reason": "名单有误", "key": "revoke"}
            revoke(session, first.id, actor=actor, now=AFTER_NOTICE, **said)
        assert first.number not in visitor.get(BOARD).text


def test_one_person_alone_is_marked(year_town: Town) -> None:
    save(year_town.community)
    take_away(year_town.community, "organiser_too", "auditor")
    freeze_id = ask(year_town.community, "notice")
    with at_one_instant() as session:
        do_alone(
            session,
            freeze_id,
            actor=actor_at(year_town.community, "organiser"),
            now=NOW + timedelta(days=2),
            reason="没有第二人",
            key="alone",
        )
    page = year_town.browser("visitor").get(BOARD).text
    assert "一人办理" in page or "Done by one person" in page
    assert "没有第二人" not in page
