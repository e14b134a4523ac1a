"""What people mended of a file by a tap: cells to be read otherwise, rows to be left out.

The file itself stays as it came; it is read again with the fixes, and judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from app.errors import N_, RuleBroken
from app.imports.rules.columns import COLUMNS, SIGNIN_LABELS, Kind
from app.sheets.cells import Cell, shown

Do = Literal["set", "unit", "accept", "keep", "leave"]
DOES: tuple[Do, ...] = ("set", "unit", "accept", "keep", "leave")
UNITS = ("hours", "minutes")
# The lines above a sign-in table count as one row of their own.
TOP = 0
MOST_FIXES = 500
LONGEST_VALUE = 200


class FixUnfit(RuleBroken):
    code = "bad_fix"
    message = N_("This change cannot be made here. Look at the page again.")


class TooManyFixes(RuleBroken):
    code = "too_many_fixes"
    message = N_("%(most)s changes are made already: mend the file itself and upload it again.")


class LeftOut(RuleBroken):
    """A row that somebody chose to leave out: refused, but no reason to hold the others back."""

    code = "left_out"
    message = N_("You left this row out.")


class Fix(NamedTuple):
    """One change. `set`: where `column` reads `text` (in one row, or in all), `cells` are read.

    `unit`: what bare numbers mean. `accept`: rows over the daily limit, with a reason. `keep`: an
    identical row is no repeat. `leave`: the row is left out.
    """

    do: Do
    column: str = ""
    text: str = ""
    row: int | None = None
    cells: tuple[tuple[str, str], ...] = ()
    value: str = ""


def _last(fixes: Sequence[Fix], do: Do) -> str | None:
    return next((fix.value for fix in reversed(fixes) if fix.do == do), None)


class Fixes:
    """All changes of one file, looked up row by row."""

    def __init__(self, fixes: Iterable[Fix] = ()) -> None:
        self.all = tuple(fixes)
        self.unit = _last(self.all, "unit")
        self.accept_reason = _last(self.all, "accept")
        self.kept_rows = {fix.row for fix in self.all if fix.do == "keep"}
        self.left_rows = {fix.row for fix in self.all if fix.do == "leave"}
        self._by_text: dict[str, dict[str, list[Fix]]] = {}
        self._by_row: dict[int, list[Fix]] = {}
        for fix in self.all:
            if fix.do != "set":
                continue
            if fix.row is None:
                self._by_text.setdefault(fix.column, {}).setdefault(fix.text, []).append(fix)
            else:
                self._by_row.setdefault(fix.row, []).append(fix)

    def amend(self, row: int, filled: dict[str, Cell]) -> None:
        """Let a row's filled cells read as they were mended; '' empties one."""
        for column, by_text in self._by_text.items():
            said = shown(filled.get(column, ""))
            for fix in by_text.get(said, ()):
                _apply(fix, filled)
        for fix in self._by_row.get(row, ()):
            _apply(fix, filled)


NONE = Fixes()


def checked_fix(kind: Kind, fix: Fix) -> Fix:
    """Return a fix that suits a kind of sheet, or refuse it."""
    known = {column.key for column in COLUMNS[kind]}
    if kind == "signin":
        known |= {label.key for label in SIGNIN_LABELS}
    named = {fix.column, *(key for key, _value in fix.cells)} if fix.do == "set" else set()
    too_long = any(
        len(text) > LONGEST_VALUE or "\0" in text
        for text in (fix.text, fix.value, *(value for _key, value in fix.cells))
    )
    wanted = {
        "set": bool(fix.cells),
        "unit": fix.value in UNITS,
        "accept": bool(fix.value.strip()),
        "keep": fix.row is not None,
        "leave": fix.row is not None,
    }
    if fix.do not in DOES or not wanted[fix.do] or too_long or not named <= known:
        raise FixUnfit
    if fix.row is not None and not 0 <= fix.row <= 10**9:
        raise FixUnfit
    return fix


def with_fix(fixes: Sequence[Fix], fix: Fix) -> list[Fix]:
    """Return the fixes with one more; it takes the place of one for the very same cells."""
    kept = [each for each in fixes if _place(each) != _place(fix)]
    if len(kept) >= MOST_FIXES:
        raise TooManyFixes(most=MOST_FIXES)
    return [*kept, fix]


def fixes_as_json(fixes: Iterable[Fix]) -> list[dict[str, Any]]:
    """Return fixes as they are kept."""
    return [fix._asdict() for fix in fixes]


def fixes_from_json(kept: Iterable[Mapping[str, Any]]) -> list[Fix]:
    """Return fixes as they were kept."""
    return [Fix(**{**each, "cells": tuple(map(tuple, each["cells"]))}) for each in kept]


def _place(fix: Fix) -> tuple[Any, ...]:
    if fix.do in {"unit", "accept"}:
        return (fix.do,)
    return fix.do, fix.column, fix.text, fix.row, tuple(key for key, _value in fix.cells)


def _apply(fix: Fix, filled: dict[str, Cell]) -> None:
    for key, value in fix.cells:
        if value:
            filled[key] = value
        else:
            filled.pop(key, None)
