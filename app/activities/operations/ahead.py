"""Make the activities of recurring services ahead: on saving, and once a day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.activities.models import Activity, Project
from app.activities.operations.making import new_activity
from app.activities.queries.leading import active_id
from app.activities.rules import Plan, begins_at, falls_on
from app.activities.rules.series import AHEAD
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import inherited_by, subtree_ids
from app.teams.models import Team
from app.trail.operations import note


def make_all_ahead(session: Session, root_id: int, today: date, now: datetime) -> None:
    """Make what is missing of every recurring service of a tree; nothing is made twice."""
    rows = session.execute(
        select(Project, Team)
        .join(Team, Team.id == Project.team_id)
        .where(
            Team.organisation_id.in_(subtree_ids(session, root_id)),
            or_(Team.retired_on.is_(None), Team.retired_on > today),
            Project.ended_at.is_(None),
            or_(Project.until_on.is_(None), Project.until_on >= today),
        )
        .order_by(Project.id)
    ).all()
    for project, team in rows:
        make_ahead(session, project, team, today=today, actor_id=None, now=now)


def make_ahead(
    session: Session,
    project: Project,
    team: Team,
    *,
    today: date,
    actor_id: int | None,
    now: datetime,
) -> list[date]:
    """Announce the activities of a project that are missing ahead of a day; return their dates.

    A date that was cancelled by hand stays so.
    """
    # Locked: whoever saves and the daily work may come at the same moment.
    session.scalar(select(Project.id).where(Project.id == project.id).with_for_update())
    there = set(
        session.scalars(select(Activity.service_on).where(Activity.project_id == project.id))
    )
    in_charge_id = active_id(session, project.in_charge_id)
    made = [on for on in _dates(session, project, team, today, now) if on not in there]
    for on in made:
        plan = plan_of_project(project, on)._replace(in_charge_id=in_charge_id)
        activity = new_activity(
            team, plan, actor_id=project.made_by_id, now=now, project_id=project.id
        )
        activity.state, activity.published_at = "published", now
        session.add(activity)
    if made:
        session.flush()
        note(
            session,
            operation="project.make_ahead",
            actor_id=actor_id,
            at=now,
            subject_kind="project",
            subject_id=project.id,
            organisation_id=team.organisation_id,
            after={"dates": made},
        )
    return made


def _dates(
    session: Session, project: Project, team: Team, today: date, now: datetime
) -> Iterator[date]:
    inherited = inherited_by(session, team.organisation_id)
    calendar = WorkingCalendar(inherited.calendar)
    dates = falls_on(
        weekday=project.weekday,
        every_weeks=project.every_weeks,
        from_on=project.from_on,
        until_on=project.until_on,
        first=max(today, project.from_on),
        last=today + AHEAD,
    )
    for on in dates:
        is_off = project.skips_holidays and calendar.is_holiday(on)
        is_over = team.retired_on is not None and team.retired_on <= on
        begins = begins_at(on, project.starts_minute, inherited.settings.time_zone)
        if not is_off and not is_over and begins > now:
            yield on


def plan_of_project(project: Project, on: date) -> Plan:
    """Return what a project's activity of a date is planned as."""
    same = {name: getattr(project, name) for name in Plan._fields if name != "service_on"}
    return Plan(service_on=on, **same)
