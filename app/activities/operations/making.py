"""Write an activity down, change its plan, announce it, begin it, cancel it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.activities.operations.holding import (
    Held,
    check_version,
    hold_own,
    note_change,
    own_team,
)
from app.activities.operations.promoting import promote
from app.activities.operations.telling import tell_cancelled, tell_changed
from app.activities.rules import (
    Plan,
    check_move,
    check_open,
    check_plan,
    new_secret,
    refused_at,
)
from app.clock import today_in
from app.errors import N_, RuleBroken
from app.organisations.queries import root_id_of, settings_of
from app.people.models import Volunteer
from app.teams.models import Team
from app.teams.rules import Actor
from app.trail.operations import remember, remembered

# What of a plan whoever signed up is told about when it changes.
TOLD = ("service_on", "starts_minute", "minutes", "place", "bring", "title")


class CancelReasonMissing(RuleBroken):
    code = "reason_missing"
    message = N_("Say why in a few words; everybody who signed up reads it.")


class NobodyInCharge(RuleBroken):
    code = "unknown_volunteer"
    message = N_("The person in charge is a volunteer of this community.")


class DateTaken(RuleBroken):
    code = "bad_date"
    message = N_("There is one of these on %(service_on)s already.")


class TeamOver(RuleBroken):
    code = "unknown_team"
    message = N_("The team %(team)s does not exist on %(service_on)s any more.")


def create_activity(
    session: Session,
    team_id: int,
    plan: Plan,
    *,
    actor: Actor,
    now: datetime,
    key: str | None = None,
    publish: bool = False,
) -> int:
    """Write down an activity of a team as a draft, or announce it in the same step."""
    content = {
        "operation": "create_activity",
        "team_id": team_id,
        "plan": list(plan),
        "publish": publish,
    }
    before = remembered(session, actor.login_id, key, content) if key else None
    if before is not None:
        return int(before["activity_id"])
    team = own_team(session, team_id, actor)
    check_new(session, plan, team, now)
    activity = new_activity(team, plan, actor_id=actor.login_id, now=now)
    if publish:
        activity.state, activity.published_at = "published", now
    session.add(activity)
    session.flush()
    after = {**_said(plan), "state": activity.state}
    note_change(session, "create", activity, team, actor=actor, now=now, after=after)
    if key:
        result = {"activity_id": activity.id}
        remember(session, actor.login_id, key, content, result, now)
    return activity.id


def new_activity(
    team: Team,
    plan: Plan,
    *,
    actor_id: int,
    now: datetime,
    project_id: int | None = None,
    is_proposed: bool = False,
) -> Activity:
    """Return a draft of a team; its plan has been checked."""
    return Activity(
        team_id=team.id,
        **plan._asdict(),
        project_id=project_id,
        is_proposed=is_proposed,
        screen_secret=new_secret(),
        paper_secret=new_secret(),
        made_by_id=actor_id,
        made_at=now,
    )


def change_activity(
    session: Session, activity_id: int, plan: Plan, *, version: int, actor: Actor, now: datetime
) -> None:
    """Change a plan; whoever signed up is told what they have to know.

    More places let those who wait move up. What began keeps its date and times.
    """
    held = hold_own(session, activity_id, actor)
    activity, team, _settings = held
    check_version(activity, version)
    if activity.state not in ("draft", "published", "under_way"):
        raise refused_at(activity.state)
    check_new(session, plan, team, now, taken=activity.taken)
    old = plan_of(activity)
    if old == plan:
        return
    if activity.state == "under_way" and _when(old) != _when(plan):
        raise refused_at(activity.state)
    if old.service_on != plan.service_on:
        _check_date_is_free(session, activity, plan.service_on)
    for name, value in plan._asdict().items():
        setattr(activity, name, value)
    activity.version += 1
    session.flush()
    changed = {name for name in plan._fields if getattr(old, name) != getattr(plan, name)}
    note_change(
        session,
        "change",
        activity,
        team,
        actor=actor,
        now=now,
        before={name: getattr(old, name) for name in sorted(changed)},
        after={name: getattr(plan, name) for name in sorted(changed)},
    )
    if activity.state != "draft" and not changed.isdisjoint(TOLD):
        tell_changed(session, activity, now=now)
    promote(session, held, now=now)


def publish_activity(session: Session, activity_id: int, *, actor: Actor, now: datetime) -> None:
    """Announce a draft: from now on everybody sees it and may sign up."""
    activity, team, settings = hold_own(session, activity_id, actor)
    check_move(activity.state, "published")
    check_plan(plan_of(activity), today=today_in(settings.time_zone, now))
    activity.state, activity.published_at = "published", now
    activity.version += 1
    session.flush()
    note_change(
        session,
        "publish",
        activity,
        team,
        actor=actor,
        now=now,
        before={"state": "draft"},
        after={"state": "published"},
    )


def begin_activity(session: Session, activity_id: int, *, actor: Actor, now: datetime) -> None:
    """Begin an activity by hand; a first check-in does the same."""
    held = hold_own(session, activity_id, actor)
    begin_held(session, held, actor=actor, now=now)


def begin_held(session: Session, held: Held, *, actor: Actor, now: datetime) -> None:
    """Let an activity under lock begin, unless it has."""
    activity, team, _settings = held
    if activity.state == "under_way":
        return
    check_move(activity.state, "under_way")
    was = activity.state
    activity.state = "under_way"
    activity.published_at = activity.published_at or now
    activity.version += 1
    session.flush()
    note_begin(session, activity, team, actor=actor, now=now, was=was)


def note_begin(
    session: Session,
    activity: Activity,
    team: Team,
    *,
    actor: Actor,
    now: datetime,
    was: str = "published",
) -> None:
    """Write the trail row of an activity that began."""
    note_change(
        session,
        "begin",
        activity,
        team,
        actor=actor,
        now=now,
        before={"state": was},
        after={"state": "under_way"},
    )


def cancel_activity(
    session: Session,
    activity_id: int,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    is_unread: bool = False,
) -> None:
    """Cancel an activity with a reason that whoever signed up reads.

    A draft needs none, and neither does what nobody signed up for (`is_unread`).
    """
    activity, team, _settings = hold_own(session, activity_id, actor)
    check_move(activity.state, "cancelled")
    was = activity.state
    if was != "draft" and not is_unread and not reason.strip():
        raise CancelReasonMissing
    activity.state, activity.cancelled_at = "cancelled", now
    activity.cancel_reason = reason.strip() or None
    activity.version += 1
    session.flush()
    note_change(
        session,
        "cancel",
        activity,
        team,
        actor=actor,
        now=now,
        before={"state": was},
        after={"state": "cancelled"},
        reason=activity.cancel_reason,
    )
    if was != "draft":
        tell_cancelled(session, activity, now=now)


def renew_codes(session: Session, activity_id: int, *, actor: Actor, now: datetime) -> None:
    """Make new check-in codes; every one shown or printed before stops at once."""
    activity, team, _settings = hold_own(session, activity_id, actor)
    check_open(activity.state)
    activity.screen_secret, activity.paper_secret = new_secret(), new_secret()
    session.flush()
    note_change(session, "renew_codes", activity, team, actor=actor, now=now)


def plan_of(activity: Activity) -> Plan:
    """Return an activity's plan as it stands."""
    return Plan(*(getattr(activity, name) for name in Plan._fields))


