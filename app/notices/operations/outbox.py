"""The outbox: take a message, send it outside any transaction, say how it went.

Taking is committed before sending. A worker that dies in between leaves the message "sending";
it becomes "perhaps" and is never sent again by itself (docs/adr/0010).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.clock import today_in
from app.db import is_postgresql
from app.notices.kinds import find_kind
from app.notices.models import NoticeMessage
from app.notices.operations.addresses import forget_addresses_of_ward
from app.notices.queries import figures_from, is_lost
from app.notices.rules import (
    MESSAGE_LASTS,
    Quiet,
    pause_after,
    quiet_until,
    still_reaches,
    why_unsendable,
)

QuietOf = Callable[[Session, int | None], Quiet]
# So many messages are put off or given up in one transaction at most.
MOST_LOOKED_AT = 50
_NOTICE = """
SELECT n.kind, n.figures, n.path, v.organisation_id, l.language, l.is_suspended, a.address,
  c.is_on, n.told_at, v.id, a.confirmed_at, l.password_hash IS NOT NULL
FROM notices n
LEFT JOIN logins l ON l.id = n.login_id
  OR (n.login_id IS NULL AND l.volunteer_id = n.volunteer_id)
LEFT JOIN volunteers v ON v.id = coalesce(n.volunteer_id, l.volunteer_id)
LEFT JOIN notice_readers o ON o.volunteer_id = v.id OR o.login_id = n.login_id
LEFT JOIN notice_addresses a ON a.reader_id = o.id AND a.channel = ?
LEFT JOIN notice_choices c ON c.reader_id = o.id AND c.channel = ? AND c.kind_group = ?
WHERE n.id = ? ORDER BY CASE WHEN a.address IS NULL THEN 1 ELSE 0 END
"""
_ACTING = "SELECT from_on, until_on FROM helpers WHERE volunteer_id = ?"
_CODE = """
SELECT k.id, k.nonce, k.address, k.expires_at, k.ended_at, l.language
FROM address_codes k JOIN notice_readers o ON o.id = k.reader_id
LEFT JOIN logins l ON l.id = o.login_id OR l.volunteer_id = o.volunteer_id
WHERE k.id = ?
"""


class Parcel(NamedTuple):
    """What a worker took to send: a notice's figures, or the code of an address."""

    message_id: int
    worker: str
    tries: int
    channel: str
    address: str
    language: str | None
    kind: str = ""
    figures: dict[str, Any] | None = None
    path: str = ""
    code_id: int | None = None
    nonce: str = ""


def take_next(
    session: Session,
    *,
    worker: str,
    now: datetime,
    channels: Collection[str],
    quiet_of: QuietOf,
) -> Parcel | None:
    """Take the message that is due longest; what has become pointless ends on the way.

    What falls into quiet hours waits until they are over. No two workers get the same one.
    """
    for _ in range(MOST_LOOKED_AT):
        message = _due(session, now)
        if message is None:
            return None
        parcel = _look_at(session, message, worker, now, channels, quiet_of)
        session.flush()
        if parcel is not None:
            return parcel
    return None


def mark_sent(session: Session, parcel: Parcel, *, now: datetime) -> bool:
    """Note that a message was sent; False where somebody else had ended it."""
    return _end(session, parcel, state="sent", ended_at=now)


def mark_unsent(
    session: Session,
    parcel: Parcel,
    *,
    error: str,
    now: datetime,
    is_final: bool = False,
    is_uncertain: bool = False,
) -> bool:
    """Note that a message was not sent, and when it is tried again, if it is."""
    if is_uncertain:
        return _end(session, parcel, state="perhaps", error=error, ended_at=now)
    pause = None if is_final else pause_after(parcel.tries)
    if pause is None:
        return _end(session, parcel, state="failed", error=error, ended_at=now)
    return _end(session, parcel, state="waiting", error=error, next_try_at=now + pause)


def give_up_lost(session: Session, *, now: datetime) -> int:
    """Say "perhaps sent" of messages whose worker was not heard of again."""
    lost = (
        update(NoticeMessage)
        .where(is_lost(now))
        .values(state="perhaps", worker=None, ended_at=now, error="worker_lost")
    )
    return _changed(session, lost)


def _due(session: Session, now: datetime) -> NoticeMessage | None:
    due = (
        select(NoticeMessage)
        .where(NoticeMessage.state == "waiting", NoticeMessage.next_try_at <= now)
        .order_by(NoticeMessage.next_try_at, NoticeMessage.id)
        .limit(1)
    )
    if is_postgresql(session):
        due = due.with_for_update(skip_locked=True)
    # On SQLite the writer's lock, taken at BEGIN IMMEDIATE, lets one worker look at a time.
    return session.scalar(due)


