"""Whose redemptions somebody sees, and where the code of one leads whoever scanned it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.clock import today_in
from app.errors import NotAllowed, NotFound
from app.organisations.queries import settings_of
from app.rewards.operations.reaching import check_serves
from app.rewards.queries.own import Redemption, Ticket, find_redemption
from app.teams.rules import Actor
from app.web.policy import not_found


def own_redemption(session: Session, actor: Actor, redemption_id: int) -> Redemption:
    """Return a redemption of one's own, or of somebody one acts for; else 404."""
    found = find_redemption(session, redemption_id)
    return found if found is not None and actor.benefits(found.volunteer_id) else not_found()


def hands_over(session: Session, actor: Actor, ticket: Ticket, now: datetime) -> bool:
    """Tell whether somebody's desk serves the person of a ticket."""
    today = today_in(settings_of(session, ticket.organisation_id).time_zone, now)
    try:
        check_serves(session, actor, ticket.volunteer_id, ticket.organisation_id, today)
    except (NotAllowed, NotFound):
        return False
    return True
