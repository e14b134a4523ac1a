"""Make the service days that Qicai proposed and somebody agreed to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.activities.models import Activity
from app.activities.operations.holding import note_change, runs
from app.activities.operations.making import check_new, new_activity
from app.activities.operations.signing_many import Left, sign_up_expected
from app.activities.queries.proposing import plan_for
from app.activities.rules import Plan
from app.errors import NotFound
from app.organisations.queries import inherited_by_many
from app.teams.models import Team
from app.teams.queries import TeamRow, teams_by_ids
from app.teams.rules import Actor


class Proposed(NamedTuple):
    """What came of a proposal: nothing is made twice for a date."""

    made: dict[date, int]
    there_already: list[date]
    left_out: list[Left]


def propose(
    session: Session,
    team_id: int,
    plan: Plan,
    dates: Sequence[date],
    *,
    expected: Collection[int] = (),
    publish: bool,
    actor: Actor,
    now: datetime,
) -> Proposed:
    """Make a team's service day, and extra days like it; announced, those expected have a place.

    A date on which the team has something already is left as it is, so it may be sent twice.
    """
    # Locked: two taps, or leader and organiser at the same moment, make one.
    team = session.scalar(select(Team).where(Team.id == team_id).with_for_update())
    if team is None or not runs(actor, team):
        raise NotFound
    taken = _taken(session, team_id, dates)
    made: dict[date, int] = {}
    for on in dict.fromkeys(dates):
        if on not in taken:
            wanted = plan._replace(service_on=on)
            made[on] = _make(session, team, wanted, publish=publish, actor=actor, now=now)
    main = made.get(plan.service_on)
    left: list[Left] = []
    if main and publish:
        left = sign_up_expected(session, main, expected, actor=actor, now=now)
    return Proposed(made, sorted(taken), left)


def propose_missing(
    session: Session, team_ids: Iterable[int], *, actor: Actor, now: datetime
) -> int:
    """Write down drafts for teams that have nothing on their coming service day; return how many.

    Every one of them is a draft: its leader looks at it and announces it.
    """
    teams = teams_by_ids(session, set(team_ids))
    if any(not _runs_row(actor, team) for team in teams):
        raise NotFound
    inherited = inherited_by_many(session, {team.organisation_id for team in teams})
    count = 0
    for team in teams:
        plan = plan_for(session, team, inherited[team.organisation_id], now)
        done = propose(
            session, team.id, plan, [plan.service_on], publish=False, actor=actor, now=now
        )
        count += len(done.made)
    return count


def _runs_row(actor: Actor, team: TeamRow) -> bool:
    return team.id in actor.leads or team.organisation_id in actor.organises


def _taken(session: Session, team_id: int, dates: Collection[date]) -> set[date]:
    query = select(Activity.service_on).where(
        Activity.team_id == team_id,
        Activity.service_on.in_(set(dates)),
        Activity.state != "cancelled",
    )
    return set(session.scalars(query))


def _make(
    session: Session, team: Team, plan: Plan, *, publish: bool, actor: Actor, now: datetime
) -> int:
    check_new(session, plan, team, now)
    activity = new_activity(team, plan, actor_id=actor.login_id, now=now, is_proposed=True)
    if publish:
        activity.state, activity.published_at = "published", now
    session.add(activity)
    session.flush()
    after = {"title": plan.title, "service_on": plan.service_on, "state": activity.state}
    note_change(session, "propose", activity, team, actor=actor, now=now, after=after)
    return activity.id
