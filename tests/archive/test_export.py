"""The organisation's export: who may ask, what stands in the sheets, what is written about it."""

from __future__ import annotations

import json
from datetime import date
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.archive.rules import exports
from app.archive.rules.exports import (
    TooManyInFull,
    TooManyRecords,
    Wanted,
    YearUnfit,
    check_export,
)
from app.archive.rules.sealing import seal_key
from app.db import transaction
from app.jobs.runner import Worker
from app.sheets.cells import Cell
from app.sheets.writing import Sheet, write_sheets
from tests.archive.keeping import BLAME, COURSE, HONOUR, ID_NUMBER, WHO, act, enter, rows
from tests.archive.workbooks import cells_of
from tests.service.conftest import Town, key_in

PATH = "/archives/export"
PHONE = "13800001234"
TODAY = date(2026, 2, 3)


@pytest.fixture
def organiser(town: Town) -> FlaskClient:
    return town.browser("organiser")


def lived_in(town: Town) -> None:
    community = town.community
    community.logged(community.line(WHO, minutes=150))
    community.logged(community.line(0, minutes=60), by="organiser")
    enter(community, "training", COURSE)
    enter(community, "commendation", HONOUR)
    enter(community, "complaint", BLAME)
    key = seal_key(str(town.app.config["SECRET_KEY"]))
    act(community, "change_document", "resident_id", ID_NUMBER, key=key)
    with transaction() as session:
        given = {"phone": PHONE, "id": town.people[WHO]}
        session.execute(text("UPDATE volunteers SET phone = :phone WHERE id = :id"), given)


def typed(town: Town, **more: str) -> dict[str, str]:
    given = {"organisation": str(town.community.root_id), "year": "0", "reason": "报民政局备案"}
    return given | more


def made(town: Town, organiser: FlaskClient, **more: str) -> dict[str, list[list[object]]]:
    """Ask for an export, let the worker make it, return its sheets."""
    answered = organiser.post(PATH, data=typed(town, **more))
    assert answered.status_code == 303
    assert "/files/jobs/" in answered.location
    assert Worker(lambda: [town.app]).work_off(town.app) == 1
    assert "Done." in organiser.get(answered.location).text
    file_id = rows("SELECT max(id) FROM made_files")[0][0]
    return cells_of(organiser.get(f"/files/{file_id}").data)


def test_each_group_has_its_sheet_with_everybody_in_it(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    sheets = made(town, organiser)
    assert list(sheets) == [
        "Person", "Service", "Training", "Commendations", "Evaluations", "Complaints"
    ]  # fmt: skip
    counts = {name: len(found) - 1 for name, found in sheets.items()}
    people = rows("SELECT count(*) FROM volunteers WHERE state IN ('active', 'left')")[0][0]
    assert counts == {
        "Person": people, "Service": 2, "Training": 1, "Commendations": 1, "Evaluations": 0,
        "Complaints": 1,
    }  # fmt: skip


def test_the_service_sheet_equals_the_records(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    head, *lines = made(town, organiser)["Service"]
    minutes, names = head.index("Minutes"), head.index("Volunteer number")
    found = sorted((line[names], line[minutes]) for line in lines)
    records = rows(
        "SELECT v.number, r.minutes FROM service_records r JOIN volunteers v "
        "ON v.id = r.volunteer_id WHERE r.state = 'approved'"
    )
    assert found == sorted((number, count) for number, count in records)


def test_numbers_are_masked_unless_they_are_asked_for(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    masked = str(made(town, organiser)["Person"])
    assert "110*************14" in masked
    assert ID_NUMBER not in masked
    assert PHONE not in masked
    assert rows("SELECT count(*) FROM trail WHERE operation = 'archive.export_full'") == [(0,)]
    full = str(made(town, organiser, is_full="y")["Person"])
    assert ID_NUMBER in full
    assert PHONE in full


def test_who_asked_and_why_stands_in_the_trail(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    organiser.post(PATH, data=typed(town, is_full="y"))
    after, reason = rows(
        "SELECT after, reason FROM trail WHERE operation = 'archive.export'"
    )[0]  # fmt: skip
    assert reason == "报民政局备案"
    assert json.loads(after)["records"] == 2
    told = town.browser("volunteer").get("/me/trail").text
    assert "handed out in an export" in told
    assert "报民政局备案" in told


def test_a_job_holds_no_number_and_no_reason(town: Town, organiser: FlaskClient) -> None:
    lived_in(town)
    organiser.post(PATH, data=typed(town, is_full="y"))
    payload = rows("SELECT payload FROM jobs")[0][0]
    assert set(json.loads(payload)) == {"year", "is_full", "language"}


def test_a_second_tap_makes_one_job(town: Town, organiser: FlaskClient) -> None:
    sending = typed(town, key=key_in(organiser.get(PATH).text))
    first, again = (organiser.post(PATH, data=sending) for _ in range(2))
    assert first.location == again.location
    assert rows("SELECT count(*) FROM jobs") == [(1,)]


def test_without_a_reason_nothing_is_made(town: Town, organiser: FlaskClient) -> None:
    page = organiser.post(PATH, data=typed(town, reason=" "))
    assert page.status_code == 422
    assert "Say why in a few words." in page.text
    assert rows("SELECT count(*) FROM jobs") == [(0,)]


def test_an_organiser_below_exports_only_what_is_theirs(town: Town) -> None:
    browser = town.browser("organiser_below")
    assert browser.post(PATH, data=typed(town)).status_code == 422
    own = typed(town, organisation=str(town.community.estate_id))
    assert browser.post(PATH, data=own).status_code == 303


def test_a_job_of_somebody_who_lost_the_role_makes_nothing(
    town: Town, organiser: FlaskClient
) -> None:
    organiser.post(PATH, data=typed(town))
    with transaction() as session:
        login = town.community.actor("organiser").login_id
        session.execute(text("DELETE FROM roles WHERE login_id = :id"), {"id": login})
    Worker(lambda: [town.app]).work_off(town.app)
    assert rows("SELECT state FROM jobs") == [("failed",)]
    assert rows("SELECT count(*) FROM made_files") == [(0,)]


@pytest.mark.parametrize("name", ["auditor", "leader", "volunteer"])
def test_nobody_else_exports(town: Town, name: str) -> None:
    assert town.browser(name).get(PATH).status_code == 404
    assert town.browser(name).post(PATH, data=typed(town)).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "people", "records", "refused"),
    [
        (Wanted(1, 0, False), 10, exports.MOST_RECORDS + 1, TooManyRecords),
        (Wanted(1, 0, True), exports.MOST_PEOPLE_IN_FULL + 1, 1, TooManyInFull),
        (Wanted(1, 2027, False), 1, 1, YearUnfit),
    ],
)
def test_what_is_too_much_is_refused_with_its_figures(
    wanted: Wanted, people: int, records: int, refused: type[Exception]
) -> None:
    with pytest.raises(refused):
        check_export(wanted, people, records, TODAY)
    check_export(Wanted(1, 0, False), exports.MOST_PEOPLE_IN_FULL + 1, 5, TODAY)


def test_a_workbook_of_sheets_keeps_text_inert_and_types_native() -> None:
    rows_of: list[list[Cell | None]] = [["=1+1", 3, date(2026, 1, 2)]]
    body = write_sheets([Sheet("One", ["a", "b", "c"], rows_of), Sheet("Two", ["d"], [])])
    sheets = cells_of(body)
    assert sheets["Two"] == [["d"]]
    assert sheets["One"][1][:2] == ["=1+1", 3]
    assert BytesIO(body).read(2) == b"PK"
