"""Who looked at whose data: the person reads it, and the desk by organisation, person and day."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from app.clock import now
from app.db import db, transaction
from app.people.models import Login
from app.people.operations import show_phone
from app.privacy.operations.handing_out import note_list
from app.privacy.rules.looking import LOOKS
from app.trail.models import TrailRow
from tests.privacy.conftest import person, today

WHY = "明天改到九点"


def looked_at(cast, name: str, why: str = WHY) -> None:
    with transaction() as session:
        show_phone(
            session, person(name).id, reason=why, actor_id=cast.logins["organiser"], now=now()
        )


def rows_of(answer) -> list[list[Any]]:
    sheets = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    return [list(row) for row in sheets.get_sheet_by_index(0).to_python()]


def test_the_person_reads_who_looked_and_why(cast, browser):
    looked_at(cast, "立春")
    page = browser("volunteer").get("/me/access").text
    assert "Full phone number looked at" in page
    assert WHY in page
    assert "夏至" in page


def test_nobody_reads_who_looked_at_others(cast, browser):
    looked_at(cast, "谷雨")
    assert WHY not in browser("volunteer").get("/me/access").text


def test_an_archive_taken_out_stands_there(cast, browser):
    path = f"/admin/people/{person('立春').id}/archive.xlsx"
    assert browser("organiser").post(path).status_code == 200
    assert browser("organiser").get(path).status_code == 405
    assert "The archive was taken out as a file" in browser("volunteer").get("/me/access").text


def test_a_list_one_stood_in_is_a_line_with_its_organisation(cast, browser):
    browser("organiser").post("/admin/access/sheet")
    page = browser("volunteer").get("/me/access").text
    assert LOOKS["access.export"] in page
    assert "TX社区" in page


def test_the_list_of_people_taken_out_stands_there(cast, browser):
    assert browser("organiser").post("/admin/people/list.csv?team=TX-red").status_code == 200
    assert LOOKS["people.export"] in browser("volunteer").get("/me/access").text


@pytest.mark.parametrize(("code", "is_there"), [("JD", True), ("TX", True), ("BY", False)])
def test_a_list_of_an_organisation_above_is_one_too(cast, browser, code, is_there):
    place = db.session.execute(
        db.text("SELECT id FROM organisations WHERE code = :code"), {"code": code}
    ).scalar_one()
    with transaction() as session:
        note_list(
            session, "people.export", organisation_id=place, rows=9,
            actor_id=cast.logins["organiser"], now=now(),
        )  # fmt: skip
    assert (LOOKS["people.export"] in browser("volunteer").get("/me/access").text) is is_there


def test_the_desk_narrows_by_person(cast, browser):
    looked_at(cast, "立春", "为了保险")
    looked_at(cast, "谷雨")
    page = browser("auditor").get(f"/admin/access?number={str(person('立春').number).lower()}").text
    assert "为了保险" in page
    assert WHY not in page


def test_a_number_of_elsewhere_is_nobodys(cast, browser):
    looked_at(cast, "芒种")
    page = browser("organiser").get(f"/admin/access?number={person('芒种').number}").text
    assert "Nobody here has this number." in page
    assert WHY not in page
    assert WHY not in browser("organiser").get("/admin/access").text


def test_the_desk_narrows_by_who_and_when(cast, browser):
    looked_at(cast, "立春")
    client = browser("organiser")
    by = cast.logins["organiser"]
    tomorrow = today() + timedelta(days=1)
    assert WHY in client.get(f"/admin/access?by={by}&from={today()}&until={today()}").text
    assert WHY not in client.get(f"/admin/access?by={by + 1}").text
    assert WHY not in client.get(f"/admin/access?from={tomorrow}").text


@pytest.mark.parametrize(
    "query", ["org=BY", "org=NO", "from=2026-13-01", "by=x", "before=-1", f"by={10**25}"]
)
def test_what_does_not_fit_is_not_found(browser, query):
    assert browser("organiser").get(f"/admin/access?{query}").status_code == 404


def test_the_sheet_says_the_same_and_is_written_down(cast, browser):
    looked_at(cast, "立春")
    rows = rows_of(browser("auditor").post("/admin/access/sheet"))
    assert rows[1][1:] == [
        LOOKS["show_phone"], "夏至", person("立春").number, "立春", "TX社区", WHY,
    ]  # fmt: skip
    row = db.session.query(TrailRow).filter_by(operation="access.export").one()
    assert row.actor_id == db.session.query(Login).filter_by(name="auditor").one().id


def test_many_are_paged(cast, browser):
    for number in range(53):
        looked_at(cast, "立春", f"理由{number:02}")
    client = browser("organiser")
    page = client.get("/admin/access").text
    assert "理由52" in page
    assert "理由02" not in page
    last = db.session.query(TrailRow).filter_by(operation="show_phone").order_by(TrailRow.id)[3]
    older = client.get(f"/admin/access?before={last.id}").text
    assert "理由02" in older
    assert "理由03" not in older
