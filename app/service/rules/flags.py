"""What about an entry is worth a second look, each in one sentence with its figures.

A flag informs whoever reviews; it never blocks, and it never says that anything is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from app.errors import N_
from app.organisations.calendar import WorkingCalendar
from app.organisations.rules import Settings

_ONE_DAY = timedelta(days=1)
# Whoever is asked has to look at the thing itself: never among those approved together.
NEVER_CLEAN = frozenset({"over_limit", "new_person", "correction"})
# The flag that only repeats, with its figures, why something waits.
PLAIN: Mapping[str, str] = {"late": "late"}


class Flag(NamedTuple):
    """One sentence with its figures; those named `…minutes` are shown as hours."""

    code: str
    message: str
    figures: Mapping[str, Any]


class Facts(NamedTuple):
    """What is known of one thing that waits, both halves of a night together."""

    waits_reason: str | None
    evidence: str
    service_on: date
    minutes: int
    is_guest: bool
    # In the organisation's time zone.
    recorded_at: datetime
    working_days_late: int
    # All that stands for the person on that date, this included.
    day_minutes: int
    daily_limit_minutes: int
    # How often whoever recorded it made an entry in the week they did.
    entries_that_week: int = 0
    # People on the list it came with, where all have the same minutes and nobody signed in.
    same_minutes_people: int = 0
    # Teams with which the person served on the date beside this one.
    other_teams: tuple[str, ...] = ()
    # Of the activity it belongs to, where it belongs to one.
    planned_minutes: int | None = None


def flags_of(facts: Facts, settings: Settings) -> list[Flag]:
    """Return what is worth a second look, the weightiest first."""
    found = (flag(facts, settings) for flag in _FLAGS)
    return [each for each in found if each is not None]


def is_clean(waits_reason: str | None, flags: list[Flag]) -> bool:
    """Tell whether nothing is to be said beyond the plain reason for which it waits."""
    if waits_reason in NEVER_CLEAN:
        return False
    return all(PLAIN.get(flag.code) == waits_reason for flag in flags)


def late(facts: Facts, _settings: Settings) -> Flag | None:
    """Tell by how many working days an entry came late."""
    days = facts.working_days_late
    if days <= 0:
        return None
    message = N_("Late by one working day.") if days == 1 else N_("Late by %(days)s working days.")
    return Flag("late", message, {"days": days})


def long_day(facts: Facts, _settings: Settings) -> Flag | None:
    """Tell a date that holds more than the daily limit it was judged by."""
    if facts.day_minutes <= facts.daily_limit_minutes:
        return None
    message = N_("%(day_minutes)s hours that day (limit %(limit_minutes)s).")
    figures = {"day_minutes": facts.day_minutes, "limit_minutes": facts.daily_limit_minutes}
    return Flag("long_day", message, figures)


def above_plan(facts: Facts, _settings: Settings) -> Flag | None:
    """Tell a record longer than its activity was planned for."""
    if facts.planned_minutes is None or facts.minutes <= facts.planned_minutes:
        return None
    message = N_("%(minutes)s hours, while the activity was planned for %(planned_minutes)s.")
    figures = {"minutes": facts.minutes, "planned_minutes": facts.planned_minutes}
    return Flag("above_plan", message, figures)


def same_minutes(facts: Facts, settings: Settings) -> Flag | None:
    """Tell a long list on which everybody has the same minutes and nobody signed in."""
    people = facts.same_minutes_people
    if people < settings.integrity_same_minutes_people:
        return None
    message = N_("The same minutes for all %(people)s people on the list; nobody signed in.")
    return Flag("same_minutes", message, {"people": people})


def often(facts: Facts, settings: Settings) -> Flag | None:
    """Tell when whoever recorded it made very many entries that week."""
    if facts.entries_that_week < settings.integrity_entries_a_week:
        return None
    message = N_("The same person made %(times)s entries that week.")
    return Flag("often", message, {"times": facts.entries_that_week})


def at_night(facts: Facts, settings: Settings) -> Flag | None:
    """Tell an entry made at night; volunteers may well claim theirs late in the evening."""
    if facts.evidence == "claimed" or not is_night(facts.recorded_at, settings):
        return None
    message = N_("Entered at %(time)s, at night.")
    return Flag("at_night", message, {"time": f"{facts.recorded_at:%H:%M}"})


def other_team(facts: Facts, _settings: Settings) -> Flag | None:
    """Tell a person who served with another team on the same date."""
    if not facts.other_teams:
        return None
    message = N_("Served with %(teams)s on the same date too.")
    return Flag("other_team", message, {"teams": facts.other_teams})


def guest(facts: Facts, _settings: Settings) -> Flag | None:
    """Tell an entry for somebody who was no member of the team."""
    if not facts.is_guest or facts.waits_reason == "new_person":
        return None
    return Flag("guest", N_("Entered for a guest: not a member of the team on that date."), {})


_FLAGS: tuple[Callable[[Facts, Settings], Flag | None], ...] = (
    long_day,
    above_plan,
    late,
    same_minutes,
    often,
    at_night,
    other_team,
    guest,
)


# ── what the facts are made of ────────────────────────────────────────────────────────────


def is_night(at: datetime, settings: Settings) -> bool:
    """Tell whether a local instant lies in the hours told as night; past midnight or not."""
    begins, ends = settings.integrity_night_from, settings.integrity_night_until
    if begins <= ends:
        return begins <= at.hour < ends
    return at.hour >= begins or at.hour < ends


def working_days_late(
    service_on: date, recorded_on: date, calendar: WorkingCalendar, working_days: int
) -> int:
    """Return how many working days after the last timely date something was recorded."""
    until_on = calendar.working_days_after(service_on, working_days)
    days = range(1, (recorded_on - until_on).days + 1)
    return sum(calendar.is_working_day(until_on + day * _ONE_DAY) for day in days)


def week_of(on: date) -> date:
    """Return the Monday of a date's week."""
    return on - on.weekday() * _ONE_DAY
