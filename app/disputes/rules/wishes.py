"""What a volunteer thinks is wrong with a record, and what it should say instead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from app.errors import N_, RuleBroken
from app.organisations.calendar import WorkingCalendar
from app.service.rules import FutureDate
from app.service.rules.parts import check_range

WHATS = ("hours", "date", "team", "content", "not_me", "points")
# These are told in words: no figure of the record would be another one.
WORDED = frozenset({"not_me", "points"})
LONGEST_WORDS = 1000
_ONE_DAY = timedelta(days=1)


class Recorded(NamedTuple):
    """What a record says; both halves of a night are one."""

    service_on: date
    minutes: int
    starts_minute: int | None
    team_id: int
    content: str


class Wish(NamedTuple):
    """What is wrong, in which words, and what the record should say (None: it is in the words)."""

    what: str
    words: str
    instead: Recorded | None


class NothingWished(RuleBroken):
    """Nothing of the wish differs from the record."""

    code = "nothing_wished"
    message = N_("Change what should be different; so far it says the same as the record.")


class WordsNeeded(RuleBroken):
    """Without words nobody knows what is meant."""

    code = "words_missing"
    message = N_("Say in your own words what is wrong.")


def check_wish(wish: Wish, recorded: Recorded, today: date) -> None:
    """Refuse a wish that says nothing, or that no record could fulfil."""
    if wish.what in WORDED:
        if not wish.words.strip():
            raise WordsNeeded
        return
    wished = wish.instead
    if wished is None or wished == recorded:
        raise NothingWished
    check_range(wished.starts_minute, wished.minutes)
    if wished.service_on > today:
        raise FutureDate(service_on=wished.service_on, today=today)


def days_left(calendar: WorkingCalendar, today: date, due_on: date) -> int:
    """Return how many working days are left, today not counted; below 0 so many are over."""
    first, last = min(today, due_on), max(today, due_on)
    days = (last - first).days
    working = sum(1 for i in range(1, days + 1) if calendar.is_working_day(first + i * _ONE_DAY))
    return working if due_on >= today else -max(working, 1)
