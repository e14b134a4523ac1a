"""An activity in the words that go into a WeChat group: nobody is named in them.

Title, place and what to bring are the leader's own words; phones in them are masked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from flask_babel import gettext as _

from app.activities.models import Activity
from app.activities.public_showing import room, when
from app.activities.rules import OPEN, begins_at
from app.clock import today_in
from app.teams.papers import address_in_full
from app.trail.rules import mask_text


class Said(NamedTuple):
    """A text to copy: what it is, and how its box is called on the page."""

    id: str
    label: str
    text: str


def group_texts(
    activity: Activity, team_name: str, zone: str, now: datetime, *, is_run: bool
) -> list[Said]:
    """Return what may be sent into the group now; whoever runs it reminds people, too."""
    today = today_in(zone, now)
    texts = []
    if activity.state != "draft":
        texts.append(Said("shared", _("Announcement"), announcement(activity, team_name, today)))
    if is_run and _is_ahead(activity, zone, now):
        texts.append(Said("reminder", _("Reminder"), reminder(activity, team_name, today)))
    return texts


def announcement(activity: Activity, team_name: str, today: date) -> str:
    """Return what, when, where, what to bring, how much room is left, and where to sign up."""
    url = address_in_full("activities.activity", activity_id=activity.id)
    is_open = activity.state in OPEN
    return _joined(
        [
            *_plan(activity, team_name, today),
            room(activity),
            _("It does not take place.") if activity.state == "cancelled" else "",
        ],
        _("Sign up: %(url)s", url=url) if is_open else _("More about it: %(url)s", url=url),
    )


def reminder(activity: Activity, team_name: str, today: date) -> str:
    """Return what those with a place are reminded of, and where to give it back."""
    url = address_in_full("activities.activity", activity_id=activity.id)
    return _joined(
        [_("A reminder for everybody who signed up:"), *_plan(activity, team_name, today)],
        _("If you cannot come, please withdraw, so that somebody else may: %(url)s", url=url),
    )


def _is_ahead(activity: Activity, zone: str, now: datetime) -> bool:
    """Tell whether people can still be reminded of it."""
    begins = begins_at(activity.service_on, activity.starts_minute, zone)
    return activity.state in OPEN and now < begins


def _plan(activity: Activity, team_name: str, today: date) -> list[str]:
    shown = when(activity.service_on, activity.starts_minute, activity.minutes, today)
    return [
        _("%(team)s: %(title)s", team=team_name, title=activity.title),
        _("When: %(when)s", when=shown),
        _("Where: %(place)s", place=activity.place) if activity.place else "",
        _("Bring: %(what)s", what=activity.bring) if activity.bring else "",
    ]


def _joined(said: Iterable[str], with_link: str) -> str:
    """Return the lines that say something; an address is no phone, whatever its digits."""
    return "\n".join([*(mask_text(str(one)) for one in said if one), str(with_link)])
