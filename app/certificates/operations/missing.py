"""Count codes that nobody knows, so that none is guessed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.certificates.models import VerifyMiss
from app.certificates.rules.refusals import MISSES_COUNT_FOR, MOST_MISSES, TooManyMisses

_KEPT = timedelta(days=1)


def check_misses(session: Session, address_sha256: str, *, now: datetime) -> None:
    """Refuse an address from which too many unknown codes came lately, and say until when."""
    query = (
        select(VerifyMiss.at)
        .where(VerifyMiss.address_sha256 == address_sha256)
        .where(VerifyMiss.at > now - MISSES_COUNT_FOR)
        .order_by(VerifyMiss.at.desc())
        .limit(MOST_MISSES)
    )
    lately = list(session.scalars(query))
    if len(lately) >= MOST_MISSES:
        raise TooManyMisses(at=lately[-1] + MISSES_COUNT_FOR)


def count_miss(session: Session, address_sha256: str, *, now: datetime) -> None:
    """Count one unknown code from an address."""
    session.add(VerifyMiss(address_sha256=address_sha256, at=now))
    session.execute(delete(VerifyMiss).where(VerifyMiss.at < now - _KEPT))
    session.flush()
