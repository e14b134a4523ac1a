"""The list of hostile and broken files, one by one: a sentence that says where, nothing written."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import text

from app.db import db, transaction
from app.imports.operations import read_file
from app.sheets.limits import Limits
from app.sheets.refusals import (
    EncryptedWorkbook,
    FileEmpty,
    FileTooLarge,
    LegacyWorkbook,
    MissingColumn,
    NotASheet,
    NotText,
    QuotesUnbalanced,
    SheetUnreadable,
    TooManyCells,
    UnpacksTooLarge,
)
from tests.imports.sheets import bring, codes, csv
from tests.service.community import Community
from tests.sheets.workbooks import MAIN, SHEET, made, with_parts, with_sheet_data

HEADER = "编号,姓名,日期,队伍,时长"
GOOD = "TX00004,,2026-01-27,TX-red,2小时"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 9}">' for n in range(1, 9))


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in members.items():
            package.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def book(*rows: list[Any], **options: Any) -> bytes:
    """Return a service list as a workbook; dates are native."""
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, **options}) as made_book:
        sheet = made_book.add_worksheet("表")
        day = made_book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate([HEADER.split(","), *rows]):
            for at, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(number, at, cell, day)
                else:
                    sheet.write(number, at, cell)
    return stream.getvalue()


WHOLE_FILES: dict[str, tuple[bytes, type[SheetUnreadable]]] = {
    "empty": (b"", FileEmpty),
    "only blanks": (b"\n \n,,\n", FileEmpty),
    "zip bomb": (with_parts({"xl/media/a.xml": b" " * 30_000_000}), UnpacksTooLarge),
    "archive in an archive": (zipped(inner__zip=zipped(bomb__xml=b" " * 10_000_000)), NotASheet),
    "far cell": (with_sheet_data('<row r="9"><c r="XFD999999"><v>1</v></c></row>'), TooManyCells),
    "entities": (
        with_parts({SHEET: f'<!DOCTYPE w [<!ENTITY a0 "ha">{LAUGHS}]><worksheet xmlns="{MAIN}"/>'}),
        SheetUnreadable,
    ),
    "encrypted": (OLE + "EncryptedPackage".encode("utf-16-le"), EncryptedWorkbook),
    "legacy xls": (OLE, LegacyWorkbook),
    "truncated": (book(GOOD.split(","))[:-400], SheetUnreadable),
    "unbalanced quotes": (
        csv(HEADER, GOOD, 'TX00005,"张,2026-01-27,TX-red,1小时'),
        QuotesUnbalanced,
    ),
    "nul bytes": (csv(HEADER, GOOD) + b"\0", NotText),
    "utf-16": (csv(HEADER, GOOD).decode().encode("utf-16"), NotText),
    "no text at all": (bytes(range(1, 256)), NotText),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), SheetUnreadable),
    "a web page": (b"<html><table><tr><td>x</td></tr></table></html>", NotASheet),
    "another table": (csv("商品,价格", "米,5"), MissingColumn),
}


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_file_refused_as_a_whole_says_why(name: str) -> None:
    content, refusal = WHOLE_FILES[name]
    with pytest.raises(refusal) as refused:
        read_file("service", content, "台账.xlsx")
    said = str(refused.value)
    assert "台账.xlsx" in said or "日期" in said
    assert "%(" not in said


def test_an_oversized_file_is_not_even_read() -> None:
    with pytest.raises(FileTooLarge):
        read_file("service", b"a" * 2_000, "x.csv", limits=Limits(file_bytes=1_000))


def test_a_csv_named_xlsx_and_the_reverse_are_read_by_what_they_are() -> None:
    assert read_file("service", csv(HEADER, GOOD), "台账.xlsx").rows == 1
    assert read_file("service", book(GOOD.split(",")), "台账.csv").rows == 1


@pytest.mark.parametrize(
    "extra",
    [
        {"xl/vbaProject.bin": b"\xcc\x61macro"},
        {"xl/externalLinks/externalLink1.xml": "<externalLink/>"},
        {"xl/media/inner.zip": zipped(x=b" " * 5_000_000)},
    ],
    ids=["macros", "external links", "nested archive"],
)
def test_what_a_workbook_carries_along_is_not_looked_at(
    community: Community, extra: dict[str, bytes | str]
) -> None:
    content = with_parts(extra, book(GOOD.split(",")))
    assert bring(community, "service", content).created == 1


def test_merged_cells_leave_the_rows_below_without_a_value(community: Community) -> None:
    def fill(_book: Any, sheet: Any) -> None:
        for at, title in enumerate(HEADER.split(",")):
            sheet.write(0, at, title)
        for number, person in enumerate(("TX00004", "TX00005"), start=1):
            sheet.write_row(number, 0, [person, "", "2026-01-27", "", "1小时"])
        sheet.merge_range(1, 3, 2, 3, "TX-red")

    report = bring(community, "service", made(fill))
    assert [(each.row, each.column, each.code) for each in report.refused] == [
        (3, "队伍", "missing")
    ]


def test_hidden_rows_count_and_hidden_sheets_do_not(community: Community) -> None:
    def fill(workbook: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, HEADER.split(","))
        sheet.write_row(1, 0, GOOD.split(","))
        sheet.set_row(1, None, None, {"hidden": True})
        secret = workbook.add_worksheet("藏")
        secret.write_row(0, 0, HEADER.split(","))
        secret.write_row(1, 0, GOOD.split(","))
        secret.hide()

    report = bring(community, "service", made(fill))
    assert (report.rows, report.created) == (1, 1)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ('<c r="E2"><f>1+1</f></c>', "bad_duration"),
        ('<c r="E2" t="e"><v>#DIV/0!</v></c>', "bad_duration"),
        ('<c r="E2" t="str"><f>A1</f><v>2小时</v></c>', None),
    ],
    ids=["never calculated", "error", "calculated"],
)
def test_formulas_count_by_their_stored_value(
    community: Community, cell: str, code: str | None
) -> None:
    def strings(row: int, *cells: str) -> str:
        return "".join(
            f'<c r="{letter}{row}" t="inlineStr"><is><t>{said}</t></is></c>'
            for letter, said in zip("ABCDE", cells, strict=False)
        )

    rows = f'<row r="1">{strings(1, *HEADER.split(","))}</row>'
    rows += f'<row r="2">{strings(2, *GOOD.split(",")[:4])}{cell}</row>'
    report = bring(community, "service", with_sheet_data(rows))
    assert codes(report) == ({2: code} if code else {})
    assert all(each.column == "时长" for each in report.refused)


@pytest.mark.parametrize("options", [{}, {"date_1904": True}], ids=["1900", "1904"])
def test_native_dates_of_both_systems(community: Community, options: dict[str, bool]) -> None:
    content = book(["TX00004", "", date(2026, 1, 27), "TX-red", "1小时"], **options)
    assert bring(community, "service", content).created == 1
    assert str(one("SELECT service_on FROM service_records")) == "2026-01-27"


def test_a_date_that_lost_its_form_is_refused_with_row_and_column(community: Community) -> None:
    report = bring(community, "service", book(["TX00004", "", 46049, "TX-red", "1小时"]))
    (refused,) = report.refused
    assert (refused.row, refused.column, refused.cell, refused.code) == (
        2, "日期", "46049", "bad_date",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("phone", "is_taken"),
    [
        ("1.38E+10", False),
        (13800001234, True),
        ("１３８００００１２３４", True),
        ("138 0000 1234", True),
    ],
)
def test_phones_as_excel_spoils_them(community: Community, phone: Any, is_taken: bool) -> None:
    def fill(_book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["姓名", "手机", "性别"])
        sheet.write(1, 0, "白露")
        sheet.write(1, 1, phone)

    report = bring(community, "roster", made(fill))
    assert [(each.row, each.column) for each in report.refused] == (
        [] if is_taken else [(2, "手机")]
    )
    assert one("SELECT phone FROM volunteers WHERE name = '白露'") == (
        "13800001234" if is_taken else None
    )


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("春分", " 春\u3000分\u200b"),
        ("阿依·春分", "阿依・春分"),
        ("𠮷春分", "𠮷 春分"),
        ("㛃春", "\ufeff㛃春"),
    ],
)
def test_names_as_people_type_them_find_the_person(
    community: Community, kept: str, typed: str
) -> None:
    with transaction() as session:
        renamed = text("UPDATE volunteers SET name = :name WHERE number = 'TX00004'")
        session.execute(renamed, {"name": kept})
    content = csv(HEADER, f",{typed},２０２６-０１-２７,ＴＸ-red,２小时")
    assert bring(community, "service", content).created == 1


@pytest.mark.parametrize("name", ["far cell", "truncated", "unbalanced quotes", "legacy xls"])
def test_nothing_is_written_for_a_file_refused(community: Community, name: str) -> None:
    def count() -> list[Any]:
        tables = ("service_records", "entries", "batches", "trail", "volunteers")
        return [one(f"SELECT count(*) FROM {table}") for table in tables]

    before = count()
    with pytest.raises(SheetUnreadable):
        bring(community, "service", WHOLE_FILES[name][0])
    assert count() == before


@pytest.mark.parametrize(
    ("wanted", "header", "code"),
    [
        ("roster", "姓名,手机,日期,队伍,时长", "mixed_up"),
        ("roster", "编号,日期,队伍,时长", "mixed_up"),
        ("service", "编号,姓名,性别,出生日期,队伍", "mixed_up"),
        ("signin", "姓名,日期,队伍,时长", "mixed_up"),
        ("signin", "姓名,性别,类别", "mixed_up"),
        ("service", "姓名,队伍,时长", "missing_column"),
        ("service", "姓名,手机,队伍", "missing_column"),
    ],
)
def test_a_sheet_of_another_kind_is_named(wanted: Any, header: str, code: str) -> None:
    with pytest.raises(SheetUnreadable) as refused:
        read_file(wanted, csv(header, ",".join(["x"] * 5)), "名册.csv")
    assert refused.value.code == code


def test_a_signin_sheet_is_not_taken_for_a_list() -> None:
    content = (
        "活动名称：清扫,日期：2026-01-28\n队伍：TX-red\n姓名,签到,签退\n春分,8:00,9:00\n".encode()
    )
    for kind in ("service", "roster"):
        with pytest.raises(SheetUnreadable) as refused:
            read_file(kind, content, "x.csv")
        assert refused.value.code == "mixed_up"


def one(sql: str) -> Any:
    found = db.session.execute(text(sql)).scalar()
    db.session.rollback()
    return found
