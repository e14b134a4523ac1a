"""What a row of service says, and how it is refused, before anybody is looked up."""

from __future__ import annotations

import pytest

from app.errors import RuleBroken
from app.imports.operations import read_file
from app.sheets.refusals import MissingColumn
from tests.imports.sheets import csv

HEADER = "编号,日期,队伍,开始,结束,时长"


def read(row, header=HEADER, **more):
    return read_file("service", csv(header, row), "s.csv", **more).service


def said(row, header=HEADER, **more):
    (found,) = read(row, header, **more).rows
    assert found.refused is None, found.refused.broken
    return found


def refused(row, header=HEADER, **more):
    """Return (code, column key or title) of the one refusal, early or late."""
    found = read(row, header, **more)
    if found.refused:
        return found.refused[0].code, found.refused[0].column
    late = found.rows[0].refused
    return late.broken.code, found.rows[0].row.title(late.key)


def span(start="", end="", duration=""):
    return tuple(said(f"TX1,2025-03-28,红,{start},{end},{duration}").span)


def test_start_and_end_make_the_duration():
    assert span("13:00", "14:30") == (90, 780)


def test_a_duration_alone_has_no_start():
    assert span(duration="2小时30分") == (150, None)


def test_a_start_with_a_duration():
    assert span("08:00", duration="1.5h") == (90, 480)


def test_an_end_with_a_duration_tells_the_start():
    assert span(end="10:00", duration="2小时") == (120, 480)


def test_all_three_agree():
    assert span("22:00", "次日 01:00", "3小时") == (180, 1320)


def test_the_end_of_the_day():
    assert span("22:00", "24:00") == (120, 1320)


@pytest.mark.parametrize(
    ("start", "end", "duration", "code"),
    [
        ("10:00", "09:00", "", "bad_time"),
        ("10:00", "10:00", "", "bad_time"),
        ("25:00", "", "1小时", "bad_time"),
        ("次日 01:00", "", "1小时", "bad_time"),
        ("", "01:00", "2小时", "bad_time"),
        ("08:00", "10:00", "3小时", "bad_duration"),
        ("08:00", "次日 09:00", "", "bad_duration"),
        ("", "", "0分钟", "bad_duration"),
        ("", "", "90", "bad_duration"),
        ("", "", "", "missing"),
        ("08:00", "", "", "missing"),
        ("", "10:00", "", "missing"),
    ],
)
def test_times_and_durations_refused(start, end, duration, code):
    assert refused(f"TX1,2025-03-28,红,{start},{end},{duration}")[0] == code


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (",2025-03-28,红,,,1小时", "missing", "编号"),
        ("TX1,,红,,,1小时", "missing", "日期"),
        ("TX1,2025-03-28,,,,1小时", "missing", "队伍"),
        ("TX1,2025-02-30,红,,,1小时", "bad_date", "日期"),
        ("TX1,2025-02-30,红,,,很久", "bad_date", "日期"),
        ("TX1,2025-03-28,红,,,很久", "bad_duration", "时长"),
    ],
)
def test_the_first_refusal_names_its_column(row, code, column):
    assert refused(row) == (code, column)


@pytest.mark.parametrize(
    ("header", "unit", "minutes"),
    [
        ("时长（小时）", None, 90),
        ("时长(分钟)", None, 2),
        ("时长", "hours", 90),
        ("时长", "minutes", 2),
        ("Hours", None, 90),
        ("服务时长（分钟）", "hours", 2),
    ],
)
def test_a_bare_number_takes_the_headers_unit_else_the_one_given(header, unit, minutes):
    row = said("TX1,2025-03-28,红,1.5", f"编号,日期,队伍,{header}", duration_unit=unit)
    assert row.span.minutes == minutes


def test_a_clock_is_hours_and_minutes_whatever_the_unit():
    row = said("TX1,2025-03-28,红,2:30", "编号,日期,队伍,时长(分钟)")
    assert row.span.minutes == 150


@pytest.mark.parametrize(
    "header",
    ["编号,日期,队伍", "日期,队伍,时长", "编号,队伍,时长", "编号,日期,时长", "编号,日期,队伍,开始"],
)
def test_a_missing_column_is_no_matter_of_rows(header):
    with pytest.raises(MissingColumn):
        read("a,b,c", header)


def test_english_headers_in_any_order():
    row = said("1h,red,2025-03-28,TX1", "Duration,Team,Service date,Volunteer number")
    assert (row.who.number, row.team, row.span.minutes) == ("TX1", "red", 60)


def test_blank_rows_and_totals_are_blank_and_a_printed_serial_number_is_nothing():
    header = f"序号,{HEADER}"
    content = csv(header, "1,TX1,2025-03-28,红,,,1小时", "2,,,,,,", ",,,,,,", "合计,,,,,,1小时")
    found = read_file("service", content, "s.csv")
    assert found.service is not None
    assert (found.rows, found.service.blank, len(found.service.rows)) == (4, 3, 1)


TOP = "签到表\n活动名称：清扫,日期：2026-01-28\n队伍：TX-red,地点：院里\n"


def signin(*rows, top=TOP):
    return read_file("signin", (top + csv("姓名,签到,签退", *rows).decode()).encode(), "s.csv")


def test_a_signin_sheet_says_the_same_of_all_its_rows():
    (row,) = signin("立春,08:20,10:00").service.rows
    assert (row.content, row.place, row.team) == ("清扫", "院里", "TX-red")
    assert tuple(row.span) == (100, 500)


def test_absent_people_and_totals_are_blank():
    found = signin("立春,,", "合计,,2人", "雨水,08:00,09:00")
    assert (found.rows, found.service.blank, len(found.service.rows)) == (3, 2, 1)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("立春,08:00,", "missing"),
        ("立春,,10:00", "missing"),
        (",08:00,10:00", "missing"),
        ("立春,10:00,08:00", "bad_time"),
    ],
)
def test_signin_rows_refused(row, code):
    found = signin(row).service
    broken = found.refused[0].broken if found.refused else found.rows[0].refused.broken
    assert broken.code == code


def test_signed_out_on_the_next_day():
    (row,) = signin("立春,22:00,次日01:00").service.rows
    assert tuple(row.span) == (180, 1320)


@pytest.mark.parametrize(
    ("line", "code"), [("日期：2026-02-30", "bad_date"), ("日期：", "missing")]
)
def test_a_bad_top_line_is_one_refusal_at_its_row(line, code):
    found = signin("立春,08:00,10:00", "雨水,,", top=TOP.replace("日期：2026-01-28", line))
    assert (found.top_refused.row, found.top_refused.code) == (2, code)
    assert found.service.blank == 1


def test_a_label_that_is_not_there_is_a_missing_column():
    with pytest.raises(MissingColumn):
        signin("立春,08:00,10:00", top="签到表\n活动名称：清扫\n")


def test_an_excel_error_is_a_refusal_not_a_value():
    found = read("#N/A,2025-03-28,红,,,1小时")
    assert [refusal.code for refusal in found.refused] == ["missing"]
    assert isinstance(found.refused[0].broken, RuleBroken)
