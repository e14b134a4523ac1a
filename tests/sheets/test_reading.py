"""Files as offices send them."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.sheets.limits import Limits
from app.sheets.reading import read_sheet
from app.sheets.refusals import (
    EncryptedWorkbook,
    FileEmpty,
    FileTooLarge,
    LegacyWorkbook,
    NotASheet,
    NotText,
    QuotesUnbalanced,
    SheetUnreadable,
    TooManyCells,
)
from tests.sheets.workbooks import MAIN, SHEET, made, with_parts, with_sheet_data

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def csv_rows(content: str | bytes) -> list[list[object]]:
    encoded = content.encode() if isinstance(content, str) else content
    return [list(row) for row in read_sheet(encoded, "名单.csv").rows]


@pytest.mark.parametrize(
    ("name", "rows", "width"),
    [
        ("roster.xlsx", 227, 10),
        ("service.xlsx", 3619, 8),
        ("signin.xlsx", 32, 6),
        ("problems.csv", 33, 10),
    ],
)
def test_samples_keep_every_row(name, rows, width):
    sheet = read_sheet(SAMPLES / name, name)
    assert (len(sheet.rows), sheet.width) == (rows, width)
    assert {len(row) for row in sheet.rows} == {width}


def test_sample_cells_are_plain_values():
    rows = read_sheet(SAMPLES / "service.xlsx", "service.xlsx").rows
    assert rows[1][0] == date(2025, 1, 1)
    assert rows[1][5] == time(7, 0)
    assert rows[1][6] == Decimal("1.25")
    assert type(rows[3][6]) is int
    assert not any(type(cell) is float for row in rows for cell in row)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_encodings(encoding):
    assert csv_rows("编号,姓名\nTX1,褚萍·㐂\n".encode(encoding)) == [
        ["编号", "姓名"],
        ["TX1", "褚萍·㐂"],
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_csv_delimiters_and_line_ends(delimiter, end):
    text = end.join([delimiter.join(["编号", "队伍"]), delimiter.join(["TX1", '"甲,乙;丙"'])]) + end
    assert csv_rows(text) == [["编号", "队伍"], ["TX1", "甲,乙;丙"]]


def test_csv_delimiter_comes_from_the_first_line_that_has_one():
    assert csv_rows("签到表\n日期；;2026\n姓名;a,b,c,d\n")[1] == ["日期；", "2026"]


def test_csv_rows_keep_their_number_and_width():
    assert csv_rows("a,b\n\n,\n1\n,\n\n") == [["a", "b"], ["", ""], ["", ""], ["1", ""]]


def test_csv_line_break_in_a_cell_is_one_row():
    assert csv_rows('a,b\n"1\n2",3\n') == [["a", "b"], ["1\n2", "3"]]


def test_csv_protecting_quote_is_taken_off():
    assert csv_rows("a,b\n'=1+1,'tis\n") == [["a", "b"], ["=1+1", "'tis"]]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", FileEmpty),
        (b"\xef\xbb\xbf", FileEmpty),
        (b"\n , \n", FileEmpty),
        (b"a,b\n\x00,1\n", NotText),
        ("编号".encode("utf-16"), NotText),
        (b"a,b\n\xff\xff\xff", NotText),
        ('a,b\n"1,2\n3,4\n', QuotesUnbalanced),
        ('a,b\n"1"x,2\n', QuotesUnbalanced),
        (b"<html><table></table></html>", NotASheet),
        (b"%PDF-1.7", NotASheet),
        (OLE + b"\0" * 600, LegacyWorkbook),
        (OLE + "EncryptedPackage".encode("utf-16-le"), EncryptedWorkbook),
        (b"PK\x03\x04 torn", SheetUnreadable),
        (made(lambda _book, _sheet: None), FileEmpty),
        (made(lambda _book, sheet: sheet.write_string(3, 3, "  ")), FileEmpty),
        (with_parts({"xl/workbook.xml": "<workbook"}), SheetUnreadable),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_unreadable_files_say_why(content, refusal):
    with pytest.raises(refusal) as refused:
        read_sheet(content.encode() if isinstance(content, str) else content, "名单.csv")
    assert type(refused.value) is refusal
    assert "名单.csv" in str(refused.value)


def test_another_zip_is_no_sheet():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("word/document.xml", "<x/>")
    with pytest.raises(NotASheet):
        read_sheet(stream.getvalue(), "信.docx")


def test_truncated_workbook_is_refused():
    content = (SAMPLES / "service.xlsx").read_bytes()
    with pytest.raises(SheetUnreadable):
        read_sheet(content[: len(content) // 2], "service.xlsx")


def test_a_file_too_large_is_not_read(tmp_path):
    path = tmp_path / "big.csv"
    path.write_bytes(b"a" * 101)
    with pytest.raises(FileTooLarge):
        read_sheet(path, "big.csv", Limits(file_bytes=100))


def test_csv_is_bounded_in_rows_and_columns():
    for text in ("a\n" * 12, "a," * 12):
        with pytest.raises(TooManyCells):
            read_sheet(text.encode(), "x.csv", Limits(rows=10, columns=10))


def test_leading_empty_rows_and_columns_count():
    content = made(lambda _book, sheet: (sheet.write(3, 2, "x"), sheet.write(5, 4, 7)))
    rows = read_sheet(content, "x.xlsx").rows
    assert len(rows) == 6
    assert rows[3] == ["", "", "x", "", ""]
    assert rows[5] == ["", "", "", "", 7]


def test_formatted_empty_cells_far_away_do_no_harm():
    def fill(book, sheet):
        sheet.write(0, 0, "编号")
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))

    assert read_sheet(made(fill), "x.xlsx").rows == [["编号"]]


def test_the_first_visible_filled_worksheet_is_read():
    def fill(book, sheet):
        sheet.write(0, 0, "hidden")
        book.add_worksheet("空")
        full = book.add_worksheet("名册")
        full.write(0, 0, "编号")
        full.activate()
        sheet.hide()

    sheet = read_sheet(made(fill), "x.xlsx")
    assert (sheet.name, sheet.rows) == ("名册", [["编号"]])


@pytest.mark.parametrize(
    ("number", "form", "cell"),
    [
        (45744, 14, date(2025, 3, 28)),
        (45744, 31, date(2025, 3, 28)),
        (45744, 'yyyy"年"m"月"d"日"', date(2025, 3, 28)),
        (45744, "General", 45744),
        (45744.5, "yyyy-mm-dd hh:mm", datetime(2025, 3, 28, 12)),
        (20250328, "0", 20250328),
        (19903522457, "0", 19903522457),
        (1.1, "0.0", Decimal("1.1")),
        (0.1 + 0.2, "0.0", Decimal("0.3")),
        (1e20, "0", Decimal("1E+20")),
        (0.3472222222, "h:mm", time(8, 20)),
        (25 / 24, "[h]:mm", timedelta(hours=25)),
        (-0.5, "h:mm", Decimal("-0.5")),
        (-2.5, "0.0", Decimal("-2.5")),
    ],
)
def test_numbers_dates_and_times(number, form, cell):
    content = made(
        lambda book, sheet: sheet.write_number(0, 0, number, book.add_format({"num_format": form}))
    )
    found = read_sheet(content, "x.xlsx").rows[0][0]
    assert found == cell
    assert type(found) is type(cell)


@pytest.mark.parametrize(
    ("xml", "cell"),
    [
        ('<c r="A1" t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c r="A1" s="0" t="e"><f>NA()</f><v>#DIV/0!</v></c>', "#DIV/0!"),
        ('<c r="A1"><f>1+1</f></c>', "#FORMULA!"),
        ('<c r="A1"><f>1+1</f><v></v></c>', "#FORMULA!"),
        ('<c r="A1" s="0"><f>1+1</f><v/></c>', "#FORMULA!"),
        ('<c r="A1"><f t="shared" si="0"/></c>', "#FORMULA!"),
        ('<c r="A1"><f>1+1</f><v>2</v></c>', 2),
        ('<c r="A1" t="str"><f>"a"</f><v>a</v></c>', "a"),
        ('<c r="A1" t="str"><f>""</f><v></v></c>', ""),
        ('<c r="A1" t="b"><v>1</v></c>', True),
        ('<c r="A1" t="inlineStr"><is><t>褚萍</t></is></c>', "褚萍"),
        ('<c r="A1" t="d"><v>2025-03-28</v></c>', date(2025, 3, 28)),
    ],
)
def test_errors_and_formulas_never_become_values(xml, cell):
    content = with_sheet_data(f'<row r="1">{xml}<c r="B1"><v>7</v></c></row>')
    assert read_sheet(content, "x.xlsx").rows == [[cell, 7]]


def test_other_writers_prefixes_and_missing_references():
    prefixed = (
        '<x:row><x:c r="A1"><x:v>1</x:v></x:c><x:c r="B1" t="e"><x:v>#N/A</x:v></x:c></x:row>'
    )
    bare = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    assert read_sheet(with_sheet_data(prefixed, "x"), "x.xlsx").rows == [[1, "#N/A"]]
    assert read_sheet(with_sheet_data(bare), "x.xlsx").rows == [[1, 2], [3, ""]]


@pytest.mark.parametrize("said", ["A1:A2", "A1:XFD1048576"])
def test_a_false_dimension_loses_no_row(said):
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(1, 51))
    dimension = f'<dimension ref="{said}"/>'
    xml = f'<worksheet xmlns="{MAIN}">{dimension}<sheetData>{rows}</sheetData></worksheet>'
    assert len(read_sheet(with_parts({SHEET: xml}), "x.xlsx").rows) == 50
