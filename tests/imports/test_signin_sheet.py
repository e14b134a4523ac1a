"""The sign-in sheet of an activity: who stands on it, and that the import reads it back."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app.clock import today_in
from app.db import db, transaction
from app.sheets.cells import Cell
from app.sheets.reading import read_sheet
from app.sheets.writing import write_xlsx
from tests.imports.office import Office, one, open_office
from tests.web.cast import Cast

TITLES = (("姓名", "签到", "签退"), ("Name", "Sign in", "Sign out"))
Rows = list[list[Cell | None]]


@pytest.fixture
def office(app: Flask, cast: Cast) -> Office:
    return open_office(app, cast)


@pytest.fixture
def activity_id(cast: Cast) -> str:
    """An announced activity of TX-red to which 谷雨 signed up, held the day before today."""
    found = cast.subject("activity_id", "same_team", "leader")
    with transaction() as session:
        session.execute(
            text("UPDATE activities SET service_on = :on WHERE id = :id"),
            {"on": today_in("Asia/Shanghai") - timedelta(days=1), "id": int(found)},
        )
    return found


def sheet_of(office: Office, activity_id: str, who: str = "") -> Rows:
    path = f"/activities/{activity_id}/sign-in-sheet.xlsx{who}"
    return [list(row) for row in read_sheet(office.client("leader").get(path).data, "x.xlsx").rows]


def names_on(rows: Rows) -> list[str]:
    header = next(at for at, row in enumerate(rows) if "姓名" in row)
    column = rows[header].index("姓名")
    return [str(row[column]) for row in rows[header + 1 :]]


def filled(rows: Rows, came: str, begin: time, end: time) -> bytes:
    """Return the workbook as somebody typed one person's times into it."""
    header, words = next((row, words) for row in rows for words in TITLES if words[0] in row)
    name, begins, ends = (header.index(word) for word in words)
    for row in rows[rows.index(header) + 1 :]:
        if row[name] == came:
            row[begins], row[ends] = begin, end
    return write_xlsx([str(cell or "") for cell in rows[0]], rows[1:])


def test_who_signed_up_stands_on_it(office: Office, activity_id: str) -> None:
    assert names_on(sheet_of(office, activity_id)) == ["谷雨"]


def test_the_whole_team_stands_on_it_when_asked_for(office: Office, activity_id: str) -> None:
    names = names_on(sheet_of(office, activity_id, "?who=team"))
    assert names[0] == "谷雨"
    assert len(names) == len(set(names)) > 1


def test_where_nobody_signed_up_the_team_stands_on_it(office: Office, activity_id: str) -> None:
    with transaction() as session:
        session.execute(text("UPDATE sign_ups SET state = 'withdrawn', ended_at = made_at"))
    assert "谷雨" in names_on(sheet_of(office, activity_id))


def test_untouched_it_brings_nobody_hours(office: Office, activity_id: str) -> None:
    before = one("SELECT count(*) FROM service_records")
    sheet = office.client("leader").get(f"/activities/{activity_id}/sign-in-sheet.xlsx?who=team")
    path = office.preview(sheet.data, kind="signin", name="签到表.xlsx", by="leader")
    office.import_all(path, by="leader")
    assert one("SELECT count(*) FROM service_records") == before


@pytest.mark.parametrize("language", ["zh_Hans", "zh_Hant", "en"])
@pytest.mark.parametrize("by", ["leader", "organiser"])
def test_with_times_typed_in_the_import_reads_it_back(
    office: Office, activity_id: str, by: str, language: str
) -> None:
    sheet = sheet_of(office, activity_id, f"?who=team&language={language}")
    content = filled(sheet, "谷雨", time(8, 30), time(11))
    path = office.preview(content, kind="signin", name="签到表.xlsx", by=by)
    office.import_all(path, by=by)
    assert_came()


@pytest.mark.parametrize("by", ["leader", "organiser"])
def test_the_command_reads_it_back_as_well(
    app: Flask, cast: Cast, office: Office, activity_id: str, by: str, tmp_path: Path
) -> None:
    sheet = tmp_path / "签到表.xlsx"
    rows = sheet_of(office, activity_id, "?who=team")
    sheet.write_bytes(filled(rows, "谷雨", time(8, 30), time(11)))
    login = cast.own["leader"]["volunteer"] if by == "leader" else by
    done = app.test_cli_runner().invoke(args=["import", "signin", "--by", login, str(sheet)])
    assert done.exit_code == 0, done.output
    assert_came()


def assert_came() -> None:
    """Make sure that the last record is the one that was typed into the sheet."""
    db.session.rollback()
    row = db.session.execute(
        text("SELECT minutes, evidence, content, state FROM service_records ORDER BY id DESC")
    ).first()
    assert row is not None
    assert tuple(row) == (150, "signed_in", "扫楼道", "approved")


def test_a_name_borne_by_two_teams_gives_way_to_the_code(office: Office, activity_id: str) -> None:
    with transaction() as session:
        session.execute(text("UPDATE teams SET name = '红队' WHERE code IN ('TX-red', 'BY-red')"))
    assert ["队伍", "TX-red"] in [row[:2] for row in sheet_of(office, activity_id)]
    with transaction() as session:
        session.execute(text("UPDATE teams SET name = '红队一' WHERE code = 'TX-red'"))
    assert ["队伍", "红队一"] in [row[:2] for row in sheet_of(office, activity_id)]


def test_the_paper_has_names_and_room_for_more(office: Office, activity_id: str) -> None:
    page = office.client("leader").get(f"/activities/{activity_id}/sign-in-sheet").text
    assert "谷雨" in page
    assert page.count("<tr>") == 1 + 1 + 10
