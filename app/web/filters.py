"""Numbers, dates and names as people read them; no figure is worked out in a template."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_skeleton
from flask import Flask
from flask_babel import get_locale, get_timezone

MINUS = "−"
NOTHING = "—"


def hours(minutes: int | None, *, fixed: bool = False) -> str:
    """Return minutes as hours: 150 is "2.5", 15 "0.25", 50 "0.8"; `fixed` keeps one decimal."""
    if minutes is None:
        return NOTHING
    # A quarter is exact with two decimals; anything finer is rounded half up to one.
    places = 2 if minutes % 15 == 0 and minutes % 30 and not fixed else 1
    scale = 10**places
    units = (2 * abs(minutes) * scale + 60) // 120
    return _signed(minutes, _decimal(units, places, keep=fixed))


def points(hundredths: int | None, *, signed: bool = False) -> str:
    """Return hundredths of a point as points: 380 is "3.8"; `signed` shows a plus as well."""
    if hundredths is None:
        return NOTHING
    text = _signed(hundredths, _decimal(abs(hundredths), 2))
    return f"+{text}" if signed and hundredths > 0 else text


def number(value: int | None) -> str:
    """Return a whole number with its thousands parted: 9,384."""
    return NOTHING if value is None else _signed(value, f"{abs(value):,}")


def day(on: date | None, *, with_year: bool = False) -> str:
    """Return a date as it is spoken: 1月28日, Jan 28; with its year: 2026年1月28日."""
    if on is None:
        return NOTHING
    return _formed("yMMMd" if with_year else "MMMd", on, _locale())


def day_weekday(on: date | None, *, with_year: bool = False) -> str:
    """Return a date with its weekday: 1月28日 周三."""
    if on is None:
        return NOTHING
    return f"{day(on, with_year=with_year)} {weekday(on)}"


def weekday(on: date) -> str:
    """Return the weekday of a date: 周三, Wed."""
    return str(format_date(on, "EEE", locale=_locale()))


def month(on: date) -> str:
    """Return the month of a date: 1月, Jan."""
    return _formed("MMM", on, _locale())


def month_year(on: date) -> str:
    """Return the month and year of a date: 2026年1月."""
    return _formed("yMMM", on, _locale())


def instant(at: datetime | None, zone: tzinfo | None = None) -> str:
    """Return an instant as date and clock time in the organisation's time zone."""
    if at is None:
        return NOTHING
    local = at.astimezone(zone or get_timezone() or UTC)
    return f"{day(local.date(), with_year=True)} {local:%H:%M}"


def clock_time(minute: int | None) -> str:
    """Return a minute of the day as clock time: 510 is "8:30"."""
    return NOTHING if minute is None else f"{minute // 60}:{minute % 60:02}"


def init_filters(app: Flask) -> None:
    """Give the filters their names in templates."""
    for function in (
        hours,
        points,
        number,
        day,
        day_weekday,
        weekday,
        month,
        month_year,
        instant,
        clock_time,
    ):
        app.jinja_env.filters[function.__name__] = function


@lru_cache(maxsize=4096)
def _formed(skeleton: str, on: date, locale: Locale) -> str:
    # A page shows the same few dates over and over, and forming one is slow.
    return str(format_skeleton(skeleton, on, locale=locale))


def _locale() -> Locale:
    return get_locale() or Locale("en")


def _signed(value: int, text: str) -> str:
    return f"{MINUS}{text}" if value < 0 else text


def _decimal(units: int, places: int, *, keep: bool = False) -> str:
    whole, rest = divmod(units, 10**places)
    digits = f"{rest:0{places}}"
    shown = digits if keep else digits.rstrip("0")
    return f"{whole:,}.{shown}" if shown else f"{whole:,}"