def check_new(session: Session, plan: Plan, team: Team, now: datetime, *, taken: int = 0) -> None:
    """Refuse a plan that cannot be, or that this team cannot have."""
    today = today_in(settings_of(session, team.organisation_id).time_zone, now)
    check_plan(plan, today=today, taken=taken)
    if team.retired_on is not None and team.retired_on <= plan.service_on:
        raise TeamOver(team=team.name, service_on=plan.service_on)
    if plan.in_charge_id is not None:
        _check_in_charge(session, plan.in_charge_id, team)


def _when(plan: Plan) -> tuple[date, int, int]:
    """Return what people who have come were credited by."""
    return plan.service_on, plan.starts_minute, plan.minutes


def _check_date_is_free(session: Session, activity: Activity, on: date) -> None:
    """Refuse a date on which the same recurring service, or service day, has one already."""
    same = [Activity.project_id == activity.project_id] if activity.project_id else []
    if activity.is_proposed:
        proposed = (Activity.is_proposed, Activity.state != "cancelled")
        same.append(and_(Activity.team_id == activity.team_id, *proposed))
    if not same:
        return
    taken = select(Activity.id).where(
        Activity.id != activity.id, Activity.service_on == on, or_(*same)
    )
    if session.scalar(taken.limit(1)) is not None:
        raise DateTaken(service_on=on)


def _check_in_charge(session: Session, volunteer_id: int, team: Team) -> None:
    person = session.get(Volunteer, volunteer_id)
    if person is None or person.state != "active":
        raise NobodyInCharge
    if root_id_of(session, person.organisation_id) != root_id_of(session, team.organisation_id):
        raise NobodyInCharge


def _said(plan: Plan) -> dict[str, Any]:
    """Return of a plan what the trail tells: long texts stand with the activity."""
    told: tuple[str, ...] = ("title", "service_on", "starts_minute", "minutes", "places")
    return {name: getattr(plan, name) for name in told}
