"""An activity in the words that go into a WeChat group: nobody is named in it."""

from __future__ import annotations

from datetime import date

from flask import url_for
from flask_babel import gettext as _

from app.activities.models import Activity
from app.activities.public_showing import room, when
from app.activities.rules import OPEN


def announcement(activity: Activity, team_name: str, today: date) -> str:
    """Return what, when, where, what to bring, how much room is left, and where to sign up."""
    shown = when(activity.service_on, activity.starts_minute, activity.minutes, today)
    left = room(activity)
    lines = [
        _("%(team)s: %(title)s", team=team_name, title=activity.title),
        _("When: %(when)s", when=shown),
        _("Where: %(place)s", place=activity.place) if activity.place else "",
        _("Bring: %(what)s", what=activity.bring) if activity.bring else "",
        left,
        _("It does not take place.") if activity.state == "cancelled" else "",
        _("Sign up: %(url)s", url=address(activity.id)) if activity.state in OPEN else "",
    ]
    return "\n".join(str(one) for one in lines if one)


def address(activity_id: int) -> str:
    """Return where everybody finds an activity, in full."""
    return url_for("activities.activity", activity_id=activity_id, _external=True)
