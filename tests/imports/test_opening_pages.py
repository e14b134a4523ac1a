"""Opening balances by the browser: kind, template, preview, commit, result, undo."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from app.sheets.reading import read_sheet
from tests.imports.office import Office, csv, one, open_office
from tests.web.cast import Cast

HEADER = "编号,姓名,积分,时长（小时）,截至日期,备注"
GOOD = ",谷雨,120.5,386.5,2025-12-31,旧存折"
OTHER = ",立春,,40,2025-12-31,"
BAD = ",小满,很多,1,2025-12-31,"


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    return open_office(app, cast)


def handed_in(office: Office, *rows: str) -> str:
    return office.preview(csv(*rows, header=HEADER), kind="opening", name="旧存折.csv")


def test_from_the_form_to_the_books_and_back(office: Office) -> None:
    path = handed_in(office, GOOD, OTHER, BAD)
    page = office.see(path)
    assert "g-bad_points" in page
    assert "时长 1" in page
    assert "426.5" in page
    assert "120.5" in page
    assert one("SELECT count(*) FROM opening_records") == 0
    answer = office.import_all(path)
    assert one("SELECT count(*) FROM opening_records") == 2
    assert "426.5" in office.client().get(answer.location).text
    undo = f"{answer.location}/undo"
    assert "426.5" in office.client().get(undo).text
    assert office.client().post(undo, data={"reason": "抄错了"}).status_code == 303
    assert one("SELECT count(*) FROM opening_records WHERE state = 'approved'") == 0


def test_refused_rows_come_back_as_a_sheet(office: Office) -> None:
    path = handed_in(office, GOOD, BAD)
    sheet = read_sheet(office.client().get(f"{path}/refused.xlsx").data, "x.xlsx")
    assert sheet.rows[0][:6] == HEADER.split(",")
    assert [row[1] for row in sheet.rows[1:]] == ["小满"]


def test_a_points_cell_is_mended_by_one_tap(office: Office) -> None:
    path = handed_in(office, BAD)
    office.fix(path, do="set", column="points", text="很多", set="points", value="12.5")
    office.import_all(path)
    assert one("SELECT points_hundredths FROM opening_records") == 1250


def test_what_was_recorded_up_to_the_date_is_asked_about(office: Office) -> None:
    row = ",谷雨,2026-03-01,TX-red,2小时,清扫"
    office.import_all(office.preview(csv(row)))
    before = handed_in(office, GOOD)
    assert "n-served_before" not in office.see(before)
    after = handed_in(office, GOOD.replace("2025-12-31", "2026-03-31"))
    assert "n-served_before" in office.see(after)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_the_template_imports_as_blank(office: Office, ending: str) -> None:
    body = office.client().get(f"/import/template-opening.{ending}").data
    path = office.preview(body, kind="opening", name=f"模板.{ending}")
    assert 'id="g-' not in office.see(path)
    assert one("SELECT state FROM uploads ORDER BY id DESC") == "ready"


def test_a_leader_is_not_offered_it(office: Office) -> None:
    assert 'value="opening"' not in office.client("leader").get("/import").text
    sent = {"kind": "opening", "file": (io.BytesIO(csv(GOOD, header=HEADER)), "x.csv")}
    assert office.client("leader").post("/import", data=sent).status_code == 422


@pytest.mark.parametrize(
    ("kind", "content"),
    [("service", csv(GOOD, header=HEADER)), ("opening", csv(",谷雨,2026-03-01,TX-red,2小时,清扫"))],
)
def test_a_sheet_of_another_kind_is_named(office: Office, kind: str, content: bytes) -> None:
    path = office.preview(content, kind=kind)
    other = "opening" if kind == "service" else "service"
    assert f"kind={other}" in office.see(path)
