"""What else somebody is signed up for at the same time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import Activity, SignUp
from app.activities.rules import OPEN, begins_at, ends_at

_ONE_DAY = timedelta(days=1)


class Clash(NamedTuple):
    """Another activity at the same time for which the person is signed up or waits."""

    activity_id: int
    title: str
    service_on: date
    starts_minute: int
    minutes: int


def clashes_of(session: Session, activity: Activity, volunteer_id: int, zone: str) -> list[Clash]:
    """Return what somebody is signed up for that overlaps an activity (touching is none)."""
    near = (activity.service_on - _ONE_DAY, activity.service_on + _ONE_DAY)
    query = (
        select(
            Activity.id,
            Activity.title,
            Activity.service_on,
            Activity.starts_minute,
            Activity.minutes,
        )
        .join(SignUp, SignUp.activity_id == Activity.id)
        .where(
            SignUp.volunteer_id == volunteer_id,
            SignUp.state.in_(("placed", "waiting")),
            Activity.state.in_(OPEN),
            Activity.id != activity.id,
            Activity.service_on.between(*near),
        )
        .order_by(Activity.service_on, Activity.starts_minute)
    )
    begin, end = _span(activity.service_on, activity.starts_minute, activity.minutes, zone)
    found = []
    for row in session.execute(query):
        clash = Clash(*row)
        other_begin, other_end = _span(clash.service_on, clash.starts_minute, clash.minutes, zone)
        if other_begin < end and begin < other_end:
            found.append(clash)
    return found


def _span(on: date, starts_minute: int, minutes: int, zone: str) -> tuple[datetime, datetime]:
    return begins_at(on, starts_minute, zone), ends_at(on, starts_minute, minutes, zone)