def _look_at(
    session: Session,
    message: NoticeMessage,
    worker: str,
    now: datetime,
    channels: Collection[str],
    quiet_of: QuietOf,
) -> Parcel | None:
    is_code = message.address_code_id is not None
    found = _read_code(session, message) if is_code else _read(session, message, quiet_of, now)
    error = why_unsendable(
        is_known_channel=message.channel in channels,
        address=found.address,
        is_wanted=found.is_wanted,
        is_open=found.is_open,
        due_since=found.due_since,
        now=now,
    )
    if error is not None:
        message.state, message.error = "failed", error
        message.ended_at, message.next_try_at = now, None
        return None
    until = None if found.is_urgent else quiet_until(quiet_of(session, found.home_id), now)
    if until is not None:
        message.next_try_at = until
        return None
    message.state, message.worker, message.claimed_at = "sending", worker, now
    message.next_try_at = None
    message.tries += 1
    parcel = found.parcel
    return parcel._replace(message_id=message.id, worker=worker, tries=message.tries)


class _Found(NamedTuple):
    parcel: Parcel
    address: str | None
    is_wanted: bool
    is_open: bool
    due_since: datetime
    is_urgent: bool
    home_id: int | None


def _read(session: Session, message: NoticeMessage, quiet_of: QuietOf, now: datetime) -> _Found:
    # The group of a kind that has gone is nobody's choice.
    kind_of = "SELECT kind FROM notices WHERE id = ?"
    kind = find_kind(fetch(session, kind_of, message.notice_id)[0][0])
    group = kind.group if kind else ""
    channel = message.channel
    row = fetch(session, _NOTICE, channel, channel, group, message.notice_id)[0]
    code, figures, path, home_id, language, is_suspended, address, is_on, told_at = row[:9]
    owner = _Owner(*row[9:])
    if address is not None and _is_stray(session, owner, quiet_of(session, home_id), now):
        address = None
    parcel = Parcel(
        message_id=message.id,
        worker="",
        tries=message.tries,
        channel=channel,
        address=address or "",
        language=language,
        kind=code,
        figures=figures_from(figures),
        path=path,
    )
    return _Found(
        parcel,
        address,
        is_wanted=kind is not None and (is_on is None or bool(is_on)),
        is_open=not is_suspended,
        due_since=instant_of(told_at),
        is_urgent=kind is not None and kind.is_urgent,
        home_id=home_id,
    )


class _Owner(NamedTuple):
    """Whose address it is: the volunteer, when it was confirmed, whether they have an account."""

    volunteer_id: int | None
    confirmed_at: Any
    has_account: bool


def _is_stray(session: Session, owner: _Owner, here: Quiet, now: datetime) -> bool:
    """Tell whether an address is a helper's whose acting has run out; then it is forgotten."""
    if owner.volunteer_id is None or owner.has_account:
        return False
    spans = fetch(session, _ACTING, owner.volunteer_id)
    acting = [(day_of(since), until and day_of(until)) for since, until in spans]
    confirmed_on = today_in(here.time_zone, instant_of(owner.confirmed_at))
    if still_reaches(acting, confirmed_on, today_in(here.time_zone, now)):
        return False
    forget_addresses_of_ward(session, owner.volunteer_id)
    return True


def _read_code(session: Session, message: NoticeMessage) -> _Found:
    code_id, nonce, address, expires_at, ended_at, language = fetch(
        session, _CODE, message.address_code_id
    )[0]
    parcel = Parcel(
        message_id=message.id,
        worker="",
        tries=message.tries,
        channel=message.channel,
        address=address,
        language=language,
        code_id=code_id,
        nonce=nonce,
    )
    # Until it expires; it is urgent, for somebody looks at a page and waits for it.
    due_since = instant_of(expires_at) - MESSAGE_LASTS
    return _Found(parcel, address, True, ended_at is None, due_since, True, None)


def _end(session: Session, parcel: Parcel, **values: Any) -> bool:
    ended = (
        update(NoticeMessage)
        .where(
            NoticeMessage.id == parcel.message_id,
            NoticeMessage.state == "sending",
            NoticeMessage.worker == parcel.worker,
            NoticeMessage.tries == parcel.tries,
        )
        .values(worker=None, **values)
    )
    return _changed(session, ended) == 1


def _changed(session: Session, statement: Any) -> int:
    done = cast(Any, session.execute(statement.execution_options(synchronize_session=False)))
    return int(done.rowcount)
