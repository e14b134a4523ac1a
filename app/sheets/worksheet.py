"""The XML of a worksheet before calamine sees it: measured and mended.

Measured: calamine allocates the whole box around all cells, so one far cell of
a tiny file costs gigabytes (GUARANTEES §2.10). A shared string repeated by
every cell costs as much. Mended: what calamine would turn into a wrong value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.parsers import expat

from app.sheets.cells import UNCACHED_FORMULA
from app.sheets.extent import SHARED, column_number, exact_extent, exact_string_sizes
from app.sheets.limits import Limits
from app.sheets.refusals import SheetUnreadable, UnpacksTooLarge

_ROW = re.compile(rb'<c r="[A-Z]{1,3}([0-9]{1,7})"')
_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})')
_PREFIXED_CELL = re.compile(rb":c[\s>/]")
_ODD_CELL = re.compile(rb"<c[\s>/]")
_STRING = re.compile(rb"<(?:[\w.-]+:)?si[\s/>]")
# Up to the next tag, which no attribute reaches into.
_STRINGS_TAG = re.compile(rb"<(?:[\w.-]+:)?sst\b[^<]*")
_CLAIMED = re.compile(rb"""\s(?:uniqueCount|count)\s*=\s*(?:"[^"]*"|'[^']*')""")
_SHARED_CELL = re.compile(rb"""\st\s*=\s*["']\s*s\s*["']""")
_ERROR = re.compile(rb'(<(?:\w+:)?c [^<>]*?)\bt="e"')
_NEGATIVE = re.compile(
    rb'(<(?:\w+:)?c [^<>]*?)\bs="[0-9]+"([^<>]*>(?:<(?:\w+:)?f[^<]*</(?:\w+:)?f>)?<(?:\w+:)?v>-)'
)
_UNCACHED = re.compile(
    rb'<((?:\w+:)?)c (r="[A-Z]+[0-9]+")([^<>]*)>\s*'
    rb"<(?:\w+:)?f(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>\s*|<(?:\w+:)?v>\s*</(?:\w+:)?v>\s*)?</(?:\w+:)?c>"
)


def measured_and_mended(xml: bytes, filename: str, limits: Limits) -> tuple[bytes, int]:
    """Return the XML fit for calamine and how many cells it has; refuse one too large."""
    _refuse_odd_markup(xml, filename)
    extent = _plain_extent(xml, limits)
    if extent is None or not limits.allow(*extent[:2]):
        try:
            extent = exact_extent(xml, limits.cells)  # also leaves formatted but empty cells out
        except expat.ExpatError:
            raise SheetUnreadable(file=filename) from None
    rows, columns, cells = extent
    if not limits.allow(rows, columns):
        raise limits.too_many(filename)
    return _mended(xml), cells


def without_claims(xml: bytes) -> bytes:
    """Return shared strings without how many there are said to be: calamine reserves as much."""
    if b"sst" not in xml:
        return xml
    return _STRINGS_TAG.sub(lambda tag: _CLAIMED.sub(b"", tag[0]), xml)


def measure_strings(parts: Iterable[bytes], cells: int, filename: str, limits: Limits) -> None:
    """Refuse shared strings that grow beyond bounds once every cell has its copy."""
    parts = list(parts)
    for xml in parts:
        if not _STRING.search(xml):
            continue
        _refuse_odd_markup(xml, filename)
        longest = max(map(len, xml.split(b"si>")))
        if longest * cells <= limits.text_bytes:
            continue
        try:
            sizes = exact_string_sizes(xml)
        except expat.ExpatError:
            raise SheetUnreadable(file=filename) from None
        if any(
            _repeated_bytes(sheet, sizes) > limits.text_bytes
            for sheet in parts
            if b"sheetData" in sheet
        ):
            raise UnpacksTooLarge(file=filename)


def _refuse_odd_markup(xml: bytes, filename: str) -> None:
    # No spreadsheet program writes comments, CDATA, entities or instructions here;
    # with them absent, tags can be found by searching bytes.
    if b"<!" in xml or xml.find(b"<?", 5) >= 0:
        raise SheetUnreadable(file=filename)


def _plain_extent(xml: bytes, limits: Limits) -> tuple[int, int, int] | None:
    """Return last row, last column and cells, if all cells are written as Excel writes them."""
    cells = xml.count(b"<c ")
    if cells > limits.cells or _has_odd_cells(xml, cells):
        return None
    rows = _ROW.findall(xml)
    if len(rows) != cells:
        return None
    last_row = max(map(int, set(rows)), default=0)
    last_column = max(map(column_number, set(_COLUMN.findall(xml))), default=0)
    return last_row, last_column, cells


def _has_odd_cells(xml: bytes, cells: int) -> bool:
    """Tell whether there may be cells other than `<c …>`, by cheap searches: the text is long."""
    if b":c" in xml and _PREFIXED_CELL.search(xml):
        return True
    first, end = xml.find(b"<c "), xml.rfind(b"<c ") + 2
    # Between the first and the last cell no other tag begins with c, but before and after some do.
    if cells and xml.count(b"<c", first, end) != cells:
        return True
    return any(map(_ODD_CELL.search, (xml[:first], xml[end:]) if cells else (xml,)))


def _repeated_bytes(sheet: bytes, sizes: list[int]) -> int:
    references = SHARED.findall(sheet)
    longest = max(sizes, default=0)
    known = sum(sizes[int(each)] if int(each) < len(sizes) else longest for each in references)
    # What is not written as Excel writes it is charged as the longest.
    return known + (len(_SHARED_CELL.findall(sheet)) - len(references)) * longest


def _mended(xml: bytes) -> bytes:
    """Keep three things calamine loses: errors (read as blank), formulas never calculated
    (read as 0) and negative times (read as positive, so only the number is kept)."""
    if b't="e"' in xml:
        xml = _ERROR.sub(rb'\1t="str"', xml)
    if b"v>-" in xml:
        xml = _NEGATIVE.sub(rb"\1\2", xml)
    if b"<f" in xml or b":f" in xml:
        xml = _UNCACHED.sub(_marked, xml)
    return xml


def _marked(cell: re.Match[bytes]) -> bytes:
    if b't="str"' in cell[3]:  # a calculated empty text, as =IF(A1="","",…) gives
        return cell[0]
    prefix, mark = cell[1], UNCACHED_FORMULA.encode()
    return b'<%bc %b t="str"><%bv>%b</%bv></%bc>' % (prefix, cell[2], prefix, mark, prefix, prefix)
