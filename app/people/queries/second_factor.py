"""Which second factor a login has."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.people.models import RecoveryCode, SecondFactor


class Factor(NamedTuple):
    """A second factor: since when, and how many recovery codes are left of how many."""

    confirmed_at: datetime
    codes_left: int
    codes_made: int


def factor_of(session: Session, login_id: int) -> Factor | None:
    """Return the second factor of a login, or None."""
    row = session.execute(
        select(
            SecondFactor.confirmed_at,
            func.count(RecoveryCode.id).filter(RecoveryCode.used_at.is_(None)),
            func.count(RecoveryCode.id),
        )
        .outerjoin(RecoveryCode, RecoveryCode.login_id == SecondFactor.login_id)
        .where(SecondFactor.login_id == login_id)
        .group_by(SecondFactor.login_id, SecondFactor.confirmed_at)
    ).first()
    return Factor(*row) if row else None


def has_factor(session: Session, login_id: int) -> bool:
    """Tell whether a login gives a code beside its password."""
    held = select(SecondFactor.login_id).where(SecondFactor.login_id == login_id)
    return session.scalar(held) is not None
