"""Who counts as a minor in a year's report, and in which of its groups."""

from __future__ import annotations

from datetime import date
from typing import Literal, NamedTuple

from app.people.rules.consent import OWN_CONSENT_AGE, age_on

# Under this age somebody is a minor; under OWN_CONSENT_AGE a guardian has to agree.
MINOR_AGE = 18
EARLIEST_YEAR = 2000

# agreed: to the words of today. older: to earlier ones. ended: taken back. missing: none known.
Agreement = Literal["agreed", "older", "ended", "missing"]


class Minor(NamedTuple):
    """Somebody under 18 on the day a report is about."""

    id: int
    name: str
    number: str | None
    born_on: date
    organisation: str

    def age(self, on: date) -> int:
        """Return the completed years of life."""
        return age_on(self.born_on, on)

    def is_child(self, on: date) -> bool:
        """Tell whether a guardian has to agree."""
        return self.age(on) < OWN_CONSENT_AGE


def reported_on(year: int, today: date) -> date:
    """Return the day a year's report counts ages on: its last, or today while it runs."""
    return min(date(year, 12, 31), today)


def first_birth(on: date) -> date:
    """Return the date after which somebody is born who is a minor on a day."""
    try:
        return on.replace(year=on.year - MINOR_AGE)
    except ValueError:  # 29 February
        return date(on.year - MINOR_AGE, 2, 28)


def agreement_of(word: tuple[bool, str | None] | None, version: str) -> Agreement:
    """Return how the last word of a guardian, yes or no with its version, counts."""
    if word is None:
        return "missing"
    is_given, agreed = word
    if not is_given:
        return "ended"
    return "agreed" if agreed == version else "older"
