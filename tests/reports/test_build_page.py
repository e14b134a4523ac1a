"""The report builder as a page and as sheets: figures, refusals, scope, costs, both agree."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.db import db, transaction
from app.jobs.runner import Worker
from app.reports import build_views
from app.reports.questions import MEASURES, ROWS
from app.sheets.reading import read_sheet
from tests.reports import lived
from tests.service.conftest import Town, statements

QUERY_BUDGET = 18
MOST_BYTES = 150 * 1024
PATH = "/reports/build"
SPAN = {"span": "own", "from": "2025-11-01", "until": "2026-02-28"}
ALL = [measure.key for measure in MEASURES]
# Told apart by a spreadsheet only where they are written as text.
WILD = ("=1+1", "+86 138", "-2", "@SUM(A1)", "007", "两\n行", "𠮷野", "'quoted")


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


@pytest.fixture
def lived_in(town: Town) -> Town:
    lived.live(town.community, 1)
    return town


def shown(page: str) -> list[list[str]]:
    """Return the table's rows as text, its total last."""
    table = page.split('<table class="q-table')[1].split("</table>")[0].split("</thead>")[1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table, re.S)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in cells]


def wildly_named(town: Town) -> None:
    with transaction() as session:
        for volunteer_id, name in zip(town.people, WILD, strict=True):
            row = {"id": volunteer_id, "name": name}
            session.execute(text("UPDATE volunteers SET name = :name WHERE id = :id"), row)


def sheet(browser: FlaskClient, kind: str, **asked: Any) -> list[list[Any]]:
    answer = browser.post(f"{PATH}/sheet", data={**SPAN, "sheet": kind, **asked})
    assert answer.status_code == 200, answer.text
    return read_sheet(answer.data, f"report.{kind}").rows


# ── what it shows ─────────────────────────────────────────────────────────────────────────


def test_the_usual_report_is_the_teams_of_last_month(
    lived_in: Town, organiser: FlaskClient
) -> None:
    rows = shown(organiser.get(PATH).text)
    assert {row[0].lstrip("●") for row in rows} == {"TX-redTX-red", "TX-greenTX-green", "Together"}
    january = [
        one for one in lived.records() if (one.service_on.year, one.service_on.month) == (2026, 1)
    ]
    total = sum(one.minutes for one in january)
    assert rows[-1][1] in {f"{total / 60:.2f}".rstrip("0").rstrip("."), f"{total / 60:.1f}"}
    assert rows[-1][2] == str(len({one.volunteer_id for one in january}))


@pytest.mark.parametrize("rows", ROWS)
def test_every_kind_of_line_has_its_page(lived_in: Town, organiser: FlaskClient, rows: str) -> None:
    answer = organiser.get(PATH, query_string={**SPAN, "rows": rows, "m": ALL})
    assert answer.status_code == 200
    assert len(shown(answer.text)) >= 2
    assert ("No answer for these lines" in answer.text) == (rows in ("team", "colour", "activity"))


def test_lines_lead_deeper_and_hours_to_their_records(
    lived_in: Town, organiser: FlaskClient
) -> None:
    page = organiser.get(PATH, query_string={**SPAN, "rows": "person", "m": ALL}).text
    assert 'href="/volunteers/TX00001/passbook"' in page
    teams = organiser.get(PATH, query_string={**SPAN, "rows": "team", "m": ALL}).text
    assert 'href="/admin/teams/TX-red"' in teams
    for query in re.findall(r'href="/reports/records\?([^"]+)"', teams):
        assert organiser.get(f"/reports/records?{query.replace('&amp;', '&')}").status_code == 200


@pytest.mark.parametrize("rows", ROWS)
def test_the_records_behind_a_line_are_its_hours(
    lived_in: Town, organiser: FlaskClient, rows: str
) -> None:
    page = organiser.get(PATH, query_string={**SPAN, "rows": rows, "m": ["records"]}).text
    links = re.findall(r'<a href="(/reports/records[^"]+)">([\d,]+)</a>', page)
    assert links
    for url, figure in links:
        behind = organiser.get(url.replace("&amp;", "&")).text
        assert re.search(rf": {figure} records", behind), url


def test_a_long_report_goes_page_by_page(
    lived_in: Town, organiser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("app.reports.built", "app.reports.build_views"):
        monkeypatch.setattr(f"{module}.PAGE_SIZE", 3)
    asked = {**SPAN, "rows": "person", "m": ["minutes"]}
    first, second = (organiser.get(PATH, query_string={**asked, "page": page}) for page in (1, 2))
    assert "The sheet has them all" in first.text
    assert len(shown(first.text)) == len(shown(second.text)) == 4
    assert shown(first.text)[-1] == shown(second.text)[-1]
    assert organiser.get(PATH, query_string={**asked, "page": 99}).status_code == 404


# ── refusals and reach ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("rows=planet&m=minutes", "cannot be asked for"),
        ("rows=team&m=gold", "cannot be asked for"),
        ("rows=team", "at least one figure"),
        ("span=own&rows=team&m=minutes", "first and the last date"),
        ("span=own&from=2026-02-01&until=2026-01-01&rows=team&m=minutes", "lies before"),
        ("span=own&from=1500-02-01&until=2026-01-01", "cannot be asked for"),
        ("kind=alien", "cannot be asked for"),
    ],
)
def test_what_makes_no_report_is_said(organiser: FlaskClient, asked: str, said: str) -> None:
    answer = organiser.get(f"{PATH}?{asked}")
    assert answer.status_code == 422
    assert said in answer.text
    assert "<title>Error" in answer.text


