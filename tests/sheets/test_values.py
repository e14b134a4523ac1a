"""Every form SPEC §9 names, and what is refused rather than guessed."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sheets.cells import is_blank_row, is_error, is_total_row, shown
from app.sheets.values import (
    BadDate,
    BadDuration,
    BadPhone,
    BadText,
    BadTime,
    Clock,
    DurationOutOfRange,
    DurationWithoutUnit,
    parse_clock,
    parse_code,
    parse_date,
    parse_duration,
    parse_list,
    parse_name,
    parse_phone,
    parse_text,
)


@pytest.mark.parametrize(
    "cell",
    [
        date(2025, 3, 8),
        datetime(2025, 3, 8, 23, 59),
        "2025-03-08",
        "2025-3-8",
        " 2025/3/8 ",
        "2025年3月8日",
        "2025 年 3 月 8 日".replace(" ", ""),
        "2025年03月08号",
        "２０２５－０３－０８",
        "20250308",
        20250308,
        "2025.3.8",
        "2025-03-08 00:00:00",
        "2025-03-08T08:20",
    ],
    ids=repr,
)
def test_dates(cell):
    assert parse_date(cell) == date(2025, 3, 8)
    assert type(parse_date(cell)) is date


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-30",
        20260230,
        "2025-13-01",
        "2025-03/28",
        "25-03-28",
        "3月28日",
        "202503",
        "2025-03-28x",
        "1899-12-31",
        "0000-00-00",
        45744,
        Decimal("45744.5"),
        True,
        time(2, 30),
        timedelta(days=1),
        "",
        "#N/A",
        "٢٠٢٥-03-28",
        "2" * 10_000,
        -20250328,
        "昨天",
    ],
    ids=lambda cell: repr(cell)[:20],
)
def test_no_dates(cell):
    with pytest.raises(BadDate) as refused:
        parse_date(cell)
    assert refused.value.code == "bad_date"


@pytest.mark.parametrize(
    ("cell", "header", "default", "minutes"),
    [
        ("2.5小时", None, None, 150),
        ("2.5 小 时", None, None, 150),
        ("2小时30分", None, None, 150),
        ("2小时30分钟", "minutes", None, 150),
        ("2小时5分", None, None, 125),
        ("2个小时", None, None, 120),
        ("2小时半", None, None, 150),
        ("2个半小时", None, None, 150),
        ("半小时", None, None, 30),
        ("150分钟", "hours", None, 150),
        ("150分", None, None, 150),
        ("2:30", "minutes", None, 150),
        ("２：３０", None, "minutes", 150),
        ("02:30:29", None, None, 150),
        ("02:30:30", None, None, 151),
        ("0:51", "hours", None, 51),
        ("24:00", None, None, 1440),
        ("1.5h", None, None, 90),
        ("1.5 Hours", None, None, 90),
        ("1h30m", None, None, 90),
        ("90min", None, None, 90),
        (time(2, 30), "minutes", None, 150),
        (time(2, 29, 59, 981_000), None, None, 150),
        (timedelta(hours=2, minutes=30), "minutes", None, 150),
        (timedelta(days=1), None, None, 1440),
        (date(1900, 1, 1), None, None, 1440),
        (2, "hours", None, 120),
        (2, None, "hours", 120),
        (90, "minutes", "hours", 90),
        ("90", "minutes", None, 90),
        ("１．５", "hours", None, 90),
        (Decimal("0.85"), "hours", None, 51),
        (Decimal("1.25"), "hours", None, 75),
        (Decimal("1.1"), "hours", None, 66),
        ("0.0083334", "hours", None, 1),
        (Decimal("0.675"), "hours", None, 41),
        (Decimal("0.5"), "minutes", None, 1),
        (Decimal("1.4999"), "minutes", None, 1),
        (1440, "minutes", None, 1440),
        (24, "hours", None, 1440),
    ],
)
def test_durations(cell, header, default, minutes):
    assert parse_duration(cell, header, default) == minutes


@pytest.mark.parametrize(
    ("cell", "refusal"),
    [
        ("0分钟", DurationOutOfRange),
        (0, DurationOutOfRange),
        ("0:00", DurationOutOfRange),
        (time(0, 0), DurationOutOfRange),
        ("25小时", DurationOutOfRange),
        ("24:01", DurationOutOfRange),
        (datetime(1900, 1, 1, 1, 30), DurationOutOfRange),
        (timedelta(hours=25), DurationOutOfRange),
        (timedelta(hours=-2), DurationOutOfRange),
        (-1, DurationOutOfRange),
        ("-2", DurationOutOfRange),
        (Decimal("-0.5"), DurationOutOfRange),
        (Decimal("0.001"), DurationOutOfRange),
        (Decimal("24.001"), DurationOutOfRange),
        (Decimal("NaN"), DurationOutOfRange),
        (Decimal("Infinity"), DurationOutOfRange),
        (Decimal("1E+300"), DurationOutOfRange),
        (10**30, DurationOutOfRange),
        ("很久", BadDuration),
        ("2:60", BadDuration),
        ("2小时60分", BadDuration),
        ("1.5小时30分", BadDuration),
        ("1,5h", BadDuration),
        ("1e1", BadDuration),
        ("1_0", BadDuration),
        ("nan", BadDuration),
        ("inf", BadDuration),
        ("٣小时", BadDuration),
        ("2天", BadDuration),
        ("", BadDuration),
        ("#N/A", BadDuration),
        (True, BadDuration),
        (date(2025, 3, 28), BadDuration),
        (datetime(2025, 3, 28, 2, 30), BadDuration),
        ("9" * 5_000, BadDuration),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else repr(value)[:20],
)
def test_no_durations(cell, refusal):
    with pytest.raises(BadDuration) as refused:
        parse_duration(cell, "hours")
    assert type(refused.value) is refusal
    assert refused.value.code == "bad_duration"
    assert str(refused.value)


@pytest.mark.parametrize("cell", [90, "90", Decimal("1.5"), "1.5", Decimal("NaN")], ids=repr)
def test_a_bare_number_needs_a_unit(cell):
    with pytest.raises(DurationWithoutUnit):
        parse_duration(cell)


def test_equal_values_of_other_types_are_not_mixed_up():
    assert parse_duration(1, "hours") == 60
    with pytest.raises(BadDuration):
        parse_duration(True, "hours")


@given(st.integers(1, 1440))
def test_every_minute_reads_the_same_in_every_form(minutes):
    hours, rest = divmod(minutes, 60)
    forms = [f"{hours}:{rest:02}", f"{minutes}分钟", f"{hours}小时{rest}分", f"{minutes}min"]
    assert {parse_duration(form) for form in forms} == {minutes}
    assert parse_duration(timedelta(minutes=minutes), "minutes") == minutes
    assert parse_duration(Decimal(f"{minutes / 60:.15g}"), "hours") == minutes
    assert parse_duration(minutes, "minutes") == minutes


@given(
    st.text()
    | st.integers()
    | st.decimals(allow_nan=False)
    | st.times()
    | st.timedeltas()
    | st.datetimes()
)
def test_parsers_answer_or_refuse_but_never_fail(cell):
    for parse in (parse_date, parse_clock, parse_phone, parse_name, parse_text, parse_duration):
        with suppress(BadDate, BadTime, BadPhone, BadText, BadDuration):
            parse(cell)
    with suppress(BadDuration):
        assert 1 <= parse_duration(cell, "hours") <= 1440
    with suppress(BadTime):
        assert 0 <= parse_clock(cell).minute < 1440


@pytest.mark.parametrize(
    ("cell", "minute", "next_day"),
    [
        ("8:20", 500, False),
        ("08:20:59", 500, False),
        ("8：20", 500, False),
        (" ８：２０ ", 500, False),
        ("8时20分", 500, False),
        ("8点20", 500, False),
        ("8点半", 510, False),
        ("8点", 480, False),
        ("0:00", 0, False),
        ("23:59", 1439, False),
        ("24:00", 0, True),
        ("下午2:30", 870, False),
        ("上午8:20", 500, False),
        ("2:30 PM", 870, False),
        ("12:05 AM", 5, False),
        (time(8, 20), 500, False),
        (time(8, 19, 59, 981_000), 500, False),
        (time(23, 59, 59, 999_000), 1439, False),
        (datetime(2026, 1, 28, 8, 20), 500, False),
        (timedelta(hours=8, minutes=20), 500, False),
        (timedelta(days=1), 0, True),
        (date(1900, 1, 1), 0, True),
        ("次日 1:30", 90, True),
        ("次日1:30", 90, True),
        ("1:30次日", 90, True),
        ("1:30（次日）", 90, True),
        ("第二天1点半", 90, True),
    ],
)
def test_clocks(cell, minute, next_day):
    assert parse_clock(cell) == Clock(minute, next_day)


@pytest.mark.parametrize(
    "cell",
    [
        "25:00",
        "24:01",
        "次日24:00",
        "8:60",
        "8:20:60",
        "8.20",
        "820",
        "8",
        8,
        820,
        Decimal("0.3472222"),
        True,
        "",
        "次日",
        "上午13:00",
        "下午8:20PM",
        "13:00 AM",
        "0:10 PM",
        "2026-01-28 08:20",
        date(2026, 1, 28),
        datetime(1900, 1, 1, 1, 30),
        timedelta(hours=25),
        timedelta(minutes=-1),
        "-8:20",
        "#N/A",
        "8:20-10:00",
        "1" * 5_000,
    ],
    ids=lambda cell: repr(cell)[:20],
)
def test_no_clocks(cell):
    with pytest.raises(BadTime) as refused:
        parse_clock(cell)
    assert refused.value.code == "bad_time"


@pytest.mark.parametrize(
    ("cell", "digits"),
    [
        ("13800138000", "13800138000"),
        (13800138000, "13800138000"),
        ("13800138000.0", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 138 0013 8000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("0411-8765 4321", "041187654321"),
        ("\u202a13800138000".replace("\u202a", "\u200e"), "13800138000"),
    ],
)
def test_phones(cell, digits):
    assert parse_phone(cell) == digits


@pytest.mark.parametrize(
    "cell",
    ["1.38E+10", "无", "", "1234", "13800138000/13900139000", "1" * 16, Decimal("1.5"), -5, True],
    ids=repr,
)
def test_no_phones(cell):
    with pytest.raises(BadPhone):
        parse_phone(cell)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("张　三", "张三"),
        (" 张 三\u200b ", "张三"),
        ("Anna  Lee", "Anna Lee"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿依古丽 · 买买提", "阿依古丽·买买提"),
        ("Ａｎｎａ", "Anna"),
        ("", ""),
    ],
)
def test_names(cell, name):
    assert parse_name(cell) == name


def test_texts_codes_and_lists():
    assert parse_text(" 一\r\n二\u200b\0 ") == "一\n二"
    assert parse_text(7) == "7"
    assert parse_text(Decimal("1.50")) == "1.5"
    assert parse_text(date(2025, 3, 28)) == "2025-03-28"
    assert parse_text(time(8, 20)) == "08:20"
    assert parse_text(timedelta(hours=25, minutes=5)) == "25:05"
    assert parse_code(" ＴＸ 00064 ") == "TX00064"
    assert parse_code(64) == "64"
    assert parse_list("红队、黄队；蓝队; 、绿 队") == ("红队", "黄队", "蓝队", "绿队")
    with pytest.raises(BadText):
        parse_text("#REF!")


def test_rows_and_cells_as_a_whole():
    assert is_blank_row(["", " ", "　", "\u200b"])
    assert not is_blank_row(["", 0])
    assert not is_blank_row([False])
    assert not is_blank_row([timedelta(0)])
    assert is_total_row(["", "合 计：", 25])
    assert is_total_row([" 小计", ""])
    assert not is_total_row(["合肥", ""])
    assert not is_total_row(["张三", "合计"])
    assert is_error("#N/A")
    assert not is_error("N/A")
    assert shown("a\nb " + "长" * 100) == "a b " + "长" * 55 + "…"
