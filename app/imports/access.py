"""Whose files and batches somebody may see: what lies outside answers 404."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy.orm import Session

from app.imports.lists import UploadLine, find_reached_batch, find_upload
from app.imports.queries import reach_of
from app.imports.rules.columns import Kind
from app.service.queries import BatchRow
from app.teams.queries import TeamRow, teams_by_ids
from app.teams.rules import Actor
from app.web.policy import not_found


class Place(NamedTuple):
    """Where a new file belongs, and which kinds of sheets its uploader may bring."""

    organisation_id: int
    team: TeamRow | None
    kinds: tuple[Kind, ...]


def may_reach(actor: Actor, organisation_id: int, team_id: int | None, actor_id: int) -> bool:
    """Tell whether somebody may see and import a file: above it, or the leader who brought it."""
    if organisation_id in actor.organises:
        return True
    return team_id is not None and team_id in actor.leads and actor_id == actor.login_id


def place_for(session: Session, actor: Actor) -> Place:
    """Return where the actor's next file belongs."""
    if actor.organises:
        return Place(min(_tops(session, actor)), None, ("service", "roster", "signin", "opening"))
    teams = [team for team in teams_by_ids(session, actor.leads) if team.retired_on is None]
    if not teams:
        not_found()
    return Place(teams[0].organisation_id, teams[0], ("service", "signin"))


def reached_upload(session: Session, actor: Actor, upload_id: int) -> UploadLine:
    """Return a file the actor may work on."""
    found = find_upload(session, upload_id)
    if found is None or found.state == "dropped":
        not_found()
    if not may_reach(actor, found.organisation_id, found.team_id, found.actor_id):
        not_found()
    return found


def reached_batch(session: Session, actor: Actor, batch_id: int) -> BatchRow:
    """Return an imported batch: below what somebody organises, or of the team they lead."""
    return find_reached_batch(session, actor, batch_id) or not_found()


def _tops(session: Session, actor: Actor) -> list[int]:
    return reach_of(session, actor).tops() or sorted(actor.organises)
