"""Let a device act for somebody (亲情代办), and act for oneself again."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.people.models import SignInSession
from app.people.operations.sessions import locked_login
from app.people.queries import acts_for, get_volunteer
from app.trail.operations import note


def begin_acting(
    session: Session,
    session_id: int,
    volunteer_id: int,
    *,
    login_id: int,
    now: datetime,
    today: date,
) -> None:
    """Show on one's own pages somebody else's, for whom one may act today."""
    login, device = locked_login(session, login_id), _device(session, session_id, login_id)
    mine = acts_for(session, login.volunteer_id, today) if login.volunteer_id else []
    if volunteer_id not in mine:
        raise NotFound
    if device.acting_for_id == volunteer_id:
        return
    device.acting_for_id = volunteer_id
    session.flush()
    _note(session, "begin_acting", login_id, volunteer_id, now)


def stop_acting(session: Session, session_id: int, *, login_id: int, now: datetime) -> None:
    """Be oneself again on this device."""
    device = _device(session, session_id, login_id)
    volunteer_id, device.acting_for_id = device.acting_for_id, None
    if volunteer_id is not None:
        session.flush()
        _note(session, "stop_acting", login_id, volunteer_id, now)


def _device(session: Session, session_id: int, login_id: int) -> SignInSession:
    device = session.get(SignInSession, session_id)
    if device is None or device.login_id != login_id or device.revoked_at is not None:
        raise NotFound
    return device


def _note(
    session: Session, operation: str, login_id: int, volunteer_id: int, now: datetime
) -> None:
    note(
        session,
        operation=operation,
        actor_id=login_id,
        at=now,
        subject_kind="volunteer",
        subject_id=volunteer_id,
        organisation_id=get_volunteer(session, volunteer_id).organisation_id,
        on_behalf_of_id=volunteer_id,
    )
