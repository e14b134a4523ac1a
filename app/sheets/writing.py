"""Write lists as XLSX or a list as CSV; text a user typed never becomes a formula."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.sheets.cells import Cell, number_of, text_of
from app.sheets.quoting import protect

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SAMPLED_ROWS = 200
_NARROWEST, _WIDEST = 6, 60
_LONGEST_TEXT = 32_767  # of an XLSX cell
_EXCEL_FIRST_DAY = date(1900, 3, 1)  # Excel counts a 29 February 1900 that never was
_SHEET_NAME_FORBIDS = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_FORMATS = {
    date: "yyyy-mm-dd",
    datetime: "yyyy-mm-dd hh:mm:ss",
    time: "hh:mm",
    timedelta: "[h]:mm",
}


class Sheet(NamedTuple):
    """One sheet of a workbook; `widths` in characters, by default they follow the first rows."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell | None]]
    widths: Sequence[int] | None = None


def write_xlsx(
    header: Sequence[str],
    rows: Iterable[Sequence[Cell | None]],
    *,
    name: str = "Sheet1",
    widths: Sequence[int] | None = None,
) -> bytes:
    """Return a workbook of one sheet; see `write_sheets`."""
    return write_sheets([Sheet(name, header, rows, widths)])


def write_sheets(sheets: Iterable[Sheet]) -> bytes:
    """Return a workbook: bold frozen headers, native dates and numbers, inert text.

    The rows are asked for one after another and held by nobody. Datetimes must be naive (local).
    """
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as workbook:
        bold = workbook.add_format({"bold": True})
        formats = {
            kind: workbook.add_format({"num_format": form}) for kind, form in _FORMATS.items()
        }
        for each in sheets:
            _fill(workbook.add_worksheet(_sheet_name(each.name)), each, bold, formats)
    return stream.getvalue()


def _fill(sheet: Worksheet, given: Sheet, bold: Format, formats: dict[type, Format]) -> None:
    rows = iter(given.rows)
    sample = list(islice(rows, _SAMPLED_ROWS))
    for at, width in enumerate(given.widths or _widths(given.header, sample)):
        sheet.set_column(at, at, width)
    sheet.freeze_panes(1, 0)
    for at, title in enumerate(given.header):
        sheet.write_string(0, at, title, bold)
    for number, row in enumerate(chain(sample, rows), start=1):
        for at, cell in enumerate(row):
            _write(sheet, number, at, cell, formats)


def write_csv(
    header: Sequence[str],
    rows: Iterable[Sequence[Cell | None]],
    *,
    bom: bool = True,
    line_end: str = "\r\n",
) -> bytes:
    """Return UTF-8 CSV, by default as Excel likes it; formula-like text gains a quote."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator=line_end)
    writer.writerow([_csv_text(title) for title in header])
    writer.writerows([_csv_text(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8-sig" if bom else "utf-8")


def _csv_text(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return protect(cell.replace("\0", "")) if isinstance(cell, str) else text_of(cell)


def _write(
    sheet: Worksheet, row: int, column: int, cell: Cell | None, formats: dict[type, Format]
) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | Decimal) and number_of(float(cell)) == cell:
        sheet.write_number(row, column, float(cell))
    elif isinstance(cell, date | time | timedelta) and _excel_can_date(cell):
        sheet.write_datetime(row, column, cell, formats[type(cell)])
    else:
        # XlsxWriter silently leaves out a text longer than a cell may hold.
        text = text_of(cell).replace("\0", "")
        sheet.write_string(
            row, column, text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
        )


def _excel_can_date(cell: date | time | timedelta) -> bool:
    if isinstance(cell, timedelta):
        return cell >= timedelta(0)
    if isinstance(cell, datetime):
        return cell.date() >= _EXCEL_FIRST_DAY
    return isinstance(cell, time) or cell >= _EXCEL_FIRST_DAY


def _widths(header: Sequence[str], sample: Sequence[Sequence[Cell | None]]) -> list[int]:
    widths = [_NARROWEST] * len(header)
    for row in chain([header], sample):
        for at, cell in enumerate(row[: len(header)]):
            if cell is not None:
                widths[at] = max(widths[at], min(_WIDEST, _columns_of(text_of(cell)) + 2))
    return widths


def _columns_of(text: str) -> int:
    """Return how many narrow letters wide the first line is; a Chinese character takes two."""
    line = text.partition("\n")[0][:_WIDEST]
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def _sheet_name(name: str) -> str:
    return _SHEET_NAME_FORBIDS.sub(" ", name).strip(" '")[:31] or "Sheet1"
