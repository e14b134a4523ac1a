"""Read the cells of one row; what cannot be read is refused with its column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.errors import RuleBroken
from app.imports.rules.fixes import NONE, Fixes, LeftOut
from app.imports.rules.refusals import CellRefused, Missing, Refusal
from app.sheets.cells import Cell, is_blank, shown
from app.sheets.headers import Headers
from app.sheets.values import parse_phone

T = TypeVar("T")
_NOTHING: dict[str, Cell] = {}


class Row:
    """One row under its headers. What its columns hold is known until `let_go`."""

    __slots__ = ("cells", "filled", "headers", "is_fixed", "number")

    def __init__(
        self, headers: Headers, number: int, cells: Sequence[Cell], fixes: Fixes = NONE
    ) -> None:
        self.headers = headers
        self.number = number
        self.cells = cells
        self.filled = {
            key: cell
            for key, at in headers.index.items()
            if (cell := cells[at]) != "" and not _is_blank(cell)
        }
        self.is_fixed = False
        if fixes.all:
            before = dict(self.filled)
            fixes.amend(number, self.filled)
            self.is_fixed = before != self.filled

    def let_go(self) -> None:
        """Forget which columns are filled: of a long sheet only the cells themselves are kept."""
        if not self.is_fixed:
            self.filled = _NOTHING

    def let_go_of_cells(self) -> None:
        """Forget the cells too: a refusal of this row has to be given its cell later."""
        if not self.is_fixed:
            self.cells = ()

    def has_nothing(self) -> bool:
        """Tell whether all columns we know are blank; others (a printed 序号) do not count."""
        return not self.filled

    def is_blank(self, key: str) -> bool:
        """Tell whether a column's cell is blank, or the column missing."""
        return key not in self.filled

    def take(self, key: str, parse: Callable[..., T], *more: Any) -> T | None:
        """Return what the parser makes of a cell, None for a blank one.

        The parser's refusal goes on with the column it is about.
        """
        cell = self.filled.get(key, "")
        if cell == "":
            return None
        try:
            return parse(cell, *more)
        except RuleBroken as broken:
            raise CellRefused(key, broken) from None

    def need(self, key: str, parse: Callable[..., T], *more: Any) -> T:
        """Return what the parser makes of a cell, or refuse a blank one as missing."""
        found = self.take(key, parse, *more)
        if found is None:
            raise CellRefused(key, Missing(column=self.title(key)))
        return found

    def refuse_blank(self, key: str) -> None:
        """Refuse a blank cell as missing."""
        if key not in self.filled:
            raise CellRefused(key, Missing(column=self.title(key)))

    def title(self, key: str) -> str:
        """Return how the sheet heads a column; '' where it lacks it."""
        return self.headers.titles.get(key, "")

    def shown(self, key: str) -> str:
        """Return a cell on one short line."""
        return shown(self.cell(key))

    def cell(self, key: str) -> Cell:
        """Return a cell as the sheet has it, or as it was mended."""
        if self.is_fixed:
            return self.filled.get(key, "")
        return self.headers.cell(self.cells, key) if self.cells else ""

    def refuse_left_out(self, fixes: Fixes) -> None:
        """Refuse a row somebody chose to leave out."""
        if self.number in fixes.left_rows:
            raise CellRefused(next(iter(self.headers.index)), LeftOut())

    def refusal(self, key: str, broken: RuleBroken) -> Refusal:
        """Return the refusal of this row for a cell."""
        return Refusal(self.number, self.title(key), self.shown(key), broken, key)


def phone_or_none(cell: Cell) -> str | None:
    """Return a phone's digits; one that cannot be read helps to find nobody."""
    try:
        return parse_phone(cell)
    except RuleBroken:
        return None


def _is_blank(cell: Cell) -> bool:
    # Asked of every cell: most texts begin with a letter or a digit.
    return type(cell) is str and not cell[0].isalnum() and is_blank(cell)
