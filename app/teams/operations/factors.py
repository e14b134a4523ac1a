"""Reset the second factor of somebody who lost phone and recovery codes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.people.models import Login
from app.people.operations import reset_factor
from app.people.rules.second_factor import FactorGone
from app.teams.queries import standing_of
from app.teams.rules import Actor, OwnFactorReset, factor_refusal


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


def reset_factor_of_account(
    session: Session, login_id: int, *, actor: Actor, reason: str, now: datetime
) -> None:
    """Take away the second factor of an account that is no volunteer's, as an administrator."""
    login = account_of_desk(session, login_id, actor=actor)
    reset_factor(session, login.id, actor_id=actor.login_id, reason=reason, now=now)


def account_of_desk(session: Session, login_id: int, *, actor: Actor) -> Login:
    """Return another's account that is no volunteer's; a volunteer's is found by the person."""
    login = session.get(Login, login_id)
    if not actor.is_admin or login is None or login.volunteer_id is not None:
        raise NotFound
    if login.id == actor.login_id:
        raise OwnFactorReset
    return login
