"""Read a workbook back, sheet by sheet: what is text, what is a number."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

_SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def cells_of(body: bytes) -> dict[str, list[list[object]]]:
    """Return the cells that are filled, row by row; a formula would fail the reading."""
    with ZipFile(BytesIO(body)) as parts:
        book = ElementTree.fromstring(parts.read("xl/workbook.xml"))
        names = [sheet.get("name", "") for sheet in book.findall("m:sheets/m:sheet", _SPACE)]
        return {
            name: _rows(parts.read(f"xl/worksheets/sheet{place}.xml"))
            for place, name in enumerate(names, start=1)
        }


def _rows(xml: bytes) -> list[list[object]]:
    sheet = ElementTree.fromstring(xml)
    assert not sheet.findall(".//m:f", _SPACE)
    return [_cells(row) for row in sheet.findall("m:sheetData/m:row", _SPACE)]


def _cells(row: ElementTree.Element) -> list[object]:
    found: list[object] = []
    for cell in row.findall("m:c", _SPACE):
        letters = cell.get("r", "").rstrip("0123456789")
        # The sheets here have fewer columns than letters.
        place = ord(letters) - ord("A")
        found += [None] * (place - len(found))
        found.append(_value(cell))
    return found


def _value(cell: ElementTree.Element) -> object:
    if cell.get("t") == "inlineStr":
        return cell.findtext("m:is/m:t", "", _SPACE)
    number = float(cell.findtext("m:v", "", _SPACE))
    return int(number) if number.is_integer() else number
