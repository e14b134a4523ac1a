"""Whom the desk serves: members of a leader's teams, or whoever stands below an organiser."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.errors import N_, NotAllowed, NotFound
from app.teams.rules import Actor

_TEAMS_ON = (
    "SELECT team_id FROM memberships WHERE volunteer_id = ? AND from_on <= ? "
    "AND (until_on IS NULL OR until_on >= ?)"
)


class OwnRedemption(NotAllowed):
    """Nobody serves themselves, or somebody they act for, at the desk."""

    code = "own_redemption"
    message = N_("Nobody hands over to themselves, or to someone they act for.")


class OthersTeam(NotAllowed):
    """A leader hands over to members of the own teams."""

    code = "others_team"
    message = N_(
        "This belongs to somebody outside your teams; their leader or an organiser hands it over."
    )


def check_serves(
    session: Session, actor: Actor, volunteer_id: int, organisation_id: int, today: date
) -> None:
    """Refuse a desk that may not serve this person from this organisation's shelf."""
    if actor.benefits(volunteer_id):
        raise OwnRedemption
    if organisation_id in actor.organises:
        return
    if not actor.leads:
        raise NotFound
    teams = {row[0] for row in fetch(session, _TEAMS_ON, volunteer_id, today, today)}
    if not teams & actor.leads:
        raise OthersTeam
