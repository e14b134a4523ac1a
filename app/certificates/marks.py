"""The signs of the colours as drawings: a PDF knows no shapes cut out by a style sheet."""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup

from app.config import ROOT

_TOKENS = ROOT / "static" / "css" / "tokens.css"
_SHAPE = re.compile(r"--shape-(\w+): polygon\(([^)]+)\)")
_COLOUR = re.compile(r"--team-(\w+)-(solid|on): (#[0-9a-fA-F]{3,8})")
_SIGN = Markup(
    '<svg class="q-mark" viewBox="0 0 100 100" aria-hidden="true">{shape}'
    '<text x="50" y="{base}" font-size="{size}" text-anchor="middle" fill="{on}" '
    'font-family="Qicai Hei SC, Qicai Hei TC, sans-serif">{glyph}</text></svg>'
)
_PLAIN = ("#e7eaee", "#1b2530")


def mark(colour: str, glyph: str) -> Markup:
    """Return the sign of a colour: its shape with its character on it."""
    shapes, colours = _tokens()
    solid = colours.get((colour, "solid"), _PLAIN[0])
    on = colours.get((colour, "on"), _PLAIN[1])
    if colour in shapes:
        shape = Markup('<polygon points="{}" fill="{}"/>').format(shapes[colour], solid)
    else:
        shape = Markup('<circle cx="50" cy="50" r="48" fill="{}"/>').format(solid)
    # A heart and a shield carry theirs a little above their middle.
    base = 62 if colour in {"red", "yellow"} else 66
    return _SIGN.format(shape=shape, base=base, size=46, on=on, glyph=glyph[:2])


@lru_cache(maxsize=1)
def _tokens() -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return shapes and colours as the style sheet has them on light paper."""
    text = _TOKENS.read_text("utf-8")
    shapes = {name: points.replace("%", "") for name, points in _SHAPE.findall(text)}
    colours: dict[tuple[str, str], str] = {}
    for name, part, value in _COLOUR.findall(text):
        # The first are those of light pages.
        colours.setdefault((name, part), value)
    return shapes, colours
