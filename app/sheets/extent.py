"""Exact measures by a real XML parser: slower, for sheets not written as Excel writes them."""

from __future__ import annotations

import re
from xml.parsers import expat

SHARED = re.compile(rb'<c r="[A-Z]{1,3}[0-9]{1,7}"(?: s="[0-9]+")? t="s"><v>([0-9]{1,9})</v>')
_REFERENCE = re.compile(r"([A-Za-z]{1,6})([0-9]{1,9})")
_FILLING = ("v", "f", "is")


class _Enough(Exception):
    """Counting on would only cost time: the sheet is beyond its limit already."""


class _Extent:
    """Follow rows and cells, with references or without, and note the last filled ones."""

    def __init__(self, max_cells: int) -> None:
        self.max_cells = max_cells
        self.row = self.column = 0
        self.last_row = self.last_column = self.cells = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "c":
            self._enter(attributes.get("r", ""))
        elif name == "row":
            given = attributes.get("r", "").strip()
            self.row = int(given) if given.isdecimal() and len(given) < 10 else self.row + 1
            self.column = 0
        elif name in _FILLING and self.column:
            self.last_row = max(self.last_row, self.row)
            self.last_column = max(self.last_column, self.column)

    def _enter(self, given: str) -> None:
        self.cells += 1
        if self.cells > self.max_cells:
            raise _Enough
        place = _REFERENCE.fullmatch(given.strip())
        if place:
            self.column, self.row = column_number(place[1].upper().encode()), int(place[2])
        else:
            self.column += 1


class _Sizes:
    """Note the bytes of text in each shared string."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        if tag.rpartition(":")[2] == "si":
            self.sizes.append(0)

    def text(self, data: str) -> None:
        if self.sizes:
            self.sizes[-1] += len(data.encode())


def exact_extent(xml: bytes, max_cells: int) -> tuple[int, int, int]:
    """Return last filled row, last filled column, and cells; stops once there are too many."""
    extent = _Extent(max_cells)
    parser = expat.ParserCreate("UTF-8")
    parser.StartElementHandler = extent.start
    try:
        parser.Parse(xml, True)
    except _Enough:
        return extent.cells, 1, extent.cells
    return extent.last_row, extent.last_column, extent.cells


def exact_string_sizes(xml: bytes) -> list[int]:
    sizes = _Sizes()
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartElementHandler = sizes.start
    parser.CharacterDataHandler = sizes.text
    parser.Parse(xml, True)
    return sizes.sizes


def column_number(letters: bytes) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
