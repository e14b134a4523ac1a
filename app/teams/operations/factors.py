"""Reset the second factor of somebody who lost phone and recovery codes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.people.operations import reset_factor
from app.people.rules.second_factor import FactorGone
from app.teams.queries import standing_of
from app.teams.rules import Actor, factor_refusal


def reset_factor_of(
    session: Session,
    volunteer_id: int,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
    today: date,
) -> None:
    """Take a volunteer's second factor away; they are told at the next sign-in."""
    standing = standing_of(session, volunteer_id, today)
    if refusal := factor_refusal(actor, standing):
        raise refusal
    if standing.login_id is None:
        raise FactorGone
    reset_factor(session, standing.login_id, actor_id=actor.login_id, reason=reason, now=now)
