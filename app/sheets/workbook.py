"""XLSX through calamine: only what was measured and mended is handed to it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from app.sheets.cells import Cell, Sheet, number_of, trimmed
from app.sheets.limits import Limits
from app.sheets.package import opened_package, repacked
from app.sheets.refusals import FileEmpty, SheetUnreadable
from app.sheets.worksheet import measure_strings, measured_and_mended, without_claims


def read_xlsx(content: bytes, filename: str, limits: Limits) -> Sheet:
    parts = opened_package(content, filename, limits)
    cells = 0
    for name in parts:
        xml = parts[name] = without_claims(parts[name])
        if b"sheetData" in xml:
            parts[name], count = measured_and_mended(xml, filename, limits)
            cells = max(cells, count)
    measure_strings(parts.values(), cells, filename, limits)
    return _parsed(repacked(parts), filename)  # repacked() empties parts, for memory's sake


def _parsed(package: io.BytesIO, filename: str) -> Sheet:
    try:
        with CalamineWorkbook.from_filelike(package) as workbook:
            return _first_filled(workbook, filename)
    except (CalamineError, ValueError, OSError):
        raise SheetUnreadable(file=filename) from None
    except BaseException as error:  # a panic in the Rust library is no Exception
        if type(error).__name__ == "PanicException":
            raise SheetUnreadable(file=filename) from None
        raise


def _first_filled(workbook: CalamineWorkbook, filename: str) -> Sheet:
    for about in workbook.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet or about.visible != SheetVisibleEnum.Visible:
            continue
        rows = trimmed(_rows(workbook.get_sheet_by_name(about.name), filename))
        if rows:
            return Sheet(name=about.name, rows=rows)
    raise FileEmpty(file=filename)


class _Numbers(dict[float, int | Decimal]):
    """Numbers by float, worked out once each: hours repeat all over a sheet."""

    def __missing__(self, value: float) -> int | Decimal:
        number = self[value] = number_of(value)
        return number


def _rows(sheet: CalamineSheet, filename: str) -> list[list[Cell]]:
    """Return all rows from row 1 and column A on, whose numbers then are the sheet's."""
    if sheet.start is None or sheet.end is None:
        return []
    # Row by row, and equal texts kept once: a long sheet would else fill the memory twice.
    texts: dict[str, str] = {}
    numbers = _Numbers()
    margin: list[Cell] = [""] * sheet.start[1]  # iter_rows leaves out empty columns on the left
    rows: list[list[Cell]] = []
    each_row: Iterator[list[Any]] = sheet.iter_rows()
    for row in each_row:
        for at, cell in enumerate(row):
            if type(cell) is str:
                row[at] = texts.setdefault(cell, cell)
            elif type(cell) is float:
                row[at] = numbers[cell]
        rows.append(margin + row)
    if len(rows) != sheet.end[0] + 1:
        raise SheetUnreadable(file=filename)
    return rows
