"""Columns by month as whole numbers of a drawing; the page only writes them down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from app.web.filters import points

_HUNDREDTHS = 100
MOST_LINES = 5
# A month's name needs so much room, a figure above a column so much.
_LABEL, _FIGURE = 30, 44


class Bar(NamedTuple):
    """One column."""

    x: int
    y: int
    width: int
    height: int


class Label(NamedTuple):
    """A text and where it stands."""

    x: int
    y: int
    text: str


class Columns(NamedTuple):
    """A drawing of columns, all in its own units."""

    width: int
    height: int
    left: int
    # Lines across with what they stand for; months below; figures above, where there is room.
    lines: list[Label]
    # By series.
    bars: list[list[Bar]]
    months: list[Label]
    figures: list[Label]


class Frame(NamedTuple):
    """The paper a drawing is made on: for a desk, or for a phone."""

    width: int
    height: int
    left: int = 62
    top: int = 22
    bottom: int = 26


WIDE, NARROW = Frame(600, 300), Frame(344, 260)


def columns(months: Sequence[str], series: Sequence[Sequence[int]], frame: Frame) -> Columns:
    """Return one group of columns a month; each series gives a value (hundredths) a month."""
    base, room = frame.height - frame.bottom, frame.height - frame.bottom - frame.top
    most, step = scale(max((0, *(value for values in series for value in values))))
    slot = (frame.width - frame.left) // len(months)
    bars = [
        [
            _bar(frame.left + slot * place, slot, tone, len(series), base, room * value // most)
            for place, value in enumerate(values)
            if value > 0
        ]
        for tone, values in enumerate(series)
    ]
    every = -(-_LABEL // slot)
    return Columns(
        frame.width,
        frame.height,
        frame.left,
        [
            Label(frame.left - 8, base - room * value // most, points(value))
            for value in range(0, most + 1, step)
        ],
        bars,
        [
            Label(frame.left + slot * place + slot // 2, base + 17, text)
            for place, text in enumerate(months)
            if place % every == 0
        ],
        _figures(series[0], bars[0]) if len(series) == 1 and slot >= _FIGURE else [],
    )


def scale(highest: int) -> tuple[int, int]:
    """Return where an axis ends and its step: 1, 2 or 5 with noughts, at most five steps."""
    step = _HUNDREDTHS
    while True:
        for each in (step, 2 * step, 5 * step):
            if each * MOST_LINES >= highest:
                return each * max(1, -(-highest // each)), each
        step *= 10


def _bar(left: int, slot: int, tone: int, tones: int, base: int, height: int) -> Bar:
    # What is there is seen, however little it is.
    height = max(2, height)
    gap = max(1, slot // 8)
    width = max(2, (slot - 2 * gap) // tones)
    return Bar(left + gap + width * tone, base - height, max(1, width - 1), height)


def _figures(values: Sequence[int], bars: Sequence[Bar]) -> list[Label]:
    shown = [value for value in values if value > 0]
    return [
        Label(bar.x + bar.width // 2, bar.y - 6, points(value // _HUNDREDTHS * _HUNDREDTHS))
        for bar, value in zip(bars, shown, strict=True)
    ]
