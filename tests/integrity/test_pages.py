"""The records check: who sees it, how far, what is refused, and that a sheet leaves its trace."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from app.integrity.rules import PATTERNS
from tests.service.community import ORDINARY_DAY
from tests.service.conftest import Town, statements

PAGE = "/integrity"
KEYS = [pattern.key for pattern in PATTERNS]


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def serve(town: Town, person: int = 3, **more: Any) -> int:
    return town.community.logged(town.community.line(person, **more)).record_ids[0]


@pytest.mark.parametrize("key", ["", *(f"/{key}" for key in KEYS), "/records"])
def test_each_page_opens_to_organisers_and_to_nobody_below(town: Town, key: str) -> None:
    serve(town)
    assert town.browser("organiser").get(PAGE + key).status_code == 200
    for who in ("leader", "co_leader", "volunteer"):
        assert town.browser(who).get(PAGE + key).status_code == 404, who
    assert town.browser("visitor").get(PAGE + key).status_code == 303
    assert town.browser("organiser").post(PAGE + key).status_code in {404, 405}


def test_an_organiser_below_sees_only_what_lies_below(town: Town) -> None:
    serve(town)
    below = town.browser("organiser_below")
    assert "TX-red" not in below.get(f"{PAGE}/teams").text
    assert below.get(f"{PAGE}?org=TX").status_code == 404
    assert below.get(f"{PAGE}/records?team=TX-red").status_code == 404
    assert "春分" not in below.get(f"{PAGE}/records").text


def test_the_organisation_is_chosen(town: Town, organiser: FlaskClient) -> None:
    serve(town)
    assert "TX-red" in organiser.get(f"{PAGE}/teams?org=TX").text
    page = organiser.get(f"{PAGE}/teams?org=TX1").text
    assert "TX-red" not in page
    assert "一小区" in page


@pytest.mark.parametrize(
    "asked",
    [
        "/nothing",
        "?org=none",
        "/records?team=none",
        "/records?by=x",
        "/records?person=0",
        "/records?person=" + "9" * 30,
        "/records?on=2026-13-01",
        "/records?evidence=seen",
        "/records?state=open",
    ],
)
def test_what_is_not_there_is_not_found(organiser: FlaskClient, asked: str) -> None:
    assert organiser.get(PAGE + asked).status_code == 404


def test_months_that_are_none_to_choose_are_three(organiser: FlaskClient) -> None:
    for asked in ("?months=5", "?months=x", ""):
        assert "Nov 3, 2025 to Feb 3, 2026" in organiser.get(PAGE + asked).text
    assert "Feb 3, 2025 to" in organiser.get(f"{PAGE}?months=12").text


def test_the_records_behind_lead_to_each_record(town: Town, organiser: FlaskClient) -> None:
    record = serve(town)
    page = organiser.get(f"{PAGE}/records?team=TX-red&on={ORDINARY_DAY}").text
    assert "1 records, 2 hours" in page
    assert f'href="/records/{record}"' in page
    assert "No records" in organiser.get(f"{PAGE}/records?team=TX-red&on=2026-01-01").text


# ── sheets ────────────────────────────────────────────────────────────────────────────────


def exports(town: Town) -> int:
    return int(town.one("SELECT count(*) FROM trail WHERE operation = 'integrity.export'"))


@pytest.mark.parametrize("key", KEYS)
def test_a_list_goes_out_as_a_sheet_and_leaves_its_trace(
    town: Town, organiser: FlaskClient, key: str
) -> None:
    serve(town)
    answer = organiser.post(f"{PAGE}/{key}/sheet?org=TX", data={"kind": "xlsx"})
    assert answer.status_code == 200
    sheet = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0)
    assert sheet.to_python()[0][0] == "Name"
    assert exports(town) == 1


def test_a_sheet_holds_hours_and_whole_percents(town: Town, organiser: FlaskClient) -> None:
    serve(town, minutes=150)
    answer = organiser.post(f"{PAGE}/leaders/sheet", data={"kind": "csv"})
    assert answer.headers["Cache-Control"] == "no-store"
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert lines[1] == "leader,,2.50,1,1,0,0,0"


def test_a_sheet_is_refused_where_it_is_none(town: Town, organiser: FlaskClient) -> None:
    assert organiser.post(f"{PAGE}/leaders/sheet", data={"kind": "pdf"}).status_code == 404
    assert organiser.post(f"{PAGE}/none/sheet").status_code == 404
    assert organiser.get(f"{PAGE}/leaders/sheet").status_code == 405
    assert town.browser("leader").post(f"{PAGE}/leaders/sheet").status_code == 404
    assert exports(town) == 0


# ── budget ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("key", ["", *(f"/{key}" for key in KEYS), "/records"])
def test_a_page_asks_the_database_a_bounded_number_of_times(
    town: Town, organiser: FlaskClient, key: str
) -> None:
    town.community.log(*(town.community.line(person) for person in range(2, 8)))
    with statements() as sent:
        organiser.get(PAGE + key)
    assert len(sent) <= 18, sent
