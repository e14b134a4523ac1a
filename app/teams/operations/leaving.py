"""End every membership of somebody who leaves."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.teams.models import Membership, Team
from app.teams.queries.spans import not_over
from app.teams.rules import day_before


def end_all_memberships(session: Session, volunteer_id: int, from_on: date) -> list[str]:
    """End somebody's memberships with the day before; return the codes of the teams.

    One that began on that day or later ends on the day it began.
    """
    rows = (
        select(Membership, Team.code)
        .join(Team, Team.id == Membership.team_id)
        .where(Membership.volunteer_id == volunteer_id, not_over(Membership, from_on))
        .order_by(Membership.id)
    )
    ended: list[str] = []
    for membership, code in session.execute(rows):
        membership.until_on = max(day_before(from_on), membership.from_on)
        ended.append(code)
    session.flush()
    return ended
