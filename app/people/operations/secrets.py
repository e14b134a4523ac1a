"""The one secret of a login: a password, or for a volunteer without roles a six-digit PIN."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.people.models import Login
from app.people.queries import needs_password
from app.people.rules.pins import PinForVolunteersOnly


def keep_secret(
    session: Session, login: Login, password_hash: str, *, is_pin: bool, now: datetime, today: date
) -> None:
    """Keep the hash of a new secret with a login that is held; no PIN where roles are."""
    if is_pin and needs_password(session, login.id, today):
        raise PinForVolunteersOnly
    login.password_hash = password_hash
    login.pin_set_at = now if is_pin else None
    session.flush()
