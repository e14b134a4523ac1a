"""Hold an activity while it changes: who may, in which version, and what the trail says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.activities.rules import begins_at, ends_at
from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import settings_of
from app.organisations.rules import Settings
from app.teams.models import Team
from app.teams.rules import Actor
from app.trail.operations import note

SUBJECT = "activity"


class ChangedMeanwhile(RuleBroken):
    """The page shows an older version than the one that stands."""

    code = "changed_meanwhile"
    message = N_("Somebody changed this activity meanwhile; look at it again before you save.")


class Held(NamedTuple):
    """An activity locked until the commit, its team as it stands, and what is set there."""

    activity: Activity
    team: Team
    settings: Settings

    @property
    def begins_at(self) -> datetime:
        """The planned beginning, in UTC."""
        activity = self.activity
        return begins_at(activity.service_on, activity.starts_minute, self.settings.time_zone)

    @property
    def ends_at(self) -> datetime:
        """The planned end, in UTC."""
        activity = self.activity
        zone = self.settings.time_zone
        return ends_at(activity.service_on, activity.starts_minute, activity.minutes, zone)


def hold(session: Session, activity_id: int, *, beside_others: bool = False) -> Held:
    """Lock an activity: its places, its people and its state are decided one after the other.

    `beside_others`: only against such decisions, for what many people do at the same time.
    """
    activity = session.scalar(
        select(Activity)
        .where(Activity.id == activity_id)
        .with_for_update(read=beside_others)
        .execution_options(populate_existing=True)
    )
    if activity is None:
        raise NotFound
    team = session.get_one(Team, activity.team_id)
    return Held(activity, team, settings_of(session, team.organisation_id))


def hold_own(session: Session, activity_id: int, actor: Actor) -> Held:
    """Lock an activity that the actor runs; out of reach it does not exist."""
    held = hold(session, activity_id)
    if not runs(actor, held.team):
        raise NotFound
    return held


def runs(actor: Actor, team: Team) -> bool:
    """Tell whether somebody runs a team's activities: its leader, an organiser above it."""
    return team.id in actor.leads or team.organisation_id in actor.organises


def own_team(session: Session, team_id: int, actor: Actor) -> Team:
    """Return a team whose activities the actor runs, or refuse as if there were none."""
    team = session.get(Team, team_id)
    if team is None or not runs(actor, team):
        raise NotFound
    return team


def check_version(activity: Activity, version: int) -> None:
    """Refuse a change that was made to an older version."""
    if activity.version != version:
        raise ChangedMeanwhile


def note_change(
    session: Session,
    operation: str,
    activity: Activity,
    team: Team,
    *,
    actor: Actor,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    on_behalf_of_id: int | None = None,
) -> None:
    """Write the trail row of one change."""
    note(
        session,
        operation=f"activity.{operation}",
        actor_id=actor.login_id,
        at=now,
        subject_kind=SUBJECT,
        subject_id=activity.id,
        organisation_id=team.organisation_id,
        on_behalf_of_id=on_behalf_of_id,
        before=before,
        after=after,
        reason=reason,
    )
