"""The recurring services of a team, and what was made ahead of each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.activities.models import Activity, Project, SignUp


class ProjectRow(NamedTuple):
    """A recurring service in its team's list."""

    project: Project
    # What was made ahead and is still to come.
    next_on: date | None
    ahead: int


class AheadRow(NamedTuple):
    """An activity made ahead, and how many people count on it."""

    id: int
    service_on: date
    starts_minute: int
    people: int


def projects_of(session: Session, team_id: int, today: date) -> list[ProjectRow]:
    """Return a team's recurring services: those that go on first."""
    to_come = (
        select(
            Activity.project_id,
            func.min(Activity.service_on).label("next_on"),
            func.count(Activity.id).label("ahead"),
        )
        .where(
            Activity.team_id == team_id,
            Activity.service_on >= today,
            Activity.state.in_(("draft", "published", "under_way")),
        )
        .group_by(Activity.project_id)
        .subquery()
    )
    rows = session.execute(
        select(Project, to_come.c.next_on, to_come.c.ahead)
        .outerjoin(to_come, to_come.c.project_id == Project.id)
        .where(Project.team_id == team_id)
        .order_by(Project.ended_at.is_not(None), Project.weekday, Project.id.desc())
    )
    return [ProjectRow(project, next_on, ahead or 0) for project, next_on, ahead in rows]


def ahead_of(session: Session, project_id: int, from_on: date) -> list[AheadRow]:
    """Return what was made ahead from a date on and has not begun, with how many signed up."""
    activities = session.execute(
        select(Activity.id, Activity.service_on, Activity.starts_minute)
        .where(
            Activity.project_id == project_id,
            Activity.service_on >= from_on,
            Activity.state.in_(("draft", "published")),
        )
        .order_by(Activity.service_on)
    ).all()
    people = signed_up_counts(session, [each.id for each in activities])
    return [AheadRow(*each, people=people.get(each.id, 0)) for each in activities]


def signed_up_counts(session: Session, activity_ids: Collection[int]) -> dict[int, int]:
    """Return how many have a place or wait, of those activities for which anybody does."""
    if not activity_ids:
        return {}
    rows = session.execute(
        select(SignUp.activity_id, func.count(SignUp.id))
        .where(SignUp.activity_id.in_(activity_ids), SignUp.state.in_(("placed", "waiting")))
        .group_by(SignUp.activity_id)
    )
    return {row[0]: row[1] for row in rows}
