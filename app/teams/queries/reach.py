"""Whose names somebody who leads or organises may read: those of their own people."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.people.models import Volunteer
from app.teams.models import Membership
from app.teams.queries.spans import chunks
from app.teams.rules import Actor


def within_reach(session: Session, actor: Actor, volunteer_ids: Collection[int]) -> set[int]:
    """Return those of them who are the actor's own, of a team they lead or below their desk."""
    found = {one for one in volunteer_ids if actor.benefits(one)}
    of_teams = select(Membership.volunteer_id).where(Membership.team_id.in_(actor.leads))
    near = or_(Volunteer.organisation_id.in_(actor.organises), Volunteer.id.in_(of_teams))
    for chunk in chunks(sorted(set(volunteer_ids) - found)):
        found |= set(session.scalars(select(Volunteer.id).where(Volunteer.id.in_(chunk), near)))
    return found
