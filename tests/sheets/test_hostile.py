"""Small files that would cost gigabytes or minutes, refused before they are parsed."""

from __future__ import annotations

import io
import resource
import time
import zipfile

import pytest

from app.sheets.limits import Limits
from app.sheets.reading import read_sheet
from app.sheets.refusals import (
    EncryptedWorkbook,
    SheetUnreadable,
    TooManyCells,
    UnpacksTooLarge,
)
from tests.sheets.workbooks import MAIN, SHEET, made, with_parts, with_sheet_data

FAR = '<c r="XFD1048576"><v>1</v></c>'
SSTABLE = f'<sst xmlns="{MAIN}">%s</sst>'
SHARED_CELL = '<c r="A{n}" t="s"><v>{of}</v></c>'


@pytest.fixture(autouse=True)
def _cheap():
    """Every refusal here costs less than 10 s (on a busy machine) and 250 MB."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    yield
    assert time.monotonic() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000


@pytest.mark.parametrize(
    "data",
    [
        f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{FAR}</row>',
        f'<row r="1">{FAR}</row>',
        '<row r="1"><c s="0" r="XFD1048576"><v>1</v></c></row>',
        "<row r='1'><c r='XFD1048576'><v>1</v></c></row>",
        '<row r="1"><c\n r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c x="/>" r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="xfd1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c><v>1</v></c></row>'
        '<row r="1"><c r="XFD1"><v>1</v></c></row>',
        f'<row r="1"><x:c xmlns:x="{MAIN}" r="XFD1048576"><v>1</v></x:c></row>',
        '<row r="1"><c r="A1048576"><v>1</v></c></row>',
        '<row r="1"><c r="ZZZ1"><v>1</v></c></row>',
    ],
)
def test_one_far_cell(data):
    with pytest.raises(TooManyCells) as refused:
        read_sheet(with_sheet_data(data), "far.xlsx")
    assert "200000" in str(refused.value)


def test_a_wide_row_and_many_rows_without_references():
    data = "<row>" + "<c><v>1</v></c>" * 1_001 + "</row>" + "<row><c><v>1</v></c></row>" * 10
    with pytest.raises(TooManyCells):
        read_sheet(with_sheet_data(data), "wide.xlsx")


def test_more_cells_than_allowed():
    data = "<row>" + "<c><v>1</v></c>" * 50 + "</row>"
    with pytest.raises(TooManyCells):
        read_sheet(with_sheet_data(data), "many.xlsx", Limits(cells=40))


@pytest.mark.parametrize(
    "markup",
    ["<!-- <row> -->", "<![CDATA[<row>]]>", "<?row r='1'?>"],
    ids=["comment", "cdata", "instruction"],
)
def test_markup_that_could_hide_cells(markup):
    with pytest.raises(SheetUnreadable):
        read_sheet(with_sheet_data(f'{markup}<row r="1"><c r="A1"><v>1</v></c></row>'), "x.xlsx")


def test_entities():
    entity = '<!DOCTYPE worksheet [<!ENTITY a "aaaa">]>'
    xml = f'{entity}<worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    with pytest.raises(SheetUnreadable):
        read_sheet(with_parts({SHEET: xml}), "x.xlsx")


def test_another_encoding_than_utf8():
    xml = (
        f'<?xml version="1.0" encoding="UTF-16"?><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    )
    for part in (xml, xml.encode("utf-16")):
        with pytest.raises(SheetUnreadable):
            read_sheet(with_parts({SHEET: part}), "x.xlsx")


def test_a_member_that_unpacks_a_thousandfold():
    bomb = with_parts({"xl/media/image1.xml": b" " * 30_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(UnpacksTooLarge):
        read_sheet(bomb, "bomb.xlsx")


def test_too_much_in_all_or_too_many_members():
    content = with_parts({f"xl/x{n}.xml": "<x/>" for n in range(50)})
    with pytest.raises(UnpacksTooLarge):
        read_sheet(content, "x.xlsx", Limits(members=40))
    with pytest.raises(UnpacksTooLarge):
        read_sheet(content, "x.xlsx", Limits(unpacked_bytes=1_000))


def test_two_members_of_one_name():
    stream = io.BytesIO(with_sheet_data('<row r="1"><c r="A1"><v>1</v></c></row>'))
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(stream, "a") as package,
    ):
        package.writestr(SHEET, "<worksheet/>")
    with pytest.raises(SheetUnreadable):
        read_sheet(stream.getvalue(), "x.xlsx")


def test_an_encrypted_member():
    content = bytearray(with_sheet_data(""))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    with pytest.raises(EncryptedWorkbook):
        read_sheet(bytes(content), "x.xlsx")


def shared(sizes: list[int], cells: list[int]) -> bytes:
    table = "".join(f"<si><t>{'x' * size}</t></si>" for size in sizes)
    rows = "".join(
        f'<row r="{n}">{SHARED_CELL.format(n=n, of=of)}</row>'
        for n, of in enumerate(cells, start=1)
    )
    base = made(lambda _book, sheet: sheet.write_string(0, 0, "编号"))
    return with_parts({"xl/sharedStrings.xml": SSTABLE % table, SHEET: sheet_of(rows)}, base)


def sheet_of(rows: str) -> str:
    return f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def test_one_long_text_repeated_by_every_cell():
    with pytest.raises(UnpacksTooLarge):
        read_sheet(shared([30_000], [0] * 20_000), "x.xlsx")


def test_one_long_text_used_once_is_no_attack():
    rows = read_sheet(shared([30_000, 1], [0] + [1] * 20_000), "x.xlsx").rows
    assert (len(rows), len(str(rows[0][0])), rows[1]) == (20_001, 30_000, ["x"])


def test_a_library_panic_is_a_refusal(monkeypatch):
    class PanicException(BaseException):  # what pyo3 raises; not an Exception
        pass

    def panic(*_args):
        raise PanicException

    monkeypatch.setattr("app.sheets.workbook._first_filled", panic)
    with pytest.raises(SheetUnreadable):
        read_sheet(with_sheet_data('<row r="1"><c r="A1"><v>1</v></c></row>'), "x.xlsx")


@pytest.mark.parametrize(
    "claim",
    [
        ' count="4000000000" uniqueCount="4000000000"',
        " a='>' uniqueCount = '4000000000'",
    ],
)
@pytest.mark.parametrize("text", ["编号", "sheetData"])
def test_a_claim_of_many_strings_reserves_nothing(claim, text):
    """Calamine would ask for 96 GB, and the process ends where it does not get them."""
    strings = f'<sst xmlns="{MAIN}"{claim}><si><t>{text}</t></si></sst>'
    book = with_parts({"xl/sharedStrings.xml": strings})
    limit = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (8_000_000_000, limit[1]))
    try:
        assert read_sheet(book, "claim.xlsx").rows == [[text]]
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limit)
