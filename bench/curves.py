"""The picture of bench/growth.py: a small chart for each cost, drawn by hand as SVG.

Across stand the records, up how many times as long a thing takes as in the smallest county, both
by powers of ten; so a flat line does not grow and the dotted one grows as the records do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from bench.growth import Curve

COLUMNS = 3
WIDTH, HEIGHT = 300, 226
LEFT, TOP, RIGHT, BOTTOM = 46, 60, 14, 30
MARGIN, HEAD = 20, 74
# Beyond that nothing is drawn: a cost that falls to less stands on the lower edge.
LOWEST = -0.5
# Told apart by the dashes and the shape of their points as well as by the colour.
LOOKS = {
    "sqlite": ("SQLite", "#b42318", "", "circle"),
    "postgresql": ("PostgreSQL", "#1d4ed8", "6 3", "square"),
}
SAID = (
    "Records across; up, how many times as long as in the smallest county. "
    "Dotted: growing as the records do. Last figure: the exponent."
)
INK, MUTED, GRID = "#1f2328", "#59636e", "#d1d9e0"
UNITS = ((1_000_000, "M"), (1_000, "k"))


def draw(curves: Sequence[Curve], file: Path) -> None:
    """Write the picture of all curves."""
    file.write_text("\n".join(_picture(curves)) + "\n", encoding="utf-8")


def _picture(curves: Sequence[Curve]) -> Iterator[str]:
    names = list(dict.fromkeys(curve.name for curve in curves))
    rows = math.ceil(len(names) / COLUMNS)
    width, height = 2 * MARGIN + COLUMNS * WIDTH, HEAD + rows * HEIGHT + MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">'
    )
    yield "<title>How costs grow with the records</title>"
    yield f"<desc>{escape(_in_words(curves))}</desc>"
    yield f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
    yield _text(MARGIN, 28, "How costs grow with the records", size=18, weight=600)
    yield _text(MARGIN, 50, SAID)
    yield from _legend(width - MARGIN, {curve.engine for curve in curves})
    highest = max(
        *(_decades(curve.sizes) for curve in curves),
        *(math.log10(max(curve.times) / curve.times[0]) for curve in curves),
    )
    for place, name in enumerate(names):
        x, y = MARGIN + place % COLUMNS * WIDTH, HEAD + place // COLUMNS * HEIGHT
        yield f'<g transform="translate({x} {y})">'
        yield from _chart(name, [curve for curve in curves if curve.name == name], highest)
        yield "</g>"
    yield "</svg>"


def _legend(right: float, engines: set[str]) -> Iterator[str]:
    for place, (engine, (word, colour, dashes, shape)) in enumerate(LOOKS.items()):
        if engine in engines:
            x = right - 220 + 105 * place
            yield _line([(x, 24), (x + 24, 24)], colour, dashes)
            yield _point(x + 12, 24, colour, shape)
            yield _text(x + 30, 28, word, colour=INK)


def _chart(name: str, curves: Sequence[Curve], highest: float) -> Iterator[str]:
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    sizes = curves[0].sizes
    across = max(_decades(sizes), 1e-9)

    def at(size: int, times: float) -> tuple[float, float]:
        up = (max(math.log10(times), LOWEST) - LOWEST) / (highest - LOWEST)
        right = math.log10(size / sizes[0]) / across
        return LEFT + wide * right, TOP + high * (1 - min(up, 1.0))

    yield _text(0, 14, name, weight=600)
    for place, curve in enumerate(curves):
        word, colour, *_looks = LOOKS[curve.engine]
        # Adding nothing makes nothing of the sign of a zero.
        grown = f"{round(curve.exponent, 2) + 0:.2f}".replace("-", "−")
        said = f"{word}: {told(curve.times[0])} → {told(curve.times[-1])}, {grown}"
        yield _text(0, 31 + 15 * place, said, colour=colour)
    for decade in range(math.ceil(LOWEST), math.floor(highest) + 1):
        (left, y), (right, _y) = at(sizes[0], 10**decade), at(sizes[-1], 10**decade)
        yield _line([(left, y), (right, y)], GRID, width=1)
        yield _text(left - 6, y + 4, f"{10**decade:g}×", anchor="end")
    for size in sizes:
        yield _text(at(size, 1)[0], HEIGHT - BOTTOM + 16, _short(size), anchor="middle")
    yield _line([at(sizes[0], 1), at(sizes[-1], sizes[-1] / sizes[0])], "#8c959f", "2 4", width=1)
    for curve in curves:
        _word, colour, dashes, shape = LOOKS[curve.engine]
        points = [
            at(size, max(each / curve.times[0], 1e-9))
            for size, each in zip(curve.sizes, curve.times, strict=True)
        ]
        yield _line(points, colour, dashes)
        for x, y in points:
            yield _point(x, y, colour, shape)


def _in_words(curves: Sequence[Curve]) -> str:
    """Say what the picture shows to who does not see it."""
    lines = []
    for engine, own in groupby(curves, key=lambda curve: curve.engine):
        all_of_it = "; ".join(
            f"{curve.name} {', '.join(map(told, curve.times))} (exponent {curve.exponent:.2f})"
            for curve in own
        )
        lines.append(f"{LOOKS[engine][0]}: {all_of_it}.")
    at = ", ".join(f"{size:,}" for size in curves[0].sizes)
    return f"At {at} records. {' '.join(lines)}"


def told(milliseconds: float) -> str:
    """Return a time as people say it."""
    if milliseconds >= 1_000:
        return f"{milliseconds / 1_000:.3g} s"
    return f"{milliseconds:.3g} ms"


def _short(size: int) -> str:
    for unit, word in UNITS:
        if size >= unit:
            return f"{size / unit:g}{word}"
    return str(size)


def _decades(sizes: Sequence[int]) -> float:
    return math.log10(sizes[-1] / sizes[0])


def _text(
    x: float,
    y: float,
    said: str,
    *,
    size: int = 12,
    weight: int = 400,
    colour: str = "",
    anchor: str = "start",
) -> str:
    fill = colour or (INK if weight > 400 else MUTED)
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{escape(said)}</text>'
    )


def _line(
    points: Sequence[tuple[float, float]], colour: str, dashes: str = "", *, width: float = 2
) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    stroke = f'stroke="{colour}" stroke-width="{width:g}"{dashed}'
    return f'<polyline points="{path}" fill="none" {stroke}/>'


def _point(x: float, y: float, colour: str, shape: str) -> str:
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
    return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" fill="{colour}"/>'
