"""Columns for a terminal, where a Chinese character takes the room of two letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

_GAP = "  "
_TWO_WIDE = frozenset("WF")
_NO_WIDTH = frozenset(("Mn", "Me", "Cf"))


def width_of(text: str) -> int:
    """Return how many letters' room a text takes."""
    return sum(
        0 if unicodedata.category(each) in _NO_WIDTH else 1 + (_is_wide(each)) for each in text
    )


def aligned(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, left: Collection[int] = ()
) -> list[str]:
    """Return the lines of a table with its heads; columns are figures unless they are `left`."""
    lines = [heads, *rows]
    widths = [max(width_of(line[at]) for line in lines) for at in range(len(heads))]
    return [
        _GAP.join(
            _padded(cell, widths[at], at_left=at in left) for at, cell in enumerate(line)
        ).rstrip()
        for line in lines
    ]


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in _TWO_WIDE


def _padded(cell: str, width: int, *, at_left: bool) -> str:
    room = " " * (width - width_of(cell))
    return cell + room if at_left else room + cell
