"""Forget what nobody asks for any more."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.notices.models import AddressCode, DailyRound, Notice, NoticeMessage
from app.notices.rules import CODE_WINDOW, KEPT_FOR


def prune_notices(session: Session, *, now: datetime) -> None:
    """Delete old notices, codes and rounds, and the messages that carried them."""
    before = now - KEPT_FOR
    old = select(Notice.id).where(Notice.told_at < before)
    # Longer than they count, so that asking too often is noticed.
    codes = select(AddressCode.id).where(AddressCode.asked_at < now - 2 * CODE_WINDOW)
    for statement in (
        delete(NoticeMessage).where(NoticeMessage.notice_id.in_(old)),
        delete(Notice).where(Notice.told_at < before),
        delete(NoticeMessage).where(NoticeMessage.address_code_id.in_(codes)),
        delete(AddressCode).where(AddressCode.asked_at < now - 2 * CODE_WINDOW),
        delete(DailyRound).where(DailyRound.day_on < before.date()),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
