"""Hand out activation codes, to accounts that may do no more than the issuer's."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.people.operations import issue_activation_code, login_for
from app.teams.queries import standing_of
from app.teams.rules import Actor, may_issue_code


def issue_code_to(
    session: Session, volunteer_id: int, *, actor: Actor, now: datetime, today: date
) -> str:
    """Return a fresh activation code for a volunteer, whose login is made when missing."""
    may_issue_code(actor, standing_of(session, volunteer_id, today))
    login = login_for(session, volunteer_id, actor_id=actor.login_id, now=now)
    return issue_activation_code(session, login.id, issuer_id=actor.login_id, now=now)
