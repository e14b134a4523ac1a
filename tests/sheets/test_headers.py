"""Headers in any order, either language, with spaces, brackets and units."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from app.sheets.cells import Sheet
from app.sheets.headers import Column, body, find_headers, match_headers, normalised
from app.sheets.labels import Labelled, read_labels
from app.sheets.reading import read_sheet
from app.sheets.refusals import DuplicateColumn, FileEmpty, MissingColumn

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
COLUMNS = (
    Column("name", ("姓名", "name")),
    Column("volunteer_no", ("编号", "volunteer number")),
    Column("phone", ("手机", "电话", "phone")),
    Column("date", ("日期", "service date"), required=True),
    Column(
        "duration", ("时长", "服务时长", "duration", "served", "hours", "minutes"), measured=True
    ),
    Column("start", ("开始", "签到", "start")),
    Column("end", ("结束", "签退", "end")),
)
NEEDS = ((("volunteer_no",), ("name",)), (("duration",), ("start", "end")))
LABELS = (
    Column("date", ("日期", "活动日期", "date"), required=True),
    Column("team", ("队伍", "team")),
    Column("place", ("地点", "place")),
    Column("person", ("负责人",)),
    Column("title", ("活动名称",)),
)


@pytest.mark.parametrize(
    ("title", "key", "unit"),
    [
        ("姓 名", "name", None),
        ("　姓　名＊", "name", None),
        ("NAME", "name", None),
        ("Volunteer_Number", "volunteer_no", None),
        ("手机（必填）", "phone", None),
        ("手机(11位)", "phone", None),
        ("日期（年/月/日）", "date", None),
        ("日期：", "date", None),
        ("时长", "duration", None),
        ("时长（小时）", "duration", "hours"),
        ("时长(分钟)", "duration", "minutes"),
        ("时长【分】", "duration", "minutes"),
        ("时 长 （ 小 时 ）".replace("小 时", "小时"), "duration", "hours"),
        ("时长(小时、必填)", "duration", "hours"),
        ("时长*(必填)", "duration", None),
        ("服务时长 小时", "duration", "hours"),
        ("Duration (h)", "duration", "hours"),
        ("Duration minutes", "duration", "minutes"),
        ("served minutes", "duration", "minutes"),
        ("hours", "duration", "hours"),
        ("Minutes", "duration", "minutes"),
    ],
)
def test_words(title, key, unit):
    optional = [Column(c.key, c.words, measured=c.measured) for c in COLUMNS]
    headers = match_headers(["x", title], optional)
    assert headers.index == {key: 1}
    assert headers.units.get(key) == unit
    assert headers.titles == {key: title.strip()}
    assert headers.unknown == ("x",)


@pytest.mark.parametrize(
    "title", ["时长（天）", "时长(小时/分钟)", "时长类别", "姓名小时", "总时长"]
)
def test_no_words(title):
    optional = [Column(c.key, c.words, measured=c.measured) for c in COLUMNS]
    assert match_headers([title, 7, ""], optional).unknown == (title, "7")


def test_missing_columns_are_named_all():
    with pytest.raises(MissingColumn) as refused:
        match_headers(["手机", "开始"], COLUMNS, NEEDS)
    assert refused.value.figures["columns"] == "日期、编号 / 姓名、时长 / 开始+结束"


@pytest.mark.parametrize("titles", [["日期", "姓名", "开始", "结束"], ["时长", "编号", "日期"]])
def test_alternatives_meet_a_need(titles):
    assert len(match_headers(titles, COLUMNS, NEEDS).index) == len(titles)


def test_the_same_column_twice_is_refused():
    with pytest.raises(DuplicateColumn) as refused:
        match_headers(["日期", "姓名", "手机", "电话", "时长"], COLUMNS, NEEDS)
    assert refused.value.figures["columns"] == "手机、电话"


def test_the_header_may_stand_below_a_title():
    sheet = Sheet("x", [["", "", ""], ["2025年", "", ""], ["时长", "姓名", "日期"], [1, "张三", 2]])
    headers = find_headers(sheet, COLUMNS, NEEDS)
    assert headers.row == 3
    (number, row), *rest = body(sheet, headers)
    assert (number, rest) == (4, [])
    assert [headers.cell(row, key) for key in ("name", "duration", "phone")] == ["张三", 1, ""]


def test_what_is_missing_is_told_of_the_likeliest_row():
    sheet = Sheet("x", [["title", ""], ["姓名", "时长"], ["张三", 1]])
    with pytest.raises(MissingColumn) as refused:
        find_headers(sheet, COLUMNS, NEEDS)
    assert refused.value.figures["columns"] == "日期"
    with pytest.raises(FileEmpty):
        find_headers(Sheet("x", []), COLUMNS)


def test_the_sign_in_sample():
    sheet = read_sheet(SAMPLES / "signin.xlsx", "signin.xlsx")
    columns = tuple(
        column for column in COLUMNS if column.key in ("name", "volunteer_no", "start", "end")
    )
    headers = find_headers(sheet, columns, (NEEDS[0], (("start",),)))
    assert headers.row == 5
    assert headers.unknown == ("序号", "备注")
    found = read_labels(sheet, headers, LABELS)
    assert found["date"] == Labelled(date(2026, 1, 28), 2, "日期")
    assert {key: said.value for key, said in found.items()} == {
        "title": "清扫楼道",
        "date": date(2026, 1, 28),
        "team": "绿色生态环保队",
        "place": "三号院",
        "person": "钱槿笛",
    }
    assert len(list(body(sheet, headers))) == 27


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["日期：", "2026-01-28"], {"date": "2026-01-28"}),
        (["日期：2026-01-28", ""], {"date": "2026-01-28"}),
        (["日 期 : ", "", 20260128], {"date": 20260128}),
        (["活动日期", "2026-01-28"], {"date": "2026-01-28"}),
        (
            ["日期：1日  地点：三号院，队伍:绿队"],
            {"date": "1日", "place": "三号院", "team": "绿队"},
        ),
        (["日期：1日 地点：", "三号院"], {"date": "1日", "place": "三号院"}),
        (["日期：", "地点：", "三号院"], {"date": "", "place": "三号院"}),
        (["日期", "1日", "说明：活动地点待定", "x"], {"date": "1日"}),
        (["date: 1", "Team", "Green"], {"date": "1", "team": "Green"}),
        (["日期：1日", "日期：1日"], {"date": "1日"}),
        (["日期：", "", "日期：1日"], {"date": "1日"}),
    ],
)
def test_labels(row, said):
    headers = match_headers(["姓名"], COLUMNS[:1], row=2)
    found = read_labels(Sheet("x", [row, ["姓名"]]), headers, LABELS)
    assert {key: label.value for key, label in found.items()} == said


def test_labels_missing_or_contradicting():
    headers = match_headers(["姓名"], COLUMNS[:1], row=2)
    with pytest.raises(MissingColumn):
        read_labels(Sheet("x", [["出生日期：1日"], ["姓名"]]), headers, LABELS)
    with pytest.raises(DuplicateColumn):
        read_labels(Sheet("x", [["日期：1日", "日期：2日"], ["姓名", ""]]), headers, LABELS)


def test_normalised():
    assert normalised(" 姓　名＊：") == "姓名"
    assert normalised("Volunteer-Number") == normalised("volunteer_number") == "volunteernumber"
