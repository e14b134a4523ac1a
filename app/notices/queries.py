"""What somebody was told, and how much of it they have not read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select
from sqlalchemy.orm import Session

from app.notices.models import Notice
from app.notices.rules import Inbox

PAGE = 30
# No row has it: a missing half of an inbox finds nothing on either engine.
NOBODY = 0


class NoticeRow(NamedTuple):
    """One notice as it is kept."""

    id: int
    kind: str
    figures: Mapping[str, Any]
    path: str
    told_at: datetime
    read_at: datetime | None


def counting_unread(inbox: Inbox) -> ScalarSelect[int]:
    """Return the query for how many notices were not read, to be asked along with another."""
    unread = select(func.count(Notice.id)).where(Notice.read_at.is_(None), in_inbox(inbox))
    return unread.scalar_subquery()


def notices_of(
    session: Session, inbox: Inbox, *, before_id: int | None = None, limit: int = PAGE
) -> list[NoticeRow]:
    """Return the notices of an inbox, the newest first, those before one named."""
    wanted = select(Notice).where(in_inbox(inbox)).order_by(Notice.id.desc()).limit(limit)
    if before_id is not None:
        wanted = wanted.where(Notice.id < before_id)
    return [_row(notice) for notice in session.scalars(wanted)]


def find_notice(session: Session, inbox: Inbox, notice_id: int) -> NoticeRow | None:
    """Return a notice of an inbox, or None: anybody else's does not exist."""
    wanted = select(Notice).where(Notice.id == notice_id, in_inbox(inbox))
    found = session.scalar(wanted)
    return None if found is None else _row(found)


def in_inbox(inbox: Inbox) -> ColumnElement[bool]:
    """Return the condition that a notice belongs to an inbox."""
    return or_(
        Notice.volunteer_id == (inbox.volunteer_id or NOBODY),
        Notice.login_id == (inbox.login_id or NOBODY),
    )


def figures_from(kept: str) -> dict[str, Any]:
    """Return figures as they were told, from how `figures_text` keeps them."""
    return {name: _figure(value) for name, value in json.loads(kept).items()}


def _figure(value: Any) -> Any:
    if isinstance(value, dict) and "instant" in value:
        return datetime.fromisoformat(value["instant"])
    if isinstance(value, dict) and "date" in value:
        return date.fromisoformat(value["date"])
    return value


def _row(notice: Notice) -> NoticeRow:
    return NoticeRow(
        notice.id,
        notice.kind,
        figures_from(notice.figures),
        notice.path,
        notice.told_at,
        notice.read_at,
    )
