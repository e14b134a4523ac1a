"""`flask import`: exit codes, what is printed, and the refused rows as a sheet to mend."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from app.db import snapshot, transaction
from app.ledger.queries import head, last_entry_id
from app.people.models import Login, Role
from app.sheets.reading import read_sheet
from tests.imports.sheets import TODAY, csv
from tests.service.community import Community

HEADER = "编号,日期,队伍,时长,随便"
GOOD = "TX00004,2026-01-27,TX-red,2小时,x"
BAD = "TX00004,2026-01-28,TX-red,很久,y"


@pytest.fixture
def call(app: Flask, community: Community, tmp_path: Path):
    login_id = community.actor("organiser").login_id
    with transaction() as session:
        role = {"role": "organiser", "organisation_id": community.root_id}
        session.add(Role(login_id=login_id, from_on=TODAY, **role))
        session.execute(update(Login).where(Login.id == login_id).values(name="clerk"))

    def run(kind, content, *more, by="clerk"):
        file = tmp_path / "sheet.csv"
        file.write_bytes(content)
        args = ["import", kind, str(file), "--by", by, *map(str, more)]
        return app.test_cli_runner().invoke(args=args)

    return run


def test_json_has_the_words_of_the_spec_and_no_others(call):
    result = call("service", csv(HEADER, GOOD, BAD), "--json")
    report = json.loads(result.stdout)
    (refused,) = report.pop("refused")
    assert result.exit_code == 1
    assert report == {
        "batch": None, "rows": 2, "created": 0, "updated": 0, "duplicates": 0, "blank": 0,
    }  # fmt: skip
    message = refused.pop("message")
    assert refused == {"row": 3, "column": "时长", "code": "bad_duration"}
    assert "很久" in message


@pytest.mark.parametrize(
    ("more", "code", "batch"),
    [((), 1, None), (("--skip-refused",), 0, 1), (("--dry-run",), 1, None)],
)
def test_exit_codes(call, more, code, batch):
    result = call("service", csv(HEADER, GOOD, BAD), "--json", *more)
    assert (result.exit_code, json.loads(result.stdout)["batch"]) == (code, batch)


def test_an_import_seals_what_it_posted_at_its_end(call):
    assert call("service", csv(HEADER, GOOD)).exit_code == 0
    with snapshot() as session:
        found = head(session)
        assert found is not None
        assert found.entry_id == last_entry_id(session)


def test_a_dry_run_of_good_rows_exits_0_without_a_batch(call):
    result = call("service", csv(HEADER, GOOD), "--json", "--dry-run")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["batch"], report["created"]) == (0, None, 1)


@pytest.mark.parametrize(
    "content",
    [csv("编号,日期,队伍", "TX00004,2026-01-27,TX-red"), b"", b"PK\x03\x04nonsense", b"\0"],
)
def test_a_file_that_cannot_be_read_exits_2(call, content):
    result = call("service", content, "--json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr


@pytest.mark.parametrize("by", ["nobody", ""])
def test_an_unknown_login_exits_2(call, by):
    assert call("service", csv(HEADER, GOOD), by=by).exit_code == 2


def test_the_login_may_be_a_volunteer_number(call, community):
    report = json.loads(call("service", csv(HEADER, GOOD), "--json", by="tx00001").stdout)
    assert report["created"] == 1


def test_the_duration_unit(call):
    content = csv(HEADER, GOOD.replace("2小时", "2"))
    assert call("service", content).exit_code == 1
    assert call("service", content, "--duration-unit", "hours").exit_code == 0
    assert call("service", content, "--duration-unit", "days").exit_code == 2
    # All three imports take the same options.
    assert call("roster", csv("姓名", "白露"), "--duration-unit", "hours").exit_code == 0


def test_people_read_what_came_of_it(call):
    refused = call("service", csv(HEADER, GOOD, BAD))
    assert "很久" in refused.stdout
    assert "3" in refused.stdout
    assert call("service", csv(HEADER, GOOD)).exit_code == 0
    assert call("service", csv(HEADER, GOOD)).exit_code == 0


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_refused_rows_come_back_to_be_mended(call, tmp_path, ending):
    mend = tmp_path / f"mend{ending}"
    call("service", csv(HEADER, GOOD, BAD), "--skip-refused", "--refused", mend)
    sheet = read_sheet(mend, "mend")
    assert sheet.rows[0][:5] == HEADER.split(",")
    assert [row[:5] for row in sheet.rows[1:]] == [BAD.split(",")]
    assert "很久" in str(sheet.rows[1][5])
    # Extra columns are ignored when it comes back, and the reason keeps its column.
    sheet.rows[1][3] = "3小时"
    rows = "\n".join(",".join(str(cell).replace(",", "，") for cell in row) for row in sheet.rows)
    again = call("service", rows.encode(), "--json")
    assert json.loads(again.stdout)["created"] == 1


def test_a_signin_sheet_comes_back_with_its_top(call, tmp_path):
    top = "活动名称：清扫,日期：2026-01-28\n队伍：TX-red\n"
    content = (top + "编号,签到,签退\nTX00004,08:00,\nTX00005,08:00,09:00\n").encode()
    mend = tmp_path / "mend.csv"
    call("signin", content, "--refused", mend)
    rows = read_sheet(mend, "mend").rows
    assert [row[0] for row in rows] == ["活动名称：清扫", "队伍：TX-red", "编号", "TX00004"]
    assert rows[3][3]
