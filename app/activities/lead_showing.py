"""What the leader's pages say of activities: rows of the list, people, and the time left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.activities.models import Activity
from app.activities.planning import Found
from app.activities.public_showing import Mark, state_marks, times, when
from app.activities.queries.leading import Listed, Person, Unclosed
from app.activities.rules.closing_dates import TimeLeft
from app.errors import N_
from app.teams.queries import Member, TeamRow
from app.web.filters import clock_time, day_weekday
from app.web.saying import say_message

_BY = {
    "guardian": N_("%(name)s signed them up as guardian"),
    "helper": N_("%(name)s signed them up as helper"),
    "other": N_("%(name)s put them on the list"),
}


class Line(NamedTuple):
    """An activity in a leader's list."""

    id: int
    title: str
    sub: str
    big: str
    small: str
    marks: list[Mark]
    note: str = ""


class OnList(NamedTuple):
    """Somebody on an activity's list."""

    volunteer_id: int
    name: str
    number: str
    masked_phone: str
    by: str
    is_in: bool


class Addable(NamedTuple):
    """Somebody who may be put on the list with one tap."""

    volunteer_id: int
    name: str
    sub: str
    keys: str


def line(row: Listed, today: date, *, left: TimeLeft | None = None) -> Line:
    """Return an activity as a line of the leader's list."""
    shown = when(row.service_on, row.starts_minute, row.minutes, today)
    big = str(row.taken) if row.places is None else f"{row.taken}/{row.places}"
    small = ngettext("%(num)s waits", "%(num)s wait", row.waiting) if row.waiting else _("people")
    sub = "·".join(filter(None, (shown, row.place)))
    note = left_text(left) if left else ""
    return Line(row.id, row.title, sub, big, small, state_marks(row.state), note)


def unclosed_line(row: Unclosed, today: date) -> Line:
    """Return what waits for its closing as a line of the organiser's list."""
    on = day_weekday(row.service_on, with_year=row.service_on.year != today.year)
    sub = f"{row.team.name}·{on} {clock_time(row.starts_minute)}"
    return Line(
        row.activity_id, row.title, sub, str(row.taken), _("people"), [], left_text(row.left)
    )


def left_text(left: TimeLeft) -> str:
    """Say how long an activity may still be closed so that its hours count at once."""
    if left.is_over:
        return str(_("Late: its hours wait for an organiser now."))
    days = ngettext("%(num)s working day left", "%(num)s working days left", left.days)
    return str(days)


def on_list(people: Iterable[Person]) -> list[OnList]:
    """Return the people of a list, each with who put them there."""
    return [
        OnList(
            one.volunteer_id,
            one.name,
            one.number or _("New friend"),
            one.masked_phone,
            say_message(_BY[one.by_kind], {"name": one.by}) if one.by else "",
            one.is_in,
        )
        for one in people
    ]


def addable_members(members: Iterable[Member], there: Iterable[int]) -> list[Addable]:
    """Return the team's members who are not on the list yet."""
    listed = set(there)
    return [
        Addable(
            one.volunteer_id,
            one.name,
            "·".join(filter(None, (one.number, one.masked_phone or _("no phone")))),
            f"{one.name} {one.name_keys} {one.number or ''}".lower(),
        )
        for one in members
        if one.volunteer_id not in listed and one.state == "active"
    ]


def addable_found(found: Found, there: Iterable[int]) -> list[Addable]:
    """Return whoever was searched for and is not on the list yet."""
    listed = set(there)
    return [
        Addable(one.id, found.names.of(one.id, one.name), one.number or "", "")
        for one in found.people
        if one.id not in listed
    ]


def facts(activity: Activity, team: TeamRow, in_charge: str, today: date) -> list[tuple[str, str]]:
    """Return what the leader's page of one activity tells on top."""
    on = when(activity.service_on, activity.starts_minute, activity.minutes, today)
    found = [
        (_("Date and time"), on),
        (_("Place"), activity.place),
        (_("What to bring"), activity.bring),
        (_("Person in charge"), in_charge),
        (_("Least age"), str(activity.least_age) if activity.least_age else ""),
        (_("Why it was cancelled"), activity.cancel_reason or ""),
    ]
    return [(str(label), value) for label, value in found if value]


def clash_text(title: str, on: date, starts_minute: int, minutes: int) -> str:
    """Name another activity at the same time."""
    return str(
        _(
            "%(title)s, %(on)s %(times)s",
            title=title,
            on=day_weekday(on),
            times=times(starts_minute, minutes),
        )
    )
