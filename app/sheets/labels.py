"""The few lines above a table: a label and its value, in one cell or side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.sheets.cells import Cell, Sheet, is_blank, text_of
from app.sheets.headers import Column, Headers, normalised
from app.sheets.refusals import DuplicateColumn, MissingColumn


@dataclass(frozen=True, slots=True)
class Labelled:
    """What stands beside a label ('' if nothing), and the label's place in the sheet."""

    value: Cell
    row: int
    title: str


def read_labels(sheet: Sheet, headers: Headers, labels: Sequence[Column]) -> dict[str, Labelled]:
    """Return what the rows above the header say, by key.

    Raises MissingColumn for a required label that is absent, DuplicateColumn for one
    that is given twice and differently.
    """
    pattern = _pattern(labels)
    keys = {normalised(word): label.key for label in labels for word in label.words}
    found: dict[str, Labelled] = {}
    for number, row in enumerate(sheet.rows[: headers.row - 1], start=1):
        for title, value in _pairs(row, pattern):
            key = keys[normalised(title)]
            said = found.setdefault(key, Labelled(value, number, title))
            if is_blank(said.value):
                found[key] = Labelled(value, number, title)
            elif not is_blank(value) and value != said.value:
                raise DuplicateColumn(columns=title)
    missing = [label.title for label in labels if label.required and label.key not in found]
    if missing:
        raise MissingColumn(columns="、".join(missing))
    return found


def _pattern(labels: Sequence[Column]) -> re.Pattern[str]:
    """Match a label that fills its cell, or opens it or follows a gap and ends in a colon."""
    words = sorted((word for label in labels for word in label.words), key=len, reverse=True)
    spaced = "|".join(
        r"\s*".join(re.escape(each) for each in word if not each.isspace()) for word in words
    )
    gap = r"(?:^|(?<=[\s,，;；、|/]))"
    return re.compile(
        rf"^\s*(?P<whole>{spaced})\s*$|{gap}\s*(?P<opening>{spaced})\s*[:：]", re.IGNORECASE
    )


def _pairs(row: Sequence[Cell], pattern: re.Pattern[str]) -> Iterator[tuple[str, Cell]]:
    for at, cell in enumerate(row):
        matches = list(pattern.finditer(cell)) if isinstance(cell, str) else []
        for match, following in zip(matches, [*matches[1:], None], strict=False):
            value: Cell = text_of(cell)[
                match.end() : following.start() if following else None
            ].strip(" \t\r\n,，;；、|")
            if following is None and is_blank(value):
                value = _beside(row[at + 1 :], pattern)
            yield match["whole"] or match["opening"], value


def _beside(cells: Sequence[Cell], pattern: re.Pattern[str]) -> Cell:
    """Return the next filled cell, unless it is the next label."""
    value = next((cell for cell in cells if not is_blank(cell)), "")
    return "" if isinstance(value, str) and pattern.match(value) else value
