"""Points as people write them, to whole hundredths, exactly."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

from app.errors import N_, RuleBroken
from app.sheets.cells import Cell, shown

MOST_HUNDREDTHS = 100_000_000
_LONGEST_TEXT = 40
_POINTS = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:个?积分|個?積分|分|points|point|pts)?")


class BadPoints(RuleBroken):
    code: ClassVar[str] = "bad_points"
    message: ClassVar[str] = N_(
        "“%(cell)s” cannot be read as points. Write a number like 36.5, two decimals at most."
    )


class PointsOutOfRange(BadPoints):
    message = N_("“%(cell)s” is not between 0 and 1,000,000 points.")


def parse_points(cell: Cell) -> int:
    """Return hundredths of a point, none included. Raises BadPoints.

    More than two decimals are refused, not rounded: a balance is what stands in the book.
    """
    points = _number(cell)
    if points is None:
        raise BadPoints(cell=shown(cell))
    # As a fraction: a Decimal would round 1.000…01 away.
    hundredths = Fraction(points) * 100 if points.is_finite() else None
    if hundredths is None or not 0 <= hundredths <= MOST_HUNDREDTHS:
        raise PointsOutOfRange(cell=shown(cell))
    if hundredths.denominator != 1:
        raise BadPoints(cell=shown(cell))
    return hundredths.numerator


def _number(cell: Cell) -> Decimal | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | Decimal):
        return Decimal(cell)
    if not isinstance(cell, str) or len(cell) > _LONGEST_TEXT:
        return None
    text = "".join(unicodedata.normalize("NFKC", cell).split()).casefold()
    match = _POINTS.fullmatch(text)
    return Decimal(match[1]) if match else None