@pytest.mark.parametrize("asked", ["org=NO", "team=NO", "colour=99999", "colour=²", "page=2"])
def test_what_there_is_not_is_not_found(organiser: FlaskClient, asked: str) -> None:
    assert organiser.get(f"{PATH}?{asked}").status_code == 404


def test_only_organisers_and_auditors_read_it(town: Town) -> None:
    for name in ("leader", "volunteer"):
        assert town.browser(name).get(PATH).status_code == 404
    assert "/sign-in" in town.browser("visitor").get(PATH).headers["Location"]


def test_an_organiser_below_reads_what_is_below(lived_in: Town) -> None:
    below = lived_in.browser("organiser_below")
    for path in (PATH, "/reports", "/reports/records"):
        assert below.get(f"{path}?org=TX").status_code == 404
    assert below.post(f"{PATH}/sheet", data={"org": "TX"}).status_code == 404
    assert below.get(f"{PATH}?team=TX-red").status_code == 404
    rows = shown(
        below.get(PATH, query_string={**SPAN, "rows": "organisation", "m": "records"}).text
    )
    own = [one for one in lived.records() if one.organisation_id == lived_in.community.estate_id]
    assert rows == [["一小区", str(len(own))], ["Together", str(len(own))]]


def test_it_only_reads(organiser: FlaskClient) -> None:
    assert organiser.post(PATH).status_code == 405
    assert organiser.get(f"{PATH}/sheet").status_code == 405


@pytest.mark.parametrize("rows", ["person", "branch"])
def test_it_keeps_its_budget(lived_in: Town, organiser: FlaskClient, rows: str) -> None:
    asked = {**SPAN, "rows": rows, "m": ALL}
    organiser.get(PATH, query_string=asked)
    with statements() as sent:
        page = organiser.get(PATH, query_string=asked)
    assert len(sent) <= QUERY_BUDGET, sent
    assert len(page.data) < MOST_BYTES


# ── sheets ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rows", ROWS)
def test_both_sheets_come_back_as_the_same_values(
    lived_in: Town, organiser: FlaskClient, rows: str
) -> None:
    wildly_named(lived_in)
    xlsx, csv = (sheet(organiser, kind, rows=rows, m=ALL) for kind in ("xlsx", "csv"))
    assert [[_as_text(cell) for cell in row] for row in xlsx] == [
        [_as_text(cell) for cell in row] for row in csv
    ]
    minutes = xlsx[0].index("Minutes")
    assert all(isinstance(row[minutes], int) for row in xlsx[1:] if row[minutes] != "")
    assert xlsx[-1][0] == "Together"
    assert xlsx[-1][minutes] == sum(
        one.minutes for one in lived.records() if one.service_on.isoformat() >= SPAN["from"]
    )


def test_names_stay_what_they_are(lived_in: Town, organiser: FlaskClient) -> None:
    wildly_named(lived_in)
    people = {one.volunteer_id for one in lived.records()}
    names = {name for who, name in zip(lived_in.people, WILD, strict=True) if who in people}
    for kind in ("xlsx", "csv"):
        rows = sheet(organiser, kind, rows="person", m=["minutes"])
        # A newline in a cell comes back as it was on XLSX and CSV alike.
        assert names <= {str(row[0]) for row in rows[1:]}


def test_figures_are_numbers_and_dates_dates(lived_in: Town, organiser: FlaskClient) -> None:
    header, first, *_rest = sheet(organiser, "xlsx", rows="person", m=["minutes", "credited"])
    told = dict(zip(header, first, strict=True))
    assert isinstance(told["Served hours"], int | Decimal)
    assert isinstance(told["Points credited"], int | Decimal)
    assert Decimal(told["Served hours"]) * 60 - told["Minutes"] < 1


def test_a_sheet_leaves_a_trail_row(lived_in: Town, organiser: FlaskClient) -> None:
    sheet(organiser, "csv", rows="person", m=["minutes"])
    assert lived_in.one("SELECT count(*) FROM trail WHERE operation = 'report.export'") == 1


def test_a_large_sheet_is_written_by_a_worker(
    lived_in: Town, organiser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {**SPAN, "sheet": "csv", "rows": "person", "m": ALL}
    at_once = organiser.post(f"{PATH}/sheet", data=asked).data
    monkeypatch.setattr(build_views, "MOST_AT_ONCE", 2)
    answer = organiser.post(f"{PATH}/sheet", data=asked)
    assert answer.status_code == 303
    db.session.rollback()
    run_jobs(lived_in)
    job = organiser.get(answer.location).text
    (url,) = set(re.findall(r'href="(/files/\d+)"', job))
    assert organiser.get(url).data == at_once


def run_jobs(town: Town) -> None:
    Worker(lambda: [town.app]).work_off(town.app)


def _as_text(cell: Any) -> str:
    return format(Decimal(str(cell)).normalize(), "f") if _is_number(cell) else str(cell)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, int | Decimal) or bool(
        re.fullmatch(r"-?[1-9]\d*(\.\d+)?|0(\.\d+)?", str(cell))
    )
