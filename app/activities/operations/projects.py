"""A recurring service of a team: make it, change it from a date on, end it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import Activity, Project
from app.activities.operations.ahead import make_ahead, plan_of_project
from app.activities.operations.holding import own_team, runs
from app.activities.operations.making import (
    cancel_activity,
    change_activity,
    check_new,
)
from app.activities.queries.projects import signed_up_counts
from app.activities.rules import FARTHEST, falls_on
from app.activities.rules.series import Series, check_series
from app.clock import today_in
from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import settings_of
from app.teams.models import Team
from app.teams.rules import Actor
from app.trail.operations import note, remember, remembered

SUBJECT = "project"
# What has begun is no longer the series' to change.
TO_COME = ("draft", "published")


class PeopleSignedUp(RuleBroken):
    """Nothing that people count on goes without somebody having said so."""

    code = "people_signed_up"
    message = N_(
        "%(people)s people are signed up on %(dates)s. Say whether these activities stay or are"
        " cancelled."
    )


class ProjectOver(RuleBroken):
    code = "project_over"
    message = N_("This recurring service has ended already.")


class FromThePast(RuleBroken):
    code = "bad_date"
    message = N_("A change counts from %(today)s on at the earliest.")


class _Held(NamedTuple):
    project: Project
    team: Team
    today: date


def create_project(
    session: Session, team_id: int, series: Series, *, actor: Actor, now: datetime, key: str
) -> int:
    """Begin a recurring service and make its first activities."""
    content = {"operation": "create_project", "team_id": team_id, "series": _listed(series)}
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["project_id"])
    team = own_team(session, team_id, actor)
    today = _today(session, team, now)
    project = _new(session, team, series, today, actor=actor, now=now)
    _note(session, "create", project, team, actor, now, after=_said(series))
    make_ahead(session, project, team, today=today, actor_id=actor.login_id, now=now)
    remember(session, actor.login_id, key, content, {"project_id": project.id}, now)
    return project.id


def change_project(
    session: Session,
    project_id: int,
    series: Series,
    *,
    cancels: bool | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> int:
    """Let a recurring service be another from a date on; return the project that goes on.

    The old one ends the day before. Activities made ahead on dates that stay take the new plan,
    and whoever signed up is told; `cancels` says what becomes of the others with sign-ups.
    """
    held = _hold(session, project_id, actor, now)
    old, team, today = held
    from_on = series.plan.service_on
    if from_on < today:
        raise FromThePast(today=today)
    new = _new(session, team, series, today, actor=actor, now=now)
    later = _to_come(session, old, from_on)
    kept = set(
        falls_on(
            weekday=series.weekday,
            every_weeks=series.every_weeks,
            from_on=from_on,
            until_on=series.until_on,
            first=from_on,
            last=max((each.service_on for each in later), default=from_on),
        )
    )
    staying = [each for each in later if each.service_on in kept]
    _cancel(session, [each for each in later if each not in staying], cancels, reason, actor, now)
    _end(old, max(from_on - timedelta(days=1), old.from_on), now)
    for activity in staying:
        activity.project_id = new.id
        plan = series.plan._replace(service_on=activity.service_on)
        change_activity(session, activity.id, plan, version=activity.version, actor=actor, now=now)
    session.flush()
    after = {**_said(series), "project": new.id}
    _note(session, "change", old, team, actor, now, before=_stands(old), after=after)
    make_ahead(session, new, team, today=today, actor_id=actor.login_id, now=now)
    return new.id


def end_project(
    session: Session,
    project_id: int,
    last_on: date,
    *,
    cancels: bool | None = None,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """End a recurring service with a last day; `cancels`: see `change_project`."""
    project, team, today = _hold(session, project_id, actor, now)
    if last_on < today - timedelta(days=1):
        raise FromThePast(today=today)
    last_on = min(last_on, today + FARTHEST)
    later = _to_come(session, project, last_on + timedelta(days=1))
    _cancel(session, later, cancels, reason, actor, now)
    before = _stands(project)
    project.until_on = max(last_on, project.from_on)
    if last_on <= today:
        project.ended_at = now
    session.flush()
    _note(session, "end", project, team, actor, now, before=before, after=_stands(project))


def _hold(session: Session, project_id: int, actor: Actor, now: datetime) -> _Held:
    project = session.scalar(
        select(Project)
        .where(Project.id == project_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    team = session.get_one(Team, project.team_id) if project is not None else None
    if project is None or team is None or not runs(actor, team):
        raise NotFound
    if project.ended_at is not None:
        raise ProjectOver
    return _Held(project, team, _today(session, team, now))


def _new(
    session: Session, team: Team, series: Series, today: date, *, actor: Actor, now: datetime
) -> Project:
    check_series(series, today=today)
    check_new(session, series.plan, team, now)
    plan = series.plan._asdict()
    from_on = plan.pop("service_on")
    project = Project(
        team_id=team.id,
        from_on=from_on,
        weekday=series.weekday,
        every_weeks=series.every_weeks,
        until_on=series.until_on,
        skips_holidays=series.skips_holidays,
        made_by_id=actor.login_id,
        made_at=now,
        **plan,
    )
    session.add(project)
    session.flush()
    return project


def _to_come(session: Session, project: Project, from_on: date) -> list[Activity]:
    query = (
        select(Activity)
        .where(
            Activity.project_id == project.id,
            Activity.service_on >= from_on,
            Activity.state.in_(TO_COME),
        )
        .order_by(Activity.service_on)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def _cancel(
    session: Session,
    activities: Iterable[Activity],
    cancels: bool | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Cancel what nobody signed up for, and the rest as somebody decided."""
    going = list(activities)
    people = signed_up_counts(session, [each.id for each in going])
    if people and cancels is None:
        dates = [each.service_on for each in going if each.id in people]
        raise PeopleSignedUp(people=sum(people.values()), dates=dates)
    for activity in going:
        is_unread = activity.id not in people
        if cancels or is_unread:
            cancel_activity(
                session, activity.id, reason=reason, actor=actor, now=now, is_unread=is_unread
            )


def _end(project: Project, last_on: date, now: datetime) -> None:
    project.until_on, project.ended_at = last_on, now


def _today(session: Session, team: Team, now: datetime) -> date:
    return today_in(settings_of(session, team.organisation_id).time_zone, now)


def _listed(series: Series) -> list[Any]:
    return [list(series.plan), *series[1:]]


def _said(series: Series) -> dict[str, Any]:
    """Return of a series what the trail tells: long texts stand with the project."""
    told: tuple[str, ...] = ("title", "service_on", "starts_minute", "minutes", "places")
    return {
        **{name: getattr(series.plan, name) for name in told},
        **{name: value for name, value in series._asdict().items() if name != "plan"},
    }


def _stands(project: Project) -> dict[str, Any]:
    return {"title": project.title, "from_on": project.from_on, "until_on": project.until_on}


def _note(
    session: Session,
    operation: str,
    project: Project,
    team: Team,
    actor: Actor,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any],
) -> None:
    note(
        session,
        operation=f"project.{operation}",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=project.id,
        organisation_id=team.organisation_id,
        before=before,
        after=after,
    )


def series_of(project: Project) -> Series:
    """Return what a project says, as it stands."""
    return Series(
        plan_of_project(project, project.from_on),
        project.weekday,
        project.every_weeks,
        project.until_on,
        project.skips_holidays,
    )
