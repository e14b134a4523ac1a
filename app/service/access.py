"""Whose day somebody may log, whose record they may see: whatever lies outside answers 404."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ScalarSelect
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.db import db
from app.notices.access import inbox_of
from app.notices.queries import counting_unread
from app.service.operations.lines import EntersAs
from app.service.queries import (
    BatchRow,
    RecordRow,
    badges_for,
    find_batch,
    find_record,
)
from app.teams.access import today
from app.teams.queries import TeamRow, get_team, team_by_code, teams_by_ids, teams_in
from app.teams.rules import Actor
from app.web.edge import Counts
from app.web.policy import not_found


class Entry(NamedTuple):
    """A team whose day somebody may log, and as what."""

    team: TeamRow
    enters_as: EntersAs


class Seen(NamedTuple):
    """A record somebody may see, and how near they are to it."""

    record: RecordRow
    is_own: bool
    leads: bool
    organises: bool

    @property
    def may_change(self) -> bool:
        """Tell whether they lead its team or organise above it."""
        return self.leads or self.organises


def teams_to_log(session: Session, actor: Actor) -> list[TeamRow]:
    """Return the teams somebody leads, then the others they organise."""
    led = teams_by_ids(session, actor.leads) if actor.leads else []
    organised = teams_in(session, actor.organises) if actor.organises else []
    others = [team for team in organised if team.id not in actor.leads]
    return led + [team for team in others if team.retired_on is None]


def team_to_log(session: Session, actor: Actor, code: str) -> Entry:
    """Return the team of a code when its day is the actor's to log."""
    team = team_by_code(session, code)
    return _entry(actor, team) if team else not_found()


def logged_day(session: Session, actor: Actor, batch_id: int) -> tuple[BatchRow, Entry]:
    """Return a logged day of a team the actor leads or organises."""
    batch = find_batch(session, batch_id)
    if batch is None or batch.kind != "day" or batch.team_id is None:
        not_found()
    return batch, _entry(actor, get_team(session, batch.team_id))


def activity_to_close(session: Session, actor: Actor, activity_id: int) -> tuple[Activity, Entry]:
    """Return an activity of a team the actor leads or organises."""
    activity = session.get(Activity, activity_id)
    if activity is None:
        not_found()
    return activity, _entry(actor, get_team(session, activity.team_id))


def _entry(actor: Actor, team: TeamRow) -> Entry:
    # An organiser above the team is bound by less, and leading it takes nothing away.
    if team.organisation_id in actor.organises:
        return Entry(team, "organiser")
    return Entry(team, "leader") if team.id in actor.leads else not_found()


def seen_record(session: Session, actor: Actor, record_id: int) -> Seen:
    """Return a record: one's own, of a team one leads, or below what one organises or audits."""
    record = find_record(session, record_id)
    if record is None:
        not_found()
    team = get_team(session, record.team_id)
    seen = Seen(
        record,
        is_own=actor.benefits(record.volunteer_id),
        leads=team.id in actor.leads,
        organises=team.organisation_id in actor.organises,
    )
    may_see = seen.is_own or seen.may_change or team.organisation_id in actor.audits
    return seen if may_see else not_found()


def changeable_record(session: Session, actor: Actor, record_id: int) -> Seen:
    """Return a record of a team the actor leads or organises, whatever its state."""
    seen = seen_record(session, actor, record_id)
    return seen if seen.may_change else not_found()


def count_waiting(actor: Actor, disputes: ScalarSelect[int]) -> Counts:
    """Return what waits for this person and what they have not read, asked in one statement.

    `disputes` counts those, which stand in a package above.
    """
    unread = counting_unread(inbox_of(actor))
    return Counts(*badges_for(db.session(), actor, today(), unread, disputes))
