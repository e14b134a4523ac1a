"""By what the list of people is filtered and sorted; read from an address, which names nobody."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": ("party", "social", "resident"),
    "role": ("leader", "organiser", "auditor", "admin"),
    "state": ("active", "dormant", "left", "friend"),
    "age": ("child", "youth", "senior"),
    "account": ("open", "none"),
    "consent": ("none",),
    "sort": ("number", "hours", "last"),
}
# A code or a key: what it names is looked up within reach.
NAMED = ("organisation", "team", "colour")
# Sorted by these, a list says something of people's service.
BY_SERVICE = ("hours", "last")
CHILD_AGE, GROWN_AGE, SENIOR_AGE = 14, 18, 60
FIRST_YEAR, LAST_YEAR = 1990, 2200
LONGEST_TEXT = 60
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR = re.compile(r"[0-9]{4}")


class Filters(NamedTuple):
    """What was asked of the list; an empty value asks nothing.

    `idle`: no service counts since that date. `joined`: the year of the first team, or of being
    written down, whichever is earlier.
    """

    q: str = ""
    organisation: str = ""
    team: str = ""
    colour: str = ""
    kind: str = ""
    role: str = ""
    state: str = ""
    age: str = ""
    account: str = ""
    consent: str = ""
    idle: date | None = None
    joined: int | None = None
    sort: str = ""

    @property
    def arguments(self) -> dict[str, str]:
        """What stands of it in an address."""
        return {name: str(value) for name, value in self._asdict().items() if value}

    @property
    def narrowing(self) -> dict[str, str]:
        """What leaves people out, beside the search."""
        return {name: value for name, value in self.arguments.items() if name not in ("q", "sort")}


def filters_from(given: Mapping[str, str]) -> Filters:
    """Return what an address asks for; what fits nothing asks nothing."""
    chosen = {name: given.get(name, "") for name in CHOICES}
    kept = {name: value for name, value in chosen.items() if value in CHOICES[name]}
    named = {name: given.get(name, "")[:LONGEST_TEXT] for name in NAMED}
    return Filters(
        q=given.get("q", "")[:LONGEST_TEXT].strip(),
        idle=_day(given.get("idle", "")),
        joined=_year(given.get("joined", "")),
        **kept,
        **named,
    )


def years_before(on: date, years: int) -> date:
    """Return the latest birth date of somebody who has completed so many years on a date."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:  # 29 February, in a year that has none
        return date(on.year - years, 2, 28)


def months_before(on: date, months: int) -> date:
    """Return the day so many months before a date; where the month is shorter, its last."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    return date(year, month + 1, min(on.day, monthrange(year, month + 1)[1]))


def _day(text: str) -> date | None:
    if not (text.isascii() and _DAY.fullmatch(text)):
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _year(text: str) -> int | None:
    if not (text.isascii() and _YEAR.fullmatch(text)):
        return None
    return int(text) if FIRST_YEAR <= int(text) <= LAST_YEAR else None
