"""Stacked months and the calendar as whole numbers of a drawing; the page only writes them down.

A phone gets drawings of its own: months lie below each other, and the calendar stands upright.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from app.home.desk_rules import MONTHS, STEPS, dates_of
from app.reports.charts import Label, scale
from app.web.filters import number

# A segment bears its character where it has so much room.
LEAST_FOR_GLYPH = 15
GAP = 2
_HOUR = 60


class Segment(NamedTuple):
    """What one colour has of a month."""

    x: int
    y: int
    width: int
    height: int
    has_glyph: bool

    @property
    def middle(self) -> tuple[int, int]:
        """Where the character stands."""
        return self.x + self.width // 2, self.y + self.height // 2


class Stacked(NamedTuple):
    """A drawing of months, each made of its colours."""

    width: int
    height: int
    left: int
    lines: list[Label]
    # By colour, in the order of the legend.
    segments: list[list[Segment]]
    months: list[Label]
    totals: list[Label]


class Frame(NamedTuple):
    """A framed piece of the calendar."""

    x: int
    y: int
    width: int
    height: int


class Cells(NamedTuple):
    """A drawing of a year's days by five steps."""

    width: int
    height: int
    size: tuple[int, int]
    # By step, none first.
    steps: list[list[tuple[int, int]]]
    days: list[Label]
    months: list[Label]
    frames: list[Frame]

    @property
    def paths(self) -> list[str]:
        """Return each step's cells as one path: 730 places written one by one take their time."""
        width, height = self.size
        cell = f"h{width}v{height}h-{width}z"
        return ["".join(f"M{x} {y}{cell}" for x, y in places) for places in self.steps]


Minutes = Sequence[Sequence[int]]


def stacked_wide(minutes: Minutes, names: Sequence[str]) -> Stacked:
    """Return columns for a desk; `minutes` by month, then by colour."""
    left, top, base, slot, width = 48, 20, 302, 46, 32
    room = base - top
    most, step = scale(_hundredths(max(map(sum, minutes), default=0)))
    segments: list[list[Segment]] = [[] for _ in minutes[0]] if minutes else []
    totals = []
    for place, month in enumerate(minutes):
        x, edges = left + slot * place + (slot - width) // 2, _edges(month, room, most)
        for colour, (low, high) in enumerate(edges):
            if high > low:
                height = _less_gap(high - low)
                segments[colour].append(
                    Segment(x, base - low - height, width, height, height >= LEAST_FOR_GLYPH)
                )
        if sum(month):
            totals.append(Label(x + width // 2, base - edges[-1][1] - 6, _whole_hours(sum(month))))
    lines = [
        Label(left - 8, base - room * value // most, number(value // 100))
        for value in range(0, most + 1, step)
    ]
    months = [
        Label(left + slot * place + slot // 2, base + 17, name) for place, name in enumerate(names)
    ]
    return Stacked(600, 326, left, lines, segments, months, totals)


def stacked_narrow(minutes: Minutes, names: Sequence[str]) -> Stacked:
    """Return rows for a phone."""
    left, pitch, thick, room = 40, 30, 21, 244
    most = max(1, _hundredths(max(map(sum, minutes), default=0)))
    segments: list[list[Segment]] = [[] for _ in minutes[0]] if minutes else []
    totals, months = [], []
    for place, month in enumerate(minutes):
        y, edges = 4 + pitch * place, _edges(month, room, most)
        for colour, (low, high) in enumerate(edges):
            if high > low:
                width = _less_gap(high - low)
                segments[colour].append(
                    Segment(left + low, y, width, thick, width >= LEAST_FOR_GLYPH)
                )
        months.append(Label(0, y + 15, names[place]))
        if sum(month):
            totals.append(Label(left + edges[-1][1] + 6, y + 15, _whole_hours(sum(month))))
    return Stacked(340, 4 + pitch * len(minutes), left, [], segments, months, totals)


def cells_wide(
    year: int, steps: Mapping[date, int], service_day: int, instead: Collection[date], texts: Texts
) -> Cells:
    """Return months × days for a desk; the service day is a framed column."""
    pitch, size, left, top = 18, 15, 40, 24
    places = {on: (left + pitch * (on.day - 1), top + pitch * (on.month - 1)) for on in _all(year)}
    days = [
        Label(left + pitch * (day - 1) + size // 2, 14, texts.day(day, service_day))
        for day in _named(service_day, 31)
    ]
    months = [
        Label(left - 8, top + pitch * (month - 1) + 12, name)
        for month, name in zip(MONTHS, texts.months, strict=True)
    ]
    column = Frame(left + pitch * (service_day - 1) - 2, top - 2, size + 4, pitch * 12 + 1)
    frames = [column, *(Frame(*_around(places[on]), size + 4, size + 4) for on in sorted(instead))]
    return Cells(
        602, top + pitch * 12 + 4, (size, size), _by_step(places, steps), days, months, frames
    )


def cells_narrow(
    year: int, steps: Mapping[date, int], service_day: int, instead: Collection[date], texts: Texts
) -> Cells:
    """Return days × months for a phone; the service day is a framed row."""
    across, down, width, height, left, top = 25, 14, 22, 11, 46, 26
    places = {on: (left + across * (on.month - 1), top + down * (on.day - 1)) for on in _all(year)}
    days = [
        Label(left - 8, top + down * (day - 1) + 10, texts.day(day, service_day))
        for day in _named(service_day, 31)
    ]
    months = [Label(left + across * (month - 1) + width // 2, 14, str(month)) for month in MONTHS]
    row = Frame(left - 2, top + down * (service_day - 1) - 2, across * 12 + 1, height + 4)
    frames = [row, *(Frame(*_around(places[on]), width + 4, height + 4) for on in sorted(instead))]
    return Cells(
        348, top + down * 31 + 2, (width, height), _by_step(places, steps), days, months, frames
    )


class Texts(NamedTuple):
    """The words of the calendar: its months, and how the service day is said."""

    months: Sequence[str]
    service_day: str

    def day(self, day: int, service_day: int) -> str:
        """Return how a day of the month stands at the edge."""
        return self.service_day if day == service_day else str(day)


def _edges(values: Sequence[int], room: int, most: int) -> list[tuple[int, int]]:
    """Return where each value begins and ends: what is drawn adds up to the total's height."""
    edges, low, summed = [], 0, 0
    for value in values:
        summed += value
        high = room * _hundredths(summed) // most
        edges.append((low, high))
        low = high
    return edges


def _less_gap(length: int) -> int:
    return length - GAP if length > 2 * GAP else max(1, length - 1)


def _hundredths(minutes: int) -> int:
    """Return minutes as hundredths of hours, as the scale counts."""
    return minutes * 5 // 3


def _whole_hours(minutes: int) -> str:
    return number((minutes + _HOUR // 2) // _HOUR)


def _all(year: int) -> list[date]:
    return dates_of(year)


def _named(service_day: int, last: int) -> list[int]:
    """Return which days stand at the edge: every fifth that is not too near the service day."""
    usual = [1, *range(5, last + 1, 5)]
    return sorted([service_day, *(day for day in usual if abs(day - service_day) > 1)])


def _around(place: tuple[int, int]) -> tuple[int, int]:
    return place[0] - 2, place[1] - 2


def _by_step(
    places: Mapping[date, tuple[int, int]], steps: Mapping[date, int]
) -> list[list[tuple[int, int]]]:
    found: list[list[tuple[int, int]]] = [[] for _ in range(STEPS + 1)]
    for on, place in places.items():
        found[steps.get(on, 0)].append(place)
    return found
