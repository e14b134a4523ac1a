"""The report as a page and as sheets: figures, refusals, what it costs, and that both agree."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.reports.views import PARTS
from app.sheets.reading import read_sheet
from tests.reports.book import Book
from tests.rewards.shelving import PRICE, give_points, redeemed, stocked
from tests.service.conftest import Town, statements

QUERY_BUDGET = 18
PATH = "/reports/points"


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def lived_in(town: Town) -> None:
    """Let a community have issued 1,500, expired 20 of it and redeemed for 160."""
    book, person = Book(town.community.root_id), town.people[5]
    book.enter("service", person, 1_100_00, datetime(2025, 12, 5, tzinfo=UTC))
    book.enter("opening", person, 400_00, datetime(2026, 1, 10, tzinfo=UTC))
    book.enter("expiry", person, -20_00, datetime(2026, 1, 20, tzinfo=UTC))
    item = stocked(town.community, name="洗衣液 2 kg")
    give_points(town.community, 3, PRICE)
    redeemed(town.community, 3, item)


def sheet(organiser: FlaskClient, part: str, **asked: Any) -> list[dict[str, str]]:
    body = organiser.get(f"{PATH}/{part}.csv", query_string=asked).data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


def months_of(page: str) -> list[list[str]]:
    """Return the rows of the page's table of months, without the one below them."""
    table = page.split('id="h-months"')[1].split("<tbody>")[1].split("</tbody>")[0]
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in table.split("</tr>")]
    return [row for row in rows if row]


# ── what it shows ─────────────────────────────────────────────────────────────────────────


def test_the_figures_of_this_year_stand_on_top(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    page = organiser.get(PATH).text
    assert re.findall(r'<dd><span class="q-num">([\d,.]+)', page) == ["560", "160", "20", "1,480"]
    assert "by all accounts now: 1,480" in page
    assert months_of(page) == [
        ["Jan 2026", "400", "0", "0", "0", "−20", "0", "1,480"],
        ["Feb 2026", "160", "0", "−160", "0", "0", "0", "1,480"],
    ]
    assert "洗衣液 2 kg" in page


def test_every_chart_says_a_sentence_and_has_its_table(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    page = organiser.get(PATH).text
    assert page.count('role="img" aria-label="Points') == 4
    assert "Most were issued in Jan 2026: 400." in page
    assert page.count('href="#h-months"') == 2
    table = page.split('id="h-months"')[1].split("</table>")[0]
    assert re.search(r"<caption[^>]*>Month by month", table)
    assert all(f">{title}</th>" in table for title in ("Issued", "Redeemed", "Outstanding"))


def test_a_year_and_a_span_are_asked_for(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    year = months_of(organiser.get(f"{PATH}?year=2025").text)
    assert (len(year), year[-1][1], year[-1][-1]) == (12, "1,100", "1,100")
    span = months_of(organiser.get(f"{PATH}?from=2025-12&until=2026-01").text)
    assert [row[0] for row in span] == ["Dec 2025", "Jan 2026"]


@pytest.mark.parametrize(
    "asked",
    ["year=99999", "year=²⁰²⁶", "from=yesterday&until=2026-13", "from=2030-01", "until=0001-01"],
)
def test_nonsense_and_months_to_come_ask_for_the_usual(organiser: FlaskClient, asked: str) -> None:
    answer = organiser.get(f"{PATH}?{asked}")
    assert answer.status_code == 200
    assert months_of(answer.text)


def test_an_empty_community_has_noughts_and_says_so(organiser: FlaskClient) -> None:
    page = organiser.get(PATH).text
    assert "Nothing was redeemed within this time." in page
    assert [row[1:] for row in months_of(page)] == [["0"] * 7] * 2


# ── sheets ────────────────────────────────────────────────────────────────────────────────


def test_the_sheet_of_months_says_what_the_page_says(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    rows = sheet(organiser, "months")
    shown = months_of(organiser.get(PATH).text)
    names = ("Issued", "Reversed", "Redeemed", "Given back", "Expired", "Adjusted down")
    for row, (_month, *figures) in zip(rows, shown, strict=True):
        told = [row[name] for name in (*names, "Outstanding at the month's end")]
        assert [float(text) for text in told] == [
            float(text.replace("−", "-").replace(",", "")) for text in figures
        ]
    assert [row["Month"] for row in rows] == ["2026-01", "2026-02"]


def test_items_and_partners_are_handed_out(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    (item,) = sheet(organiser, "items")
    assert (item["Item"], item["Redeemed"], item["Points kept"]) == ("洗衣液 2 kg", "1", "160.00")
    (partner,) = sheet(organiser, "partners")
    assert (partner["Partner"], partner["Items"]) == ("No partner named", "1")


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_a_workbook_too(town: Town, organiser: FlaskClient, part: str) -> None:
    lived_in(town)
    answer = organiser.get(f"{PATH}/{part}.xlsx")
    assert answer.headers["Content-Disposition"].endswith(".xlsx")
    rows = read_sheet(answer.data, "report.xlsx").rows
    as_csv = organiser.get(f"{PATH}/{part}.csv").data.decode("utf-8-sig").splitlines()
    assert [str(title) for title in rows[0]] == next(csv.reader(as_csv[:1]))
    assert len(rows) == len(as_csv)


# ── the other questions ───────────────────────────────────────────────────────────────────


def test_only_those_who_keep_or_audit_the_books_read_it(town: Town) -> None:
    for name in ("leader", "volunteer"):
        assert town.browser(name).get(PATH).status_code == 404
    visitor = town.browser("visitor").get(PATH)
    assert (visitor.status_code, "/sign-in" in visitor.headers["Location"]) == (303, True)


def test_an_organiser_below_sees_what_is_below(town: Town) -> None:
    lived_in(town)
    below = town.browser("organiser_below")
    assert months_of(below.get(PATH).text)[0][-1] == "0"
    assert below.get(f"{PATH}?org=TX").status_code == 404
    assert below.get(f"{PATH}/months.csv?org=TX").status_code == 404


def test_what_there_is_no_such_part_of_is_not_found(organiser: FlaskClient) -> None:
    assert organiser.get(f"{PATH}?org=NO").status_code == 404
    assert organiser.get(f"{PATH}/people.csv").status_code == 404
    assert organiser.get(f"{PATH}/months.pdf").status_code == 404
    assert organiser.post(PATH).status_code == 405


def test_it_takes_few_statements(town: Town, organiser: FlaskClient) -> None:
    for number in range(60):
        stocked(town.community, name=f"毛巾 {number}", pieces=2)
    with statements() as sent:
        page = organiser.get(PATH)
    assert page.status_code == 200
    assert len(sent) <= QUERY_BUDGET


def test_the_shelf_and_the_desk_lead_here(organiser: FlaskClient) -> None:
    for page in ("/shelf", "/stock", "/desk"):
        assert f'href="{PATH}' in organiser.get(page).text
