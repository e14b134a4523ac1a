"""Which activities somebody sees or runs, and who signs up: what lies outside answers 404."""

from __future__ import annotations

from typing import NamedTuple

from app.activities.models import Activity, Project
from app.activities.operations import runs
from app.activities.queries import Shown, find_shown
from app.bulk import fetch
from app.db import db
from app.organisations.queries import asking_above, lines_above
from app.people.models import Volunteer
from app.people.queries import find_volunteer
from app.teams.models import Team
from app.teams.queries import TeamRow, get_team, team_by_code
from app.teams.rules import Actor
from app.web.policy import not_found

# Ids are 64 bits on one engine and no more on the other.
MOST_DIGITS = 18


class Run(NamedTuple):
    """An activity somebody runs, with its team."""

    activity: Activity
    team: TeamRow


class RunProject(NamedTuple):
    """A recurring service somebody runs, with its team."""

    project: Project
    team: TeamRow


def runs_team(actor: Actor, team: TeamRow) -> bool:
    """Tell whether somebody runs a team's activities: its leader, an organiser above it."""
    return team.id in actor.leads or team.organisation_id in actor.organises


def run_team(actor: Actor, code: str) -> TeamRow:
    """Return a team whose activities somebody runs, or answer 404."""
    team = team_by_code(db.session(), code)
    return team if team is not None and runs_team(actor, team) else not_found()


def run_activity(actor: Actor, activity_id: int) -> Run:
    """Return an activity somebody runs, or answer 404."""
    found = db.session().get(Activity, activity_id) if fits(activity_id) else None
    if found is None:
        not_found()
    team = get_team(db.session(), found.team_id)
    return Run(found, team) if runs_team(actor, team) else not_found()


def run_project(actor: Actor, project_id: int) -> RunProject:
    """Return a recurring service somebody runs, or answer 404."""
    found = db.session().get(Project, project_id) if fits(project_id) else None
    if found is None:
        not_found()
    team = get_team(db.session(), found.team_id)
    return RunProject(found, team) if runs_team(actor, team) else not_found()


def fits(row_id: int) -> bool:
    """Tell whether an id of an address may be anybody's at all."""
    return len(str(row_id)) <= MOST_DIGITS


def seen_activity(actor: Actor | None, activity_id: int) -> Shown:
    """Return an activity that was announced, or a draft to who runs its team; else 404."""
    shown = find_shown(db.session(), activity_id) if fits(activity_id) else None
    if shown is None:
        not_found()
    activity = shown.activity
    was_dropped = activity.state == "cancelled" and activity.published_at is None
    if (activity.state == "draft" or was_dropped) and not runs_it(actor, shown):
        not_found()
    return shown


def runs_it(actor: Actor | None, shown: Shown) -> bool:
    """Tell whether somebody runs the team of an activity."""
    return actor is not None and runs(actor, db.session().get_one(Team, shown.activity.team_id))


def signing_up(actor: Actor | None, shown: Shown) -> Volunteer | None:
    """Return who would sign up here: oneself or a ward, of the team's own community; or None."""
    person_id = actor.own_id if actor else None
    person = find_volunteer(db.session(), person_id) if person_id else None
    if person is None or person.state != "active":
        return None
    homes = {person.organisation_id, shown.organisation_id}
    lines = lines_above(fetch(db.session(), *asking_above(homes)))
    return person if len({lines[home][-1] for home in homes}) == 1 else None
