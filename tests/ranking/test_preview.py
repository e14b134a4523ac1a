"""The preview: from kept totals, the same as counted anew from the records."""

from __future__ import annotations

import hashlib
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.ranking.queries import Scope, preview, scope_of, teams_preview, years_of
from app.ranking.rules import CSV_HEADER, Row, canonical_csv
from tests.passbook.reader import assemble, browser_of, serve, statements, take_back
from tests.service.community import ORDINARY_DAY, SERVICE_DAY, Community

BUDGET = 20


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    return assemble(db_session, ranking_least_people="2")


def scope(session: Session, year: int = 2026, org: str = "TX", **more: Any) -> Scope:
    session.rollback()
    return scope_of(session, year, org, **more)


def green(community: Community, person: int, on: date, minutes: int = 60) -> None:
    line = community.line(person, minutes, team_id=community.green_id, service_on=on)
    community.logged(line, by="organiser")


def test_two_teams_on_one_date_are_one_date(db_session: Session, community: Community) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY])
    green(community, 3, SERVICE_DAY)
    ((rank, row),) = preview(db_session, scope(db_session))
    assert rank == 1
    assert row[:5] == ("TX00004", "春分", 240, 2, 1)
    assert row.points_hundredths == 230 + 150 + 150


def test_a_colour_and_a_team_count_their_own(db_session: Session, community: Community) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY])
    green(community, 3, SERVICE_DAY)
    narrowings: tuple[dict[str, Any], ...] = (
        {"colour_key": "green"},
        {"team_code": "TX-green"},
        {"org": "TX1"},
    )
    for narrowed in narrowings:
        ((_, row),) = preview(db_session, scope(db_session, **narrowed))
        assert (row.minutes, row.dates, row.service_days) == (60, 1, 1)


def test_equal_in_all_three_share_the_rank(db_session: Session, community: Community) -> None:
    for person in (5, 3, 4):
        serve(community, [ORDINARY_DAY], person, 60 if person == 4 else 90)
    places = [(rank, row.volunteer_no) for rank, row in preview(db_session, scope(db_session))]
    assert places == [(1, "TX00004"), (1, "TX00006"), (3, "TX00005")]


def test_who_has_nothing_left_is_left_out(db_session: Session, community: Community) -> None:
    record_id = community.logged(community.line(3)).record_ids[0]
    take_back(community, record_id)
    assert preview(db_session, scope(db_session)) == []
    assert years_of(db_session, scope(db_session).organisation_ids) == []


def test_a_year_is_the_year_of_service(db_session: Session, community: Community) -> None:
    serve(community, [date(2025, 12, 31)])
    assert preview(db_session, scope(db_session)) == []
    assert len(preview(db_session, scope(db_session, 2025))) == 1


def test_teams_by_minutes_per_active_person(db_session: Session, community: Community) -> None:
    for person in (3, 4):
        serve(community, [ORDINARY_DAY], person, 90)
    green(community, 5, ORDINARY_DAY, 400)
    placed = [
        (team.rank, team.row.team_code) for team in teams_preview(db_session, scope(db_session))
    ]
    # One person only: listed, not placed.
    assert placed == [(1, "TX-red"), (None, "TX-green")]


@pytest.mark.parametrize(
    "given",
    [
        {"org": "NO"},
        {"colour_key": "pink"},
        {"team_code": "TX-none"},
        {"org": "TX1", "team_code": "TX-red"},
        {"year": 0},
        {"year": 10**9},
    ],
)
def test_words_that_mean_nothing_are_refused(
    db_session: Session, community: Community, given: dict[str, Any]
) -> None:
    with pytest.raises(NotFound):
        scope(db_session, **given)


def test_statements_do_not_grow_with_people(db_session: Session, community: Community) -> None:
    whole = scope(db_session)
    serve(community, [ORDINARY_DAY], 3)
    green(community, 3, ORDINARY_DAY)
    with statements() as few:
        preview(db_session, whole)
    db_session.rollback()
    for person in (4, 5):
        serve(community, [ORDINARY_DAY], person)
        green(community, person, ORDINARY_DAY)
    with statements() as many:
        assert len(preview(db_session, whole)) == 3
    assert len(few) == len(many)


# ── the page ──────────────────────────────────────────────────────────────────────────────


def read(app: Flask, community: Community, name: str, path: str) -> tuple[int, str]:
    answer = browser_of(app, community, name).get(path)
    return answer.status_code, answer.text


