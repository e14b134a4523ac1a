"""The preview with titles, what-if, one person explained, frozen lists and their bytes."""

from __future__ import annotations

import hashlib
from io import BytesIO

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from app.ranking.queries.comparing import Lister, Size, live_head
from app.ranking.queries.lists import live_rankings, team_totals
from app.ranking.queries.moves import moves_between
from app.ranking.rules.schemes import Title, Weights
from tests.adjustments.community import one
from tests.ranking.closing import HERE, MOST_STATEMENTS, Present, later_record, queries_in
from tests.ranking.year import PLAIN, YEAR, correct_list, give_notice, save
from tests.service.conftest import Town, key_in, statements

BY_DATES = Weights(0, 1, 0, 0)


@pytest.fixture
def town(year_town: Town) -> Town:
    return Present(year_town.app, year_town.community)


def read(town: Town, path: str, name: str = "organiser") -> str:
    answered = town.browser(name).get(f"{HERE}/{path}")
    assert answered.status_code == 200, answered.text[-2000:]
    return str(answered.text)


def rows_of(page: str) -> str:
    """Return the table of a page, which is drawn twice for two widths."""
    return page.split("<tbody>")[1].split("</tbody>")[0]


# ── the preview ───────────────────────────────────────────────────────────────────────────


def test_titles_and_why_somebody_has_none(town: Town) -> None:
    excluded = {town.people[3]: "工作人员"}
    save(town.community, PLAIN._replace(exclusions=excluded))
    rows = rows_of(read(town, "preview"))
    assert rows.count("志愿先锋") == 2
    assert "Left out: 工作人员" in rows
    assert "Below the 1 hour needed" in rows
    assert rows.count(">Tied<") == 2


def test_a_page_beyond_the_last_is_the_last(town: Town) -> None:
    save(town.community)
    assert rows_of(read(town, "preview?page=9")) == rows_of(read(town, "preview"))
    assert "Nobody yet" in read(town, "preview?colour=green&page=9")


def test_a_list_is_narrowed(town: Town) -> None:
    save(town.community)
    assert "春分" in rows_of(read(town, "preview?colour=red"))
    for narrowed in ("colour=green", "kind=party", "team=TX-green"):
        assert "Nobody yet" in read(town, f"preview?{narrowed}")
    assert "春分" in rows_of(read(town, "preview?team=TX-red"))
    versions = [f"version={typed}" for typed in ("9", "01", "９", "9" * 30)]
    for wrong in ("colour=pink", "kind=dog", "team=NO", *versions):
        answered = town.browser("organiser").get(f"{HERE}/preview?{wrong}")
        assert answered.status_code == 404


def test_a_scheme_is_tried_on_another_year(town: Town) -> None:
    save(town.community, year=2026)
    answered = town.browser("organiser").get("/awards/TX/2026/preview?year=2025")
    assert "The scheme of 2026, tried on 2025." in answered.text
    assert "春分" in answered.text


def test_pages_are_the_whole_list_in_its_order(db_session: Session, town: Town) -> None:
    root_id = town.community.root_id
    teams = team_totals(db_session, YEAR, [root_id])
    for weights in (None, BY_DATES, Weights(3, 1, 2, 5)):
        lister = Lister(root_id, YEAR, weights)
        whole = live_rankings(db_session, root_id, YEAR, weights, teams, 2).everyone
        pages = [live_head(db_session, lister, limit=1, offset=at)[1][0] for at in range(4)]
        assert [(one.number, one.now and one.now.rank) for one in pages] == [
            (one.number, one.rank) for one in whole
        ]
        tied = [one.rank for one in whole]
        assert [one.is_tied for one in pages] == [tied.count(rank) > 1 for rank in tied]
        groups = len({rank for rank in tied if tied.count(rank) > 1})
        assert live_head(db_session, lister, limit=1)[0] == Size(4, 630, groups)


# ── what if ───────────────────────────────────────────────────────────────────────────────


def test_what_if_tells_who_moves_and_saves_nothing(town: Town) -> None:
    save(town.community)
    page = read(town, "what-if?order=weights&per_date=1")
    assert "up 1 place" in page
    assert "Save as the scheme" in page
    assert one("SELECT count(*) FROM ranking_schemes") == 1


def test_a_place_less_takes_its_titles(town: Town) -> None:
    save(town.community, PLAIN._replace(titles=(Title("overall", 2, "志愿先锋"),)))
    page = read(town, "what-if?places-0=1")
    assert "Titles that go" in page
    assert "Titles that come<" not in page
    assert "Nobody moves" in page


def test_moves_are_counted_whatever_the_page(db_session: Session, town: Town) -> None:
    lister = Lister(town.community.root_id, YEAR, None)
    moves = moves_between(db_session, lister, BY_DATES, limit=1, offset=0)
    assert (moves.rising, moves.falling) == (2, 0)
    assert [(move.number, move.old, move.new) for move in moves.rows] == [("TX00005", 2, 1)]


