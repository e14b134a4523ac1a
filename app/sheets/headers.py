"""Find the header row of a table and what each of its columns means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.sheets.cells import ZERO_WIDTH, Cell, Sheet, is_blank, is_blank_row, text_of
from app.sheets.refusals import DuplicateColumn, FileEmpty, MissingColumn

Unit = Literal["hours", "minutes"]
Alternatives = Sequence[Sequence[str]]
"""One need and the sets of keys that meet it: (("minutes",), ("start", "end"))."""

_HEADER_WITHIN_ROWS = 30
_UNITS: dict[str, Unit] = {
    **dict.fromkeys(("小时", "时", "钟头", "h", "hr", "hrs", "hour", "hours"), "hours"),
    **dict.fromkeys(("分钟", "分", "m", "min", "mins", "minute", "minutes"), "minutes"),
}
_UNIT_ENDINGS = sorted((word for word in _UNITS if len(word) > 1), key=len, reverse=True)
_NEUTRAL = frozenset(["必填", "选填", "可填", "可空", "required", "optional"])
_BRACKET = re.compile(r"[(\[【]([^()\[\]【】]*)[)\]】]")
_IGNORED = re.compile(r"[\s_*:：\-]+")


@dataclass(frozen=True, slots=True)
class Column:
    """A column (or a label) a sheet may have: its key and the words that head it.

    `measured`: bare numbers below take the unit the header names.
    """

    key: str
    words: tuple[str, ...]
    required: bool = False
    measured: bool = False

    @property
    def title(self) -> str:
        return self.words[0]


@dataclass(frozen=True, slots=True)
class Headers:
    """Which column of the table holds what; `row` is the header's sheet row."""

    row: int
    index: dict[str, int]
    titles: dict[str, str]
    units: dict[str, Unit]
    unknown: tuple[str, ...]

    def cell(self, row: Sequence[Cell], key: str) -> Cell:
        """Return the row's cell of a column, '' where the sheet has no such column."""
        at = self.index.get(key)
        return "" if at is None else row[at]


def find_headers(
    sheet: Sheet, columns: Sequence[Column], alternatives: Sequence[Alternatives] = ()
) -> Headers:
    """Return the first of the top rows that heads such a table; else raise MissingColumn."""
    best: tuple[int, MissingColumn] | None = None
    for number, row in enumerate(sheet.rows[:_HEADER_WITHIN_ROWS], start=1):
        if is_blank_row(row):
            continue
        try:
            return match_headers(row, columns, alternatives, row=number)
        except MissingColumn as missing:
            known = len(_matches(row, columns))
            if best is None or known > best[0]:
                best = known, missing
    if best is None:
        raise FileEmpty(file=sheet.name)
    raise best[1]


def match_headers(
    cells: Sequence[Cell],
    columns: Sequence[Column],
    alternatives: Sequence[Alternatives] = (),
    *,
    row: int = 1,
) -> Headers:
    """Return what a header row says; raise MissingColumn or DuplicateColumn."""
    found = _matches(cells, columns)
    keys = {key for _, key, _ in found}
    _refuse_missing(keys, columns, alternatives)
    if len(keys) != len(found):
        twice = [
            text_of(cells[at]).strip()
            for at, key, _ in found
            if [k for _, k, _ in found].count(key) > 1
        ]
        raise DuplicateColumn(columns="、".join(twice))
    taken = {at for at, _, _ in found}
    return Headers(
        row=row,
        index={key: at for at, key, _ in found},
        titles={key: text_of(cells[at]).strip() for at, key, _ in found},
        units={key: unit for _, key, unit in found if unit},
        unknown=tuple(
            text_of(cell).strip()
            for at, cell in enumerate(cells)
            if at not in taken and not is_blank(cell)
        ),
    )


def body(sheet: Sheet, headers: Headers) -> Iterator[tuple[int, list[Cell]]]:
    """Yield each row below the header with its sheet row number, blank ones too."""
    return enumerate(sheet.rows[headers.row :], start=headers.row + 1)


def normalised(words: str) -> str:
    """Return header words without width, case, spaces and ornament: ' 姓 名*' → '姓名'."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", words).translate(ZERO_WIDTH)).casefold()


def _matches(
    cells: Sequence[Cell], columns: Sequence[Column]
) -> list[tuple[int, str, Unit | None]]:
    by_word = {normalised(word): column for column in columns for word in column.words}
    found = (
        (at, _match(cell, by_word))
        for at, cell in enumerate(cells)
        if isinstance(cell, str) and cell
    )
    return [(at, match[0].key, match[1]) for at, match in found if match]


def _match(cell: str, by_word: dict[str, Column]) -> tuple[Column, Unit | None] | None:
    text = unicodedata.normalize("NFKC", cell)
    bare, whole = normalised(_BRACKET.sub("", text)), normalised(text)
    ending = next((word for word in _UNIT_ENDINGS if bare.endswith(word)), "")
    column = (
        by_word.get(whole)
        or by_word.get(bare)
        or by_word.get(bare.removesuffix(ending) if ending else "")
    )
    if column is None or not column.measured:
        return (column, None) if column and (whole in by_word or bare in by_word) else None
    said = [
        token
        for group in _BRACKET.findall(text)
        for token in re.split(r"[,、;/\s]+", group.casefold())
        if token
    ]
    units = {_UNITS[token] for token in said if token in _UNITS} | (
        {_UNITS[ending]} if ending else set()
    )
    if len(units) > 1 or any(token not in _UNITS and token not in _NEUTRAL for token in said):
        return None  # 时长（天）: a unit we do not know is no header we know
    return column, next(iter(units), None)


def _refuse_missing(
    keys: set[str], columns: Sequence[Column], alternatives: Sequence[Alternatives]
) -> None:
    titles = {column.key: column.title for column in columns}
    missing = [column.title for column in columns if column.required and column.key not in keys]
    for choices in alternatives:
        if not any(keys.issuperset(choice) for choice in choices):
            missing.append(
                " / ".join("+".join(titles[key] for key in choice) for choice in choices)
            )
    if missing:
        raise MissingColumn(columns="、".join(missing))
