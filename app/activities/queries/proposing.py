"""What Qicai proposes for a team's service day, from how it was last month."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from app.activities.models import Activity, CheckIn, SignUp
from app.activities.queries.leading import Listed, active_id, listed_on
from app.activities.rules import LONGEST_TITLE, Plan
from app.activities.rules.service_days import (
    coming_service_day,
    extra_days,
    usual_hours,
)
from app.bulk import day_of, fetch
from app.clock import today_in
from app.organisations.queries import Inherited, inherited_by, inherited_by_many
from app.people.models import Volunteer
from app.people.queries.pauses import is_dormant
from app.teams.queries import TeamRow, members_on

HELD = ("published", "under_way", "closed")
# How far back an earlier service day may lie to be the pattern of the next.
LOOKED_BACK = timedelta(days=100)
# Those whose hours the closing recorded, guests and whoever came unannounced among them. Records
# stand above activities, which is why they are read by their table and not by their package.
_SERVED = """
SELECT DISTINCT volunteer_id FROM service_records
WHERE activity_id = ? AND state IN ('submitted', 'approved')
"""

_LOGGED = """
SELECT volunteer_id, service_on, content, place, starts_minute FROM service_records
WHERE team_id = ? AND state IN ('submitted', 'approved') AND service_on = (
  SELECT max(service_on) FROM service_records
  WHERE team_id = ? AND is_service_day AND service_on < ? AND service_on >= ?
    AND state IN ('submitted', 'approved'))
ORDER BY id
"""


class Expected(NamedTuple):
    """Somebody who may come: whether they came last time decides the tick."""

    volunteer_id: int
    name: str
    number: str | None
    name_keys: str
    came_last_time: bool


class Pattern(NamedTuple):
    """What a proposal is taken from: the plan, of which date, and who came then."""

    plan: Plan
    like_on: date | None
    came: set[int]


class Proposal(NamedTuple):
    """A team's next service day as Qicai would make it."""

    service_on: date
    plan: Plan
    # From which date the plan was taken; None: from what is set.
    like_on: date | None
    expected: list[Expected]
    extra: list[date]
    # What the team has on that date already.
    there: list[Listed]


class TeamDay(NamedTuple):
    """A team and what it has on its coming service day."""

    team: TeamRow
    service_on: date
    there: list[Listed]


def proposal_for(session: Session, team: TeamRow, now: datetime) -> Proposal:
    """Return the proposal for a team's coming service day."""
    inherited = inherited_by(session, team.organisation_id)
    today = today_in(inherited.settings.time_zone, now)
    on = _coming(inherited, today)
    pattern = _pattern(session, team, on, inherited)
    return Proposal(
        on,
        pattern.plan,
        pattern.like_on,
        _expected(session, team.id, on, pattern.came),
        extra_days(on, today, service_month=inherited.settings.service_month),
        listed_on(session, {team.id: on})[team.id],
    )


def plan_for(session: Session, team: TeamRow, inherited: Inherited, now: datetime) -> Plan:
    """Return only the plan that would be proposed for a team."""
    on = _coming(inherited, today_in(inherited.settings.time_zone, now))
    return _pattern(session, team, on, inherited).plan


def team_days(session: Session, teams: Sequence[TeamRow], now: datetime) -> list[TeamDay]:
    """Return for each team its coming service day and what it has on it."""
    inherited = inherited_by_many(session, {team.organisation_id for team in teams})
    days = {
        team.id: _coming(each, today_in(each.settings.time_zone, now))
        for team in teams
        for each in (inherited[team.organisation_id],)
    }
    there = listed_on(session, days)
    return [TeamDay(team, days[team.id], there[team.id]) for team in teams]


def _coming(inherited: Inherited, today: date) -> date:
    return coming_service_day(
        today,
        service_day=inherited.settings.service_day,
        substitutes=inherited.substitutes,
    )


def _pattern(session: Session, team: TeamRow, on: date, inherited: Inherited) -> Pattern:
    """Return how it was last time: by its activity, else by what was logged, else as is usual."""
    last = _last_service_day(session, team.id, on, inherited)
    if last is not None:
        return Pattern(_like(session, last, on), last.service_on, _came(session, last.id))
    usual = _usual(team, on, inherited)
    logged = fetch(session, _LOGGED, team.id, team.id, on, on - LOOKED_BACK)
    if not logged:
        return Pattern(usual, None, set())
    _who, like_on, content, place, starts_minute = logged[0]
    plan = usual._replace(
        title=(content or usual.title)[:LONGEST_TITLE],
        place=place or usual.place,
        starts_minute=usual.starts_minute if starts_minute is None else starts_minute,
    )
    return Pattern(plan, day_of(like_on), {int(row[0]) for row in logged})


def _last_service_day(
    session: Session, team_id: int, before: date, inherited: Inherited
) -> Activity | None:
    """Return the team's latest activity on a service day that was held, or is to be."""
    rows = session.scalars(
        select(Activity)
        .where(
            Activity.team_id == team_id,
            Activity.state.in_(HELD),
            Activity.service_on < before,
            Activity.service_on >= before - LOOKED_BACK,
        )
        .order_by(Activity.service_on.desc(), Activity.id.desc())
    )
    service_day = inherited.settings.service_day
    substitutes = set(inherited.substitutes.values())
    for row in rows:
        if row.service_on.day == service_day or row.service_on in substitutes:
            return row
    return None


def _like(session: Session, last: Activity, on: date) -> Plan:
    plan = Plan(*(getattr(last, name) for name in Plan._fields))
    in_charge_id = active_id(session, plan.in_charge_id)
    return plan._replace(service_on=on, in_charge_id=in_charge_id)


def _usual(team: TeamRow, on: date, inherited: Inherited) -> Plan:
    starts, minutes = usual_hours(inherited.settings.service_day_hours)
    place = inherited.settings.service_day_place
    return Plan(team.name, on, starts, minutes, place=place)


def _expected(session: Session, team_id: int, on: date, came: set[int]) -> list[Expected]:
    """Return the members, then others who came last time; who came is ticked."""
    belonging = [one for one in members_on(session, team_id, on) if one.state == "active"]
    members = [one for one in belonging if not one.is_dormant]
    known = {one.volunteer_id for one in belonging}
    found = [
        Expected(one.volunteer_id, one.name, one.number, one.name_keys, one.volunteer_id in came)
        for one in members
    ]
    return found + _others(session, came - known, on)


def _came(session: Session, activity_id: int) -> set[int]:
    """Return who had a place, was there, or got hours."""
    placed = select(SignUp.volunteer_id).where(
        SignUp.activity_id == activity_id, SignUp.state == "placed"
    )
    there = select(CheckIn.volunteer_id).where(CheckIn.activity_id == activity_id)
    served = {int(row[0]) for row in fetch(session, _SERVED, activity_id)}
    return served | set(session.scalars(union(placed, there)))


def _others(session: Session, volunteer_ids: Collection[int], on: date) -> list[Expected]:
    if not volunteer_ids:
        return []
    rows = session.execute(
        select(Volunteer.id, Volunteer.name, Volunteer.number, Volunteer.name_keys)
        .where(
            Volunteer.id.in_(volunteer_ids),
            Volunteer.state == "active",
            ~is_dormant(Volunteer.id, on),
        )
        .order_by(Volunteer.name_keys, Volunteer.id)
    )
    return [Expected(*row, came_last_time=True) for row in rows]