@pytest.mark.parametrize("given", ["per_date=x&order=weights", "places-0=none", "order=weights"])
def test_a_try_that_is_none_says_so_and_stays_typed(town: Town, given: str) -> None:
    save(town.community)
    answered = town.browser("organiser").get(f"{HERE}/what-if?{given}")
    assert answered.status_code == 422
    assert given.split("&")[0].split("=")[1] in answered.text


# ── one person ────────────────────────────────────────────────────────────────────────────


def test_a_person_is_explained_by_records_and_sums(town: Town) -> None:
    save(town.community, PLAIN._replace(weights=Weights(1, 2, 0, 0)))
    page = read(town, f"people/{town.people[3]}")
    assert "4 hours × 1" in page
    assert "2 dates × 2" in page
    assert '<dd class="tot">8</dd>' in page
    assert "2 records, 2 dates, 4 hours: the sums of the list." in page


def test_a_frozen_list_explains_as_of_its_mark(town: Town) -> None:
    save(town.community)
    frozen = give_notice(town.community)
    later_record(town)
    path = f"people/{town.people[6]}"
    assert "No. 1" in read(town, path)
    then = read(town, f"{path}?snapshot={frozen.id}")
    assert "No. 4" in then
    assert "1 records, 1 dates, 0.5 hours: the sums of the list." in then


def test_somebody_without_a_record_has_no_place(town: Town) -> None:
    assert "No place" in read(town, f"people/{town.people[7]}")
    assert town.browser("organiser").get(f"{HERE}/people/999999").status_code == 404


# ── frozen lists ──────────────────────────────────────────────────────────────────────────


def test_a_corrected_list_tells_what_changed(town: Town) -> None:
    save(town.community)
    first = give_notice(town.community)
    later_record(town)
    second = correct_list(town.community)
    page = read(town, f"snapshots/{second.id}", "auditor")
    assert "Corrects" in page
    assert second.sha256 in page
    assert "up 3 places" in page
    assert "Titles that come" in page
    assert "Below the" not in page
    whole = read(town, f"snapshots/{second.id}?show=all")
    assert rows_of(whole).count("<tr>") == 4
    assert "Corrects" not in read(town, f"snapshots/{first.id}")


def test_the_bytes_are_those_that_were_hashed(town: Town) -> None:
    save(town.community)
    kept = give_notice(town.community)
    answered = town.browser("auditor").get(f"{HERE}/snapshots/{kept.id}.csv")
    assert hashlib.sha256(answered.data).hexdigest() == kept.sha256
    assert answered.headers["X-Ranking-SHA256"] == kept.sha256
    assert "ranking-2025-TX-1.csv" in answered.headers["Content-Disposition"]


def test_the_workbook_holds_names_and_titles(town: Town) -> None:
    save(town.community)
    kept = give_notice(town.community)
    body = town.browser("organiser").get(f"{HERE}/snapshots/{kept.id}.xlsx").data
    rows = CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0).to_python()
    assert rows[1][:5] == [1, "", "TX00004", "春分", 240]
    assert rows[1][-1] == "志愿先锋"
    assert [row[:2] for row in rows[2:]] == [[2, "Tied"], [2, "Tied"], [4, ""]]


def test_verified_at_a_tap(town: Town) -> None:
    save(town.community)
    kept = give_notice(town.community)
    later_record(town)
    browser = town.browser("auditor")
    path = f"{HERE}/snapshots/{kept.id}"
    sending = {"key": key_in(browser.get(path).text)}
    answered = browser.post(f"{path}/verify", data=sending)
    assert answered.status_code == 200
    assert "The list holds" in answered.text


def test_a_list_of_another_year_is_not_found(town: Town) -> None:
    save(town.community)
    kept = give_notice(town.community)
    for path in (f"/awards/TX/2024/snapshots/{kept.id}", f"{HERE}/snapshots/{kept.id + 1}"):
        assert town.browser("organiser").get(path).status_code == 404
    people = f"/awards/TX/2024/people/{town.people[3]}?snapshot={kept.id}"
    assert town.browser("organiser").get(people).status_code == 404


@pytest.mark.parametrize("path", ["preview", "what-if?order=weights&per_date=2", "snapshots/1"])
def test_each_page_keeps_to_its_budget(town: Town, path: str) -> None:
    save(town.community)
    give_notice(town.community)
    later_record(town)
    correct_list(town.community)
    browser = town.browser("organiser")
    path = path.replace("snapshots/1", f"snapshots/{one('SELECT max(id) FROM ranking_snapshots')}")
    browser.get(f"{HERE}/{path}")
    with statements() as sent:
        assert browser.get(f"{HERE}/{path}").status_code == 200
    listed = queries_in(sent)
    assert len(listed) <= MOST_STATEMENTS, "\n".join(listed)
