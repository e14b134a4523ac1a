"""What somebody was told, and how much of it they have not read."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.bulk import driver_instant, fetch, instant_of
from app.notices.models import (
    AddressCode,
    DailyRound,
    Notice,
    NoticeAddress,
    NoticeChoice,
    NoticeMessage,
    NoticeReader,
)
from app.notices.rules import MOST_CODE_TRIES, SENDING_LEASE, Inbox

PAGE = 30
# No row has it: a missing half of an inbox finds nothing on either engine.
NOBODY = 0


_UNSENT = """
FROM notice_messages m JOIN notices n ON n.id = m.notice_id
LEFT JOIN logins l ON l.id = n.login_id
LEFT JOIN volunteers v ON v.id = coalesce(n.volunteer_id, l.volunteer_id)
WHERE m.state IN ('failed', 'perhaps') AND m.ended_at >= ?
  AND coalesce(m.error, '') NOT IN ('unwanted', 'closed', 'no_address')
"""
_UNREAD = """
SELECT count(*) FROM notices WHERE read_at IS NULL AND (volunteer_id = ? OR login_id = ?)
"""
_UNSENT_COLUMNS = (
    "SELECT m.ended_at, m.channel, m.state, m.error, n.kind, v.name, count(*) OVER () "
)
_UNSENT_ORDER = "ORDER BY m.ended_at DESC, m.id DESC LIMIT ?"


class UnsentRow(NamedTuple):
    """One message that did not go out, or only perhaps; never with its address."""

    ended_at: datetime
    channel: str
    state: str
    error: str
    kind: str
    # None: of somebody outside one's organisations, as an administrator sees it.
    name: str | None
    # How many there are with this one.
    found: int


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


def unread_in(session: Session, inbox: Inbox) -> int:
    """Return how many notices of an inbox were not read."""
    ((unread,),) = fetch(session, *asking_unread(inbox))
    return int(unread)


def asking_unread(inbox: Inbox) -> tuple[Any, ...]:
    """Return the query of `unread_in`, as `asked_ahead` takes it."""
    return _UNREAD, inbox.volunteer_id, inbox.login_id


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


def unsent_messages(
    session: Session, organisation_ids: Collection[int] | None, *, since: datetime, limit: int
) -> list[UnsentRow]:
    """Return messages that did not go out, the latest first; None: everywhere, and no names."""
    at = driver_instant(session, since)
    if organisation_ids is None:
        query = f"{_UNSENT_COLUMNS.replace('v.name', 'NULL')}{_UNSENT}{_UNSENT_ORDER}"
        rows = fetch(session, query, at, limit)
    else:
        query = f"{_UNSENT_COLUMNS}{_UNSENT} AND v.organisation_id IN ?ids {_UNSENT_ORDER}"
        rows = fetch(session, query, at, sorted(organisation_ids), limit)
    return [
        UnsentRow(instant_of(ended_at), channel, state, error or "", kind, name, found)
        for ended_at, channel, state, error, kind, name, found in rows
    ]


# ── how somebody wants to be told ─────────────────────────────────────────────────────────


def find_reader_id(session: Session, inbox: Inbox) -> int | None:
    """Return the row of somebody who decided how to be told, or None."""
    return session.scalar(_reader(inbox))


def _reader(inbox: Inbox) -> Select[int]:
    owner = (
        NoticeReader.volunteer_id == inbox.volunteer_id
        if inbox.volunteer_id is not None
        else NoticeReader.login_id == inbox.login_id
    )
    return select(NoticeReader.id).where(owner)


def find_address(session: Session, inbox: Inbox, channel: str) -> str | None:
    """Return the confirmed address of somebody by a channel, or None."""
    wanted = select(NoticeAddress.address).where(
        NoticeAddress.reader_id == _reader(inbox).scalar_subquery(),
        NoticeAddress.channel == channel,
    )
    return session.scalar(wanted)


def open_code(session: Session, inbox: Inbox, channel: str, now: datetime) -> AddressCode | None:
    """Return the code that was asked for and still counts, or None."""
    wanted = select(AddressCode).where(
        AddressCode.reader_id == _reader(inbox).scalar_subquery(),
        AddressCode.channel == channel,
        AddressCode.ended_at.is_(None),
        AddressCode.expires_at > now,
        AddressCode.tries < MOST_CODE_TRIES,
    )
    return session.scalar(wanted.order_by(AddressCode.id.desc()).limit(1))


def groups_off(session: Session, inbox: Inbox, channel: str) -> set[str]:
    """Return the groups somebody does not want by a channel."""
    wanted = select(NoticeChoice.kind_group).where(
        NoticeChoice.reader_id == _reader(inbox).scalar_subquery(),
        NoticeChoice.channel == channel,
        NoticeChoice.is_on.is_(False),
    )
    return set(session.scalars(wanted))


def has_login(session: Session, volunteer_id: int) -> bool:
    """Tell whether a volunteer can sign in."""
    query = "SELECT 1 FROM logins WHERE volunteer_id = ? AND password_hash IS NOT NULL"
    return bool(fetch(session, query, volunteer_id))


def has_due(session: Session, now: datetime) -> bool:
    """Tell whether a message is due, or lost: asked before the writer's lock is taken."""
    due = and_(NoticeMessage.state == "waiting", NoticeMessage.next_try_at <= now)
    return (
        session.scalar(select(NoticeMessage.id).where(or_(due, is_lost(now))).limit(1)) is not None
    )


def is_lost(now: datetime) -> ColumnElement[bool]:
    """Select messages whose worker is gone; claimed in time to come, the clock was set back."""
    claimed = NoticeMessage.claimed_at
    is_silent = or_(claimed < now - SENDING_LEASE, claimed > now + SENDING_LEASE)
    return and_(NoticeMessage.state == "sending", is_silent)


def rounds_done(session: Session, root_id: int, day_on: date) -> set[str]:
    """Return what is done once a day and was done for a root on a date."""
    done = select(DailyRound.work).where(DailyRound.root_id == root_id, DailyRound.day_on == day_on)
    return set(session.scalars(done))


def last_round_at(session: Session, root_id: int, work: str) -> datetime | None:
    """Return when work that is done once a day was last done for a root."""
    done = select(func.max(DailyRound.done_at)).where(
        DailyRound.root_id == root_id, DailyRound.work == work
    )
    return session.scalar(done)
