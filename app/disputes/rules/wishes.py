"""What a volunteer thinks is wrong with a record, and what it should say instead."""

from __future__ import annotations

from collections.abc import Sequence
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
# So often one side may add something before the other answers.
MOST_IN_A_ROW = 3
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


class WordsTooLong(RuleBroken):
    code = "words_too_long"
    message = N_("At most %(longest)s characters, please; say the rest when asked.")


class SaidEnough(RuleBroken):
    """One side has said its part; somebody else has the floor now."""

    code = "said_enough"
    message = N_(
        "You have added %(count)s messages in a row. Wait for an answer now; "
        "the days promised for it run on."
    )


def check_words(words: str, kind: str, thread: Sequence[str]) -> None:
    """Refuse words that are none, too many, or one side's once more without an answer.

    `thread`: the kinds of the lines so far, the oldest first; `kind`: that of the new one.
    """
    if not words.strip():
        raise WordsNeeded
    if len(words) > LONGEST_WORDS:
        raise WordsTooLong(longest=LONGEST_WORDS)
    last = thread[-MOST_IN_A_ROW:]
    if len(last) == MOST_IN_A_ROW and set(last) == {kind}:
        raise SaidEnough(count=MOST_IN_A_ROW)


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
