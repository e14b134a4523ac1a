"""What of somebody's points ends when, as their passbook and their front page say it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.clock import now, today_in
from app.expiry.queries import coming_of
from app.expiry.showing import Ending, endings
from app.organisations.rules import Settings
from app.passbook.queries import Owner


def endings_of(session: Session, owner: Owner, settings: Settings) -> list[Ending]:
    """Return until when somebody's points can be used; nothing is asked where they never expire."""
    found = coming_of(session, owner.id, owner.organisation_id, settings)
    return endings(found, today_in(settings.time_zone, now()))
