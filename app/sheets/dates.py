"""Dates and times of day in every form of SPEC §9."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from app.errors import N_, RuleBroken
from app.sheets.cells import ZERO_WIDTH, Cell, shown

_MINUTES_PER_DAY = 1440
_FIRST_YEAR = 1900
_LONGEST_TEXT = 40
_DATE = re.compile(
    r"([0-9]{4})(?:(?P<sep>[-/.])([0-9]{1,2})(?P=sep)([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})[日号]?|([0-9]{2})([0-9]{2}))"
    r"(?:(?:T| )[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"
)
_CLOCK = re.compile(
    r"(?P<half>上午|下午)?([0-9]{1,2})(?::([0-9]{2})(?::([0-9]{2}))?|[时点](?:([0-9]{1,2})分?|(半))?)(?P<noon>am|pm)?"
)
_NEXT_DAY = r"(?:次日|翌日|第二天|nextday)"
_MARKED_NEXT_DAY = re.compile(
    rf"{_NEXT_DAY}(?P<after>.+)|(?P<before>.+?)(?:{_NEXT_DAY}|\({_NEXT_DAY}\))"
)


class BadDate(RuleBroken):
    code = "bad_date"
    message = N_("“%(cell)s” is not a date. Write it like 2025-03-28 or 2025年3月28日.")


class BadTime(RuleBroken):
    code = "bad_time"
    message = N_("“%(cell)s” is not a time of day. Write it like 08:20.")


class Clock(NamedTuple):
    """A time of day in minutes (0 to 1439), and whether it lies on the next day.

    24:00 is minute 0 of the next day.
    """

    minute: int
    next_day: bool


@lru_cache(maxsize=8192, typed=True)
def parse_date(cell: Cell) -> date:
    """Return a civil date; a time beside it is ignored. Raises BadDate.

    A bare number is taken only as 20250328. A date serial that lost its format
    (45744) is refused: it may as well be any other number.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        raise BadDate(cell=shown(cell))
    match = _DATE.fullmatch(_plain(str(cell))) if len(str(cell)) <= _LONGEST_TEXT else None
    if match is None:
        raise BadDate(cell=shown(cell))
    year, month, day = (int(part) for part in match.groups() if part and part.isdecimal())
    try:
        found = date(year, month, day)
    except ValueError:
        raise BadDate(cell=shown(cell)) from None
    if year < _FIRST_YEAR:
        raise BadDate(cell=shown(cell))
    return found


@lru_cache(maxsize=8192, typed=True)
def parse_clock(cell: Cell) -> Clock:
    """Return a time of day from a time cell or text, marked 次日 or not. Raises BadTime.

    Bare numbers are refused, also 0.35 that lost its time format.
    """
    if isinstance(cell, datetime) and cell.year > _FIRST_YEAR:
        cell = cell.time()
    minute = _minute_of_text(cell) if isinstance(cell, str) else _minute_of_cell(cell)
    if (
        minute is None
        or not 0 <= minute[0] <= _MINUTES_PER_DAY
        or minute == (_MINUTES_PER_DAY, True)
    ):
        raise BadTime(cell=shown(cell))
    return Clock(0, True) if minute[0] == _MINUTES_PER_DAY else Clock(*minute)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(ZERO_WIDTH).split())


def _minute_of_cell(cell: Cell) -> tuple[int, bool] | None:
    """Return minutes since midnight: Excel's rounding mended, seconds dropped as a clock does."""
    if isinstance(cell, time):
        seconds = cell.hour * 3600 + cell.minute * 60 + cell.second + (cell.microsecond >= 500_000)
        return min(seconds // 60, _MINUTES_PER_DAY - 1), False
    if isinstance(cell, timedelta):
        return (cell + timedelta(microseconds=500_000)) // timedelta(minutes=1), False
    if cell == date(1900, 1, 1):  # how Excel keeps 24:00 in a time format
        return _MINUTES_PER_DAY, False
    return None


def _minute_of_text(cell: str) -> tuple[int, bool] | None:
    if len(cell) > _LONGEST_TEXT:
        return None
    text = _plain(cell).replace(" ", "").casefold()
    marked = _MARKED_NEXT_DAY.fullmatch(text)
    match = _CLOCK.fullmatch((marked["after"] or marked["before"]) if marked else text)
    if match is None:
        return None
    hour = _hour(int(match[2]), match["half"], match["noon"])
    minute, second = int(match[3] or match[5] or (30 if match[6] else 0)), int(match[4] or 0)
    if hour is None or minute > 59 or second > 59 or (hour == 24 and minute + second):
        return None
    return hour * 60 + minute, marked is not None


def _hour(hour: int, half: str | None, noon: str | None) -> int | None:
    """Return the hour of 24; None where a half-day word and the hour contradict."""
    if half and noon:
        return None
    if noon == "am":
        return hour % 12 if 1 <= hour <= 12 else None
    if half == "上午":
        return hour if hour < 12 else None
    if half == "下午" or noon == "pm":
        return hour + 12 if 1 <= hour < 12 else hour if 12 <= hour < 24 else None
    return hour if hour <= 24 else None
