"""Durations in every form of SPEC §9, to whole minutes, exactly."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import ClassVar

from app.errors import N_, RuleBroken
from app.sheets.cells import Cell, shown
from app.sheets.headers import Unit

MINUTES_PER_DAY = 1440
# 100,000 hours: nobody serves longer, whatever a cell says.
MOST_MINUTES = 6_000_000
_EXCEL_DAY_ZERO = date(1899, 12, 31)
_LONGEST_TEXT = 40
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_HOUR = r"(?:个?小时|个?钟头|时|hours|hour|hrs|hr|h)"
_MINUTE = r"(?:分钟|分|minutes|minute|mins|min|m)"
_CLOCK = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))?")
_HOURS = re.compile(_NUMBER + _HOUR)
_HOURS_AND_MINUTES = re.compile(rf"([0-9]+){_HOUR}([0-5]?[0-9]){_MINUTE}?")
_HOURS_AND_A_HALF = re.compile(rf"([0-9]+)(?:{_HOUR}半|个半(?:小时|钟头))")
_HALF_AN_HOUR = re.compile(r"半个?(?:小时|钟头)")
_MINUTES = re.compile(_NUMBER + _MINUTE)
_BARE = re.compile(_NUMBER)
_PER_UNIT: dict[str, int] = {"hours": 60, "minutes": 1}


class BadDuration(RuleBroken):
    code: ClassVar[str] = "bad_duration"
    message: ClassVar[str] = N_(
        "“%(cell)s” cannot be read as a duration. Write it like 2.5小时, 150分钟 or 2:30."
    )


class DurationWithoutUnit(BadDuration):
    message = N_("“%(cell)s” does not say whether it means hours or minutes.")


class DurationOutOfRange(BadDuration):
    message = N_("“%(cell)s” is not between 1 and 1440 minutes.")


class TotalOutOfRange(BadDuration):
    message = N_("“%(cell)s” is not between 0 and 100,000 hours.")


@lru_cache(maxsize=8192, typed=True)
def parse_duration(
    cell: Cell, header_unit: Unit | None = None, default_unit: Unit | None = None
) -> int:
    """Return minutes, 1 to 1440; a bare number takes the header's unit, else the default.

    `2:30` as text or as a time cell is 2 h 30 whatever the unit. Fractions of a
    minute round half up. Raises BadDuration.
    """
    minutes = _read(cell, header_unit or default_unit)
    # The limit is asked before rounding: 1440.4 minutes are more than a day.
    if not minutes.is_finite() or not 0 < minutes <= MINUTES_PER_DAY:
        raise DurationOutOfRange(cell=shown(cell))
    whole = _whole(minutes)
    if whole == 0:
        raise DurationOutOfRange(cell=shown(cell))
    return whole


def parse_total(
    cell: Cell, header_unit: Unit | None = None, default_unit: Unit | None = None
) -> int:
    """Return the minutes of many days together, none included; read as `parse_duration` does."""
    minutes = _read(cell, header_unit or default_unit)
    if not minutes.is_finite() or not 0 <= minutes <= MOST_MINUTES:
        raise TotalOutOfRange(cell=shown(cell))
    return _whole(minutes)


def _read(cell: Cell, unit: Unit | None) -> Decimal:
    minutes = _minutes(cell, unit)
    if minutes is None:
        raise BadDuration(cell=shown(cell))
    return minutes


def _whole(minutes: Decimal) -> int:
    return int(minutes.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _minutes(cell: Cell, unit: Unit | None) -> Decimal | None:
    if isinstance(cell, str):
        return _of_text(cell, unit)
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | Decimal):
        return _of_number(Decimal(cell), cell, unit)
    if isinstance(cell, time):
        return _of_span(_since_midnight(cell))
    if isinstance(cell, timedelta):
        return _of_span(cell)
    return _of_excel_day(cell)


def _of_text(cell: str, unit: Unit | None) -> Decimal | None:
    if len(cell) > _LONGEST_TEXT:
        return None
    text = "".join(unicodedata.normalize("NFKC", cell).split()).casefold()
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
        return hours * 60 + minutes + (1 if seconds >= 30 else 0)
    if match := _HOURS.fullmatch(text):
        return Decimal(match[1]) * 60
    if match := _MINUTES.fullmatch(text):
        return Decimal(match[1])
    if match := _HOURS_AND_MINUTES.fullmatch(text):
        return Decimal(match[1]) * 60 + Decimal(match[2])
    if match := _HOURS_AND_A_HALF.fullmatch(text):
        return Decimal(match[1]) * 60 + 30
    if _HALF_AN_HOUR.fullmatch(text):
        return Decimal(30)
    if match := _BARE.fullmatch(text.removeprefix("-")):
        return _of_number(Decimal(text), cell, unit)
    return None


def _of_number(number: Decimal, cell: Cell, unit: Unit | None) -> Decimal:
    if unit is None:
        raise DurationWithoutUnit(cell=shown(cell))
    return number * _PER_UNIT[unit] if number.is_finite() else number


def _of_span(span: timedelta) -> Decimal:
    seconds = span.days * 86400 + span.seconds + (span.microseconds >= 500_000)
    minutes, rest = divmod(seconds, 60)
    return Decimal(minutes + (rest >= 30))


def _of_excel_day(cell: date) -> Decimal | None:
    """Read what Excel keeps as a moment of 1 January 1900: a time cell of 24 hours and more."""
    if cell.year != 1900 or cell.month != 1:
        return None
    within = cell.time() if isinstance(cell, datetime) else time()
    days = cell.toordinal() - _EXCEL_DAY_ZERO.toordinal()
    return _of_span(timedelta(days=days) + _since_midnight(within))


def _since_midnight(cell: time) -> timedelta:
    return timedelta(
        hours=cell.hour,
        minutes=cell.minute,
        seconds=cell.second,
        microseconds=cell.microsecond,
    )
