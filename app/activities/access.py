"""Whose activities somebody runs: whatever lies outside answers 404."""

from __future__ import annotations

from typing import NamedTuple

from app.activities.models import Activity, Project
from app.db import db
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
