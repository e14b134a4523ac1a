"""Note what was read. No trail: it says nothing about anybody but its reader."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, update
from sqlalchemy.orm import Session

from app.notices.models import Notice
from app.notices.queries import in_inbox
from app.notices.rules import Inbox


def mark_read(session: Session, inbox: Inbox, notice_id: int, *, now: datetime) -> None:
    """Note that a notice was read."""
    _mark(session, Notice.id == notice_id, in_inbox(inbox), now=now)


def mark_all_read(session: Session, inbox: Inbox, *, up_to: int, now: datetime) -> None:
    """Note that all was read that stood in an inbox up to a notice."""
    _mark(session, Notice.id <= up_to, in_inbox(inbox), now=now)


def _mark(session: Session, *which: ColumnElement[bool], now: datetime) -> None:
    marking = update(Notice).where(Notice.read_at.is_(None), *which).values(read_at=now)
    session.execute(marking.execution_options(synchronize_session=False))
