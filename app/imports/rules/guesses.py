"""Dates that somebody may have meant by a text that is no date in one of our forms."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

_PARTS = re.compile(r"([0-9]{1,4})[-/.年 ]+([0-9]{1,2})[-/.月 ]+([0-9]{1,4})日?号?")
_MONTH_DAY = re.compile(r"([0-9]{1,2})[-/.月]([0-9]{1,2})[日号]?")
_SERIAL = re.compile(r"[0-9]{5}")
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_EXCEL_1904_DAY_ZERO = date(1904, 1, 1)
_OLDEST = 2000
MOST_GUESSES = 3


def dates_meant(text: str, today: date) -> list[date]:
    """Return what a text may mean, the likeliest first; never a date in the future."""
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _serial(plain) + _three_parts(plain) + _two_parts(plain, today)
    fit = [on for on in dict.fromkeys(found) if date(_OLDEST, 1, 1) <= on <= today]
    return fit[:MOST_GUESSES]


def _serial(text: str) -> list[date]:
    """Read a day number that lost its format: Excel's, then the old Macintosh's."""
    if not _SERIAL.fullmatch(text):
        return []
    days = timedelta(days=int(text))
    return [_EXCEL_DAY_ZERO + days, _EXCEL_1904_DAY_ZERO + days]


def _three_parts(text: str) -> list[date]:
    match = _PARTS.fullmatch(text)
    if match is None:
        return []
    a, b, c = (int(part) for part in match.groups())
    if len(match[3]) > 2 or len(match[1]) < 3 <= len(match[3]):
        # 28/3/2025 or 3/28/2025: both, where both are dates.
        return _dates((c, b, a), (c, a, b))
    if len(match[1]) < 3:
        return _dates((2000 + a, b, c), (2000 + c, b, a), (2000 + c, a, b))
    # 2025-28-03: day and month changed places.
    return _dates((a, b, c), (a, c, b))


def _two_parts(text: str, today: date) -> list[date]:
    match = _MONTH_DAY.fullmatch(text)
    if match is None:
        return []
    month, day = int(match[1]), int(match[2])
    return _dates((today.year, month, day), (today.year - 1, month, day))


def _dates(*parts: tuple[int, int, int]) -> list[date]:
    found = []
    for year, month, day in parts:
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    return found
