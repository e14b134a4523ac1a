"""Which activities of a team are still to be closed on a date."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.activities.rules import OPEN


class OpenActivity(NamedTuple):
    """One activity that is announced or under way."""

    id: int
    title: str
    starts_minute: int


def open_activities_on(session: Session, team_id: int, on: date) -> list[OpenActivity]:
    """Return a team's activities of a date that are announced or under way, the earliest first."""
    rows = session.execute(
        select(Activity.id, Activity.title, Activity.starts_minute)
        .where(Activity.team_id == team_id, Activity.service_on == on, Activity.state.in_(OPEN))
        .order_by(Activity.starts_minute, Activity.id)
    )
    return [OpenActivity(*row) for row in rows]
