"""What a sheet is made of once read: rows of plain Python values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

Cell = str | int | Decimal | bool | date | datetime | time | timedelta
"""A blank cell is ''. Whole numbers are int, others Decimal; never float."""

ZERO_WIDTH = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"))
UNCACHED_FORMULA = "#FORMULA!"
_EXCEL_ERRORS = {
    UNCACHED_FORMULA,
    "#N/A",
    "#VALUE!",
    "#REF!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
}
# An example row of a template begins with this word, in whatever cell comes first.
EXAMPLE = "示例："
_TOTAL = re.compile(r"\s*(?:[合小总]\s*计|示例[：:])")
_EXACT_WHOLE = 10**15
_SHOWN_CHARS = 60


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet or CSV file; `rows[i]` is row i + 1 as the spreadsheet program numbers it.

    All rows are equally wide; rows after the last used one are cut off.
    """

    name: str
    rows: list[list[Cell]]

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0


def number_of(value: float) -> int | Decimal:
    """Return the number a person sees: Excel shows 15 significant digits of its floats."""
    if value.is_integer() and abs(value) < _EXACT_WHOLE:
        return int(value)
    return Decimal(f"{value:.15g}")


def is_blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.translate(ZERO_WIDTH).strip()


def is_blank_row(row: Iterable[Cell]) -> bool:
    return all(cell == "" or is_blank(cell) for cell in row)


def is_total_row(row: Iterable[Cell]) -> bool:
    """Tell a 合计, 小计 or 总计 line, or a template's example, by its first filled cell."""
    first = next((cell for cell in row if not is_blank(cell)), "")
    return isinstance(first, str) and _TOTAL.match(first) is not None


def is_error(cell: Cell) -> bool:
    """Tell a cell that shows an Excel error (#N/A), or a formula whose value was never stored."""
    return isinstance(cell, str) and cell in _EXCEL_ERRORS


def text_of(cell: Cell) -> str:
    """Return a cell as a person reads it; whole, not trimmed."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return f"{cell:f}" if cell.is_finite() and abs(cell.adjusted()) < 30 else str(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "seconds")
    if isinstance(cell, time):
        return cell.isoformat("seconds") if cell.second else cell.isoformat("minutes")
    if isinstance(cell, timedelta):
        return _elapsed(cell)
    return str(cell)


def shown(cell: Cell) -> str:
    """Return a cell on one short line, for the sentence that refuses it."""
    line = " ".join(text_of(cell).translate(ZERO_WIDTH).split())
    return line if len(line) <= _SHOWN_CHARS else line[: _SHOWN_CHARS - 1] + "…"


def trimmed(rows: Sequence[list[Cell]]) -> list[list[Cell]]:
    """Return the rows up to the last used one."""
    end = len(rows)
    while end and is_blank_row(rows[end - 1]):
        end -= 1
    return list(rows[:end])


def _elapsed(span: timedelta) -> str:
    seconds = span.days * 86400 + span.seconds + (span.microseconds >= 500_000)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    minutes, second = divmod(seconds, 60)
    clock = f"{sign}{minutes // 60}:{minutes % 60:02}"
    return f"{clock}:{second:02}" if second else clock
