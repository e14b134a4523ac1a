"""Hours of before count in a lifetime and for stars, and in no year and no ranking."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.organisations.queries import settings_of
from app.passbook.explanation import sentence_of
from app.passbook.queries import history_of, statement_of, summary_of
from app.ranking.queries import preview, scope_of
from app.ranking.rules import canonical_csv
from app.service.queries import served_minutes_of, served_minutes_of_many, sums_of
from tests.imports.sheets import bring, csv
from tests.passbook.reader import READER, assemble, browser_of, serve, statements
from tests.service.community import NOW, SERVICE_DAY, Community

HEADER = "编号,积分,时长（小时）,截至日期,备注"
ZONE = "Asia/Shanghai"


@pytest.fixture
def community(app: Flask, db_session: Session) -> Community:
    community = assemble(db_session)
    serve(community, [SERVICE_DAY, date(2025, 12, 3)])
    return community


def reader(community: Community) -> int:
    return community.volunteers[READER]


def take_over(community: Community, hours: str = "299", points: str = "12.5") -> None:
    number = f"TX{READER + 1:05}"
    bring(community, "opening", csv(HEADER, f"{number},{points},{hours},2024-12-31,第7号"))


def rankings(session: Session) -> list[bytes]:
    session.rollback()
    return [
        canonical_csv(preview(session, scope_of(session, year, "TX")))
        for year in (2024, 2025, 2026)
    ]


def test_the_star_level_counts_them(db_session: Session, community: Community) -> None:
    settings = settings_of(db_session, community.root_id)
    assert summary_of(db_session, reader(community), settings, NOW).stars.level == 0
    take_over(community)
    db_session.rollback()
    summary = summary_of(db_session, reader(community), settings, NOW)
    # 100 and 300 hours are the first two levels.
    assert (summary.served_minutes, summary.before_minutes) == (299 * 60 + 180, 299 * 60)
    assert summary.stars.level == 2
    assert sum(share.minutes for share in summary.shares) == 180
    assert summary.years == (2026, 2025)


def test_every_door_tells_the_same_lifetime(db_session: Session, community: Community) -> None:
    take_over(community)
    db_session.rollback()
    person = reader(community)
    assert served_minutes_of(db_session, person) == 299 * 60 + 180
    assert served_minutes_of_many(db_session, [person, 777]) == {person: 299 * 60 + 180}


def test_no_ranking_and_no_years_figure_moves(db_session: Session, community: Community) -> None:
    before = rankings(db_session)
    sums = [sums_of(db_session, [community.root_id], year=year) for year in (2024, 2025, 2026)]
    take_over(community)
    assert rankings(db_session) == before
    assert [
        sums_of(db_session, [community.root_id], year=year) for year in (2024, 2025, 2026)
    ] == sums


def test_no_months_hours_hold_them(db_session: Session, community: Community) -> None:
    take_over(community)
    db_session.rollback()
    months = statement_of(db_session, reader(community), ZONE).months
    assert sum(month.minutes for month in months) == 180
    assert sum(month.points_hundredths for month in months) > 1250


@pytest.mark.parametrize(
    ("hours", "points", "figures"),
    [("299", "12.5", "299 h and 12.5 points"), ("", "12.5", ": 12.5 points"), ("2", "", "2 h, no")],
)
def test_the_line_explains_itself(
    db_session: Session, community: Community, hours: str, points: str, figures: str
) -> None:
    take_over(community, hours, points)
    db_session.rollback()
    line = history_of(db_session, reader(community), ZONE)[-1]
    said = sentence_of(line, lambda text: text)
    assert line.kind == "opening"
    assert "as of 2024-12-31" in said
    assert figures in said
    assert said.endswith("Note: 第7号")


def test_a_page_asks_one_statement_more_for_it(db_session: Session, community: Community) -> None:
    person = reader(community)
    with statements() as before:
        statement_of(db_session, person, ZONE)
    take_over(community)
    db_session.rollback()
    with statements() as after:
        statement_of(db_session, person, ZONE)
    assert len(after) - len(before) <= 2  # the opening, and who took it over


@pytest.mark.parametrize("path", ["/me", "/me/ledger", "/me/ledger?print=1"])
def test_pages_mark_them(app: Flask, community: Community, path: str) -> None:
    take_over(community)
    page = browser_of(app, community, "volunteer").get(path, headers={"Accept-Language": "en"}).text
    assert "before Qicai" in page.replace("Before", "before")
    assert "299" in page


def test_the_command_includes_them(app: Flask, community: Community) -> None:
    take_over(community)
    result = app.test_cli_runner().invoke(args=["passbook", f"TX{READER + 1:05}", "--json"])
    assert f'"served_minutes": {299 * 60 + 180}' in result.stdout
    assert '"kind": "opening"' in result.stdout
