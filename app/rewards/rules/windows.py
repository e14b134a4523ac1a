"""On which days one may redeem: the 15th, every Friday, a fair; without any, always."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple, get_args

from app.errors import N_, RuleBroken

WindowKind = Literal["month_day", "weekday", "dates"]
WINDOW_KINDS: tuple[str, ...] = get_args(WindowKind)
LAST_DAY = 31
# A rule of this kind opens at least once within two months; a fair may lie a year ahead.
_LOOK_AHEAD = timedelta(days=366)


class Window(NamedTuple):
    """One rule: a day of the month, a weekday (Monday is 0), or dates from and until."""

    kind: str
    day: int | None
    from_on: date | None
    until_on: date | None


class BadWindow(RuleBroken):
    """The rule names no day."""

    code = "bad_window"
    message = N_("Choose a day of the month, a weekday, or dates from and until.")


def check_window(window: Window) -> None:
    """Refuse a rule that names no day."""
    if not _is_whole(window):
        raise BadWindow


def _is_whole(window: Window) -> bool:
    if window.kind == "dates":
        first, last = window.from_on, window.until_on
        return first is not None and last is not None and first <= last
    most = {"month_day": LAST_DAY, "weekday": 6}.get(window.kind)
    least = 1 if window.kind == "month_day" else 0
    return most is not None and window.day is not None and least <= window.day <= most


def opens_on(windows: Sequence[Window], on: date) -> bool:
    """Say whether one may redeem on a date."""
    return not windows or any(_holds(window, on) for window in windows)


def next_opening(windows: Sequence[Window], today: date) -> date | None:
    """Return the first date from today on which one may redeem; None within the next year."""
    for ahead in range(_LOOK_AHEAD.days + 1):
        on = today + timedelta(days=ahead)
        if opens_on(windows, on):
            return on
    return None


def _holds(window: Window, on: date) -> bool:
    if window.kind == "weekday":
        return on.weekday() == window.day
    if window.kind == "month_day":
        # The 31st is the last day of a shorter month.
        is_last = (on + timedelta(days=1)).month != on.month
        return on.day == window.day or (is_last and on.day < (window.day or 0))
    return (window.from_on or date.max) <= on <= (window.until_on or date.min)


def coming_days(windows: Sequence[Window], today: date, count: int) -> list[date]:
    """Return the next dates from today on which one may redeem, so many at most."""
    found: list[date] = []
    for ahead in range(_LOOK_AHEAD.days + 1):
        on = today + timedelta(days=ahead)
        if opens_on(windows, on):
            found.append(on)
        if len(found) == count:
            break
    return found
