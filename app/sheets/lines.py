"""A sheet as lines of JSON between two processes: nothing but data can come out of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from app.sheets import refusals
from app.sheets.cells import Cell, Sheet
from app.sheets.refusals import SheetUnreadable

# What JSON has no word for travels as [letter, text].
_WRITE: tuple[tuple[type, str, Callable[[Any], str | list[int]]], ...] = (
    (datetime, "z", datetime.isoformat),
    (date, "d", date.isoformat),
    (time, "t", time.isoformat),
    (timedelta, "s", lambda span: [span.days, span.seconds, span.microseconds]),
    (Decimal, "n", str),
)
_READ: dict[str, Callable[[Any], Cell]] = {
    "z": datetime.fromisoformat,
    "d": date.fromisoformat,
    "t": time.fromisoformat,
    "s": lambda parts: timedelta(*parts),
    "n": Decimal,
}
_MOST_KEPT_VALUES = 100_000
_values: dict[tuple[str, str], Cell] = {}


class Head(NamedTuple):
    """The first line: the sheet's name and how many rows follow."""

    name: str
    rows: int


def sheet_lines(sheet: Sheet) -> Iterator[bytes]:
    """Yield a sheet line by line, dropping each row once it was said."""
    yield _line({"name": sheet.name, "rows": len(sheet.rows)})
    rows = sheet.rows
    for at, row in enumerate(rows):
        rows[at] = []
        yield _line(row)


def refusal_line(refusal: SheetUnreadable) -> bytes:
    """Return why there is no sheet."""
    return _line({"refusal": type(refusal).__name__, "figures": refusal.figures})


def read_head(line: bytes, filename: str) -> Head:
    """Return the first line, or raise the refusal it tells."""
    said = json.loads(line)
    if "refusal" in said:
        kind = getattr(refusals, said["refusal"], SheetUnreadable)
        raise kind(**{**said["figures"], "file": filename})
    return Head(str(said["name"]), int(said["rows"]))


def read_row(line: bytes, texts: dict[str, str]) -> list[Cell]:
    """Return the cells of a line; equal texts are kept once, in `texts`."""
    row: list[Any] = json.loads(line)
    for at, cell in enumerate(row):
        if type(cell) is str:
            row[at] = texts.setdefault(cell, cell)
        elif type(cell) is list:
            row[at] = _value(*cell)
    return row


def _value(letter: str, said: Any) -> Cell:
    if type(said) is not str:
        return _READ[letter](said)
    # Dates and hours repeat all over a sheet.
    found = _values.get((letter, said))
    if found is None:
        if len(_values) > _MOST_KEPT_VALUES:
            _values.clear()
        found = _values[letter, said] = _READ[letter](said)
    return found


def _line(said: object) -> bytes:
    text = json.dumps(said, default=_other, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass") + b"\n"


def _other(cell: object) -> list[Any]:
    for kind, letter, write in _WRITE:
        if isinstance(cell, kind):
            return [letter, write(cell)]
    raise TypeError(type(cell).__name__)


def rows_of(lines: Iterable[bytes]) -> list[list[Cell]]:
    """Return the rows of lines (tests)."""
    texts: dict[str, str] = {}
    return [read_row(line, texts) for line in lines]