def test_ties_are_marked_and_names_shown(app: Flask, community: Community) -> None:
    for person in (3, 5):
        serve(community, [ORDINARY_DAY], person)
    status, text = read(app, community, "organiser", "/ranking?year=2026&language=en")
    assert status == 200
    assert text.count("春分") >= 2
    assert "Tied" in text


def test_the_latest_year_with_records_opens(app: Flask, community: Community) -> None:
    serve(community, [date(2024, 5, 1)])
    assert "2024" in read(app, community, "organiser", "/ranking?language=en")[1]


def test_an_empty_year_says_so(app: Flask, community: Community) -> None:
    assert "Nobody yet" in read(app, community, "organiser", "/ranking?year=2026&language=en")[1]


def test_the_sheet_with_names_comes_first_and_the_csv_says_what_it_is_for(
    app: Flask, community: Community
) -> None:
    serve(community, [SERVICE_DAY])
    _, text = read(app, community, "organiser", "/ranking?year=2026&language=en")
    assert (
        text.index("/ranking.xlsx")
        < text.index("Names are in the Excel sheet")
        < text.index("/ranking.csv")
    )
    _, empty = read(app, community, "organiser", "/ranking?year=1999&language=en")
    assert "/ranking.xlsx" not in empty


def test_teams_have_a_page(app: Flask, community: Community) -> None:
    for person in (3, 4):
        serve(community, [ORDINARY_DAY], person)
    status, text = read(app, community, "organiser_too", "/ranking?year=2026&by=teams&language=en")
    assert status == 200
    assert "Hours per person" in text
    # On a phone a line for each team, as people have it: no label above every figure.
    assert "data-l=" not in text
    assert text.count("hours each") == 1


def test_a_leader_ranks_the_own_team_only(app: Flask, community: Community) -> None:
    serve(community, [ORDINARY_DAY], 3)
    green(community, 5, ORDINARY_DAY)
    _, text = read(app, community, "leader", "/ranking?year=2026")
    assert "春分" in text
    assert "谷雨" not in text
    for path in ("/ranking?team=TX-green", "/ranking.csv?team=TX-green", "/ranking?team=none"):
        assert read(app, community, "leader", path)[0] == 404
    # An organisation or "by teams" in the address widens nothing.
    for path in ("/ranking?year=2026&org=TX", "/ranking?year=2026&by=teams"):
        assert "谷雨" not in read(app, community, "leader", path)[1]


def test_volunteers_find_no_sheets(app: Flask, community: Community) -> None:
    for path in ("/ranking.csv", "/ranking.xlsx"):
        assert read(app, community, "volunteer", path)[0] == 404


@pytest.mark.parametrize("argument", ["org=NO", "team=NO", "colour=NO"])
def test_what_is_not_there_is_not_found(app: Flask, community: Community, argument: str) -> None:
    assert read(app, community, "organiser", f"/ranking?{argument}")[0] == 404


@pytest.mark.parametrize("path", ["/ranking", "/ranking.csv", "/ranking.xlsx"])
def test_reading_is_all_one_can_do(app: Flask, community: Community, path: str) -> None:
    assert browser_of(app, community, "organiser").post(path).status_code == 405


def test_the_csv_is_the_canonical_one(
    app: Flask, db_session: Session, community: Community
) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY])
    answer = browser_of(app, community, "organiser").get("/ranking.csv?year=2026")
    assert answer.data == canonical_csv(preview(db_session, scope(db_session)))
    assert answer.data.startswith(CSV_HEADER.encode() + b"\n1,TX00004,180,2,1,3.8\n")
    assert answer.headers["X-Ranking-SHA256"] == hashlib.sha256(answer.data).hexdigest()
    assert answer.headers["X-Ranking-Mark"] == "2"
    assert "ranking-2026-TX.csv" in answer.headers["Content-Disposition"]


def test_the_workbook_holds_the_same(app: Flask, community: Community) -> None:
    serve(community, [SERVICE_DAY, ORDINARY_DAY])
    body = browser_of(app, community, "organiser").get("/ranking.xlsx?year=2026").data
    rows = CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0).to_python()
    assert rows[1] == [1, "TX00004", "春分", 180, 2, 1, 3.8]


def test_the_page_keeps_to_its_budget(app: Flask, community: Community) -> None:
    serve(community, [ORDINARY_DAY])
    browser = browser_of(app, community, "organiser")
    with statements() as sent:
        assert browser.get("/ranking?year=2026").status_code == 200
    assert len(sent) <= BUDGET


def test_a_number_that_needs_quotes_has_no_canonical_form() -> None:
    with pytest.raises(ValueError, match="canonical"):
        canonical_csv([(1, Row("a,b", "x", 1, 1, 0, 0))])
