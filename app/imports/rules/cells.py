"""Read the cells of one row; what cannot be read is refused with its column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from app.errors import RuleBroken
from app.imports.rules.refusals import CellRefused, Missing, Refusal
from app.sheets.cells import Cell, is_blank, shown
from app.sheets.headers import Headers
from app.sheets.values import parse_phone

T = TypeVar("T")


class Row:
    """One row under its headers."""

    __slots__ = ("cells", "headers", "number")

    def __init__(self, headers: Headers, number: int, cells: Sequence[Cell]) -> None:
        self.headers = headers
        self.number = number
        self.cells = cells

    def cell(self, key: str) -> Cell:
        """Return the cell of a column; '' where the sheet lacks it."""
        return self.headers.cell(self.cells, key)

    def is_blank(self, key: str) -> bool:
        """Tell whether a column's cell is blank, or the column missing."""
        cell = self.cell(key)
        return cell == "" or is_blank(cell)

    def has_nothing(self) -> bool:
        """Tell whether all columns we know are blank; others (a printed 序号) do not count."""
        return all(self.is_blank(key) for key in self.headers.index)

    def take(self, key: str, parse: Callable[..., T], *more: Any) -> T:
        """Return what the parser makes of a cell; its refusal names the column."""
        try:
            return parse(self.cell(key), *more)
        except RuleBroken as broken:
            raise CellRefused(key, broken) from None

    def take_if_filled(self, key: str, parse: Callable[..., T], *more: Any) -> T | None:
        """Return what the parser makes of a cell, None for a blank one."""
        return None if self.is_blank(key) else self.take(key, parse, *more)

    def need(self, key: str, parse: Callable[..., T], *more: Any) -> T:
        """Return what the parser makes of a cell, or refuse a blank one as missing."""
        if self.is_blank(key):
            raise CellRefused(key, Missing(column=self.title(key)))
        return self.take(key, parse, *more)

    def title(self, key: str) -> str:
        """Return how the sheet heads a column; '' where it lacks it."""
        return self.headers.titles.get(key, "")

    def refusal(self, key: str, broken: RuleBroken) -> Refusal:
        """Return the refusal of this row for a cell."""
        return Refusal(self.number, self.title(key), shown(self.cell(key)), broken)


def phone_or_none(cell: Cell) -> str | None:
    """Return a phone's digits; one that cannot be read helps to find nobody."""
    try:
        return parse_phone(cell)
    except RuleBroken:
        return None
