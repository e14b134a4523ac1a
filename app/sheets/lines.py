"""A sheet as lines of JSON between two processes: nothing but data can come out of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
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
ROWS_A_LINE = 200
_MOST_KEPT_VALUES = 100_000
_values: dict[tuple[str, str], Cell] = {}


class Head(NamedTuple):
    """The first line: the sheet's name and how many rows follow."""

    name: str
    rows: int


def sheet_lines(sheet: Sheet) -> Iterator[bytes]:
    """Yield a sheet, many rows a line, dropping them once they were said."""
    rows = sheet.rows
    yield _line({"name": sheet.name, "rows": len(rows)})
    for at in range(0, len(rows), ROWS_A_LINE):
        said = rows[at : at + ROWS_A_LINE]
        rows[at : at + ROWS_A_LINE] = [[]] * len(said)
        yield _line(said)


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


def read_rows(line: bytes, texts: dict[str, str]) -> list[list[Cell]]:
    """Return the rows of a line; equal texts are kept once, in `texts`."""
    rows: list[list[Any]] = json.loads(line)
    once = texts.setdefault
    for row in rows:
        for at, cell in enumerate(row):
            if type(cell) is str:
                row[at] = once(cell, cell)
            elif type(cell) is list:
                row[at] = _value(*cell)
    return rows


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
    return _ENCODER.encode(said).encode("utf-8", "surrogatepass") + b"\n"


def _other(cell: object) -> list[Any]:
    for kind, letter, write in _WRITE:
        if isinstance(cell, kind):
            return [letter, write(cell)]
    raise TypeError(type(cell).__name__)


_ENCODER = json.JSONEncoder(default=_other, ensure_ascii=False, separators=(",", ":"))
