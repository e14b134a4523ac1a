"""What pages of activities say: their times, places left, weeks, and the month as a table."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.activities.models import Activity
from app.activities.queries import InMonth, Listed, OwnSignUp
from app.activities.rules import OPEN
from app.organisations.rules import Settings
from app.web.filters import clock_time, day, day_weekday, hours, month_year, weekday

DAY_MINUTES = 1440
OF_DAY = 3


class Mark(NamedTuple):
    """A tag: its word, tone and icon."""

    text: str
    tone: str
    icon: str


class Line(NamedTuple):
    """An activity as a line of a list."""

    activity: Listed
    day: str
    times: str
    room: str
    marks: list[Mark]


class Group(NamedTuple):
    """What a list shows under one heading."""

    heading: str
    lines: list[Line]


class Cell(NamedTuple):
    """One date of the month; of another month it is empty."""

    on: date
    is_here: bool
    is_today: bool
    is_service_day: bool
    activities: list[Listed]
    of_day: int
    label: str

    @property
    def more(self) -> int:
        """How many of the date are not shown."""
        return self.of_day - len(self.activities)


# ── one line ──────────────────────────────────────────────────────────────────────────────


def times(starts_minute: int, minutes: int) -> str:
    """Return from when until when, saying so where that is the next day."""
    ends = starts_minute + minutes
    said = {"begin": clock_time(starts_minute), "end": clock_time(ends % DAY_MINUTES)}
    if ends > DAY_MINUTES:
        return str(_("%(begin)s—%(end)s the next day", **said))
    if ends == DAY_MINUTES:
        return str(_("%(begin)s—%(end)s", begin=said["begin"], end="24:00"))
    return str(_("%(begin)s—%(end)s", **said))


def when(on: date, starts_minute: int, minutes: int, today: date) -> str:
    """Return the date with its weekday and the times; the year where it is another."""
    return f"{near_day(on, today)} {times(starts_minute, minutes)}"


def near_day(on: date, today: date) -> str:
    """Return a date with its weekday, and its year where it is another."""
    return day_weekday(on, with_year=on.year != today.year)


def room(activity: Listed | Activity) -> str:
    """Return how much room is left, while that matters."""
    if activity.state not in OPEN or activity.places is None:
        return ""
    left = activity.places - activity.taken
    if left <= 0:
        return str(_("Full"))
    return str(ngettext("%(num)s place left", "%(num)s places left", left))


def marks(activity: Listed | Activity, own: str | None) -> list[Mark]:
    """Return the tags of an activity: where it stands, and the reader's own place."""
    found = []
    if own == "placed":
        found.append(Mark(_("Signed up"), "ok", "check"))
    if own == "waiting":
        found.append(Mark(_("In the line"), "warn", "clock"))
    return [*found, *state_marks(activity.state)]


def state_marks(state: str) -> list[Mark]:
    """Return the tag of a state; what is announced needs none."""
    known = {
        "draft": Mark(_("Draft"), "", "pencil"),
        "under_way": Mark(_("Under way"), "info", "clock"),
        "closed": Mark(_("Closed"), "", "check"),
        "cancelled": Mark(_("Cancelled"), "error", "cross"),
    }
    return [known[state]] if state in known else []


def line(activity: Listed, today: date) -> Line:
    """Return an activity as a line of a list."""
    on = activity.service_on
    # How much room there was is nothing to know afterwards.
    left = room(activity) if on >= today else ""
    span = times(activity.starts_minute, activity.minutes)
    return Line(activity, near_day(on, today), span, left, marks(activity, activity.own))


# ── lists ─────────────────────────────────────────────────────────────────────────────────


def by_week(activities: Sequence[Listed], today: date) -> list[Group]:
    """Return a coming list in its parts: today, this week, next week, then week by week."""
    found = groupby(activities, lambda each: _week(each.service_on, today))
    return [
        Group(_week_heading(week, today), [line(each, today) for each in group])
        for week, group in found
    ]


def by_month(activities: Iterable[Listed], today: date) -> list[Group]:
    """Return a past list month by month."""
    found = groupby(activities, lambda each: each.service_on.replace(day=1))
    return [
        Group(month_heading(month), [line(each, today) for each in group]) for month, group in found
    ]


def month_heading(first: date) -> str:
    """Return the month with its year."""
    return month_year(first)


def _week(on: date, today: date) -> date | None:
    """Return the Monday of a date's week; today stands for itself."""
    return None if on <= today else on - timedelta(days=on.weekday())


def _week_heading(monday: date | None, today: date) -> str:
    if monday is None:
        return str(_("Today, %(day)s", day=day_weekday(today)))
    this = today - timedelta(days=today.weekday())
    if monday == this:
        return str(_("This week"))
    if monday == this + timedelta(days=7):
        return str(_("Next week"))
    far = monday.year != today.year
    first, last = day(monday, with_year=far), day(monday + timedelta(days=6))
    return str(_("%(first)s to %(last)s", first=first, last=last))


# ── the month ─────────────────────────────────────────────────────────────────────────────


def weekdays() -> list[str]:
    """Return the names of the weekdays from Monday on."""
    monday = date(2024, 1, 1)
    return [weekday(monday + timedelta(days=i)) for i in range(7)]


def weeks(
    first: date, found: Sequence[InMonth], service_days: Collection[date], today: date
) -> list[list[Cell]]:
    """Return the month as weeks of dates from Monday on."""
    of_day: dict[date, list[InMonth]] = {}
    for each in found:
        of_day.setdefault(each.activity.service_on, []).append(each)
    rows = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return [
        [_cell(on, first, of_day.get(on, []), on in service_days, today) for on in week]
        for week in rows
    ]


def _cell(
    on: date, first: date, found: Sequence[InMonth], is_service_day: bool, today: date
) -> Cell:
    of_day = found[0].of_day if found else 0
    said = day_weekday(on)
    label = ngettext("%(day)s, %(num)s activity", "%(day)s, %(num)s activities", of_day, day=said)
    return Cell(
        on,
        (on.year, on.month) == (first.year, first.month),
        on == today,
        is_service_day,
        [each.activity for each in found],
        of_day,
        str(label),
    )


def service_days_of(
    first: date, settings: Settings, substitutes: dict[tuple[int, int], date]
) -> set[date]:
    """Return a month's service day, and the one that stands in for it."""
    usual = first.replace(day=settings.service_day)
    return {usual, substitutes.get((first.year, first.month), usual)}


# ── one's own ─────────────────────────────────────────────────────────────────────────────


def outcome(own: OwnSignUp) -> str:
    """Say what came of a sign-up whose time is over."""
    state = own.activity.state
    if state == "cancelled":
        return str(_("It did not take place."))
    if own.activity.own == "waiting":
        return str(_("No place came free."))
    if own.approved_minutes:
        return str(_("You were there: %(hours)s hours.", hours=hours(own.approved_minutes)))
    if own.waiting_minutes:
        said = _(
            "You were there: %(hours)s hours, waiting for review.", hours=hours(own.waiting_minutes)
        )
        return str(said)
    if state != "closed":
        return str(_("Its leader has not closed it yet."))
    if own.attendance == "present":
        return str(_("You were there."))
    return str(_("You are not on the list of those who were there."))
