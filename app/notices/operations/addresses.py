"""An address counts once a code that was sent there came back; the trail sees it masked."""

from __future__ import annotations

import secrets
from datetime import datetime
from hmac import compare_digest
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.bulk import run
from app.notices.models import AddressCode, NoticeAddress, NoticeMessage
from app.notices.operations.readers import held_reader_id, subject_of
from app.notices.queries import find_address, open_code
from app.notices.rules import (
    CODE_LASTS,
    CODE_WINDOW,
    MOST_CODE_TRIES,
    MOST_CODES_A_DAY,
    CodeOver,
    Inbox,
    TooManyCodes,
    WrongCode,
    code_from,
    mask_address,
)
from app.trail.operations import note, remember, remembered

if TYPE_CHECKING:
    from app.teams.rules import Actor

# Entered for somebody without an account by whoever acted for them.
_FORGET = """
DELETE FROM notice_addresses WHERE reader_id IN (
  SELECT id FROM notice_readers WHERE volunteer_id = ?
) AND NOT EXISTS (
  SELECT 1 FROM logins WHERE volunteer_id = ? AND password_hash IS NOT NULL
)
"""


def forget_addresses_of_ward(session: Session, volunteer_id: int) -> None:
    """Forget where somebody without an account of their own was reached."""
    run(session, _FORGET, volunteer_id, volunteer_id)


def ask_code(
    session: Session,
    inbox: Inbox,
    *,
    channel: str,
    address: str,
    actor: Actor,
    now: datetime,
    key: str | None = None,
) -> None:
    """Have a code sent to an address that is to be confirmed; an earlier code ends.

    A second tap with the same key sends nothing more. Raises TooManyCodes.
    """
    content = {"operation": "ask_address_code", "channel": channel, "address": address}
    if key and remembered(session, actor.login_id, key, content) is not None:
        return
    reader_id = held_reader_id(session, inbox)
    _check_often(session, reader_id, address, now)
    _end_codes(session, reader_id, channel, now)
    asked = AddressCode(
        reader_id=reader_id,
        channel=channel,
        address=address,
        nonce=secrets.token_hex(16),
        asked_at=now,
        expires_at=now + CODE_LASTS,
        tries=0,
    )
    session.add(asked)
    session.flush()
    message = NoticeMessage(address_code_id=asked.id, channel=channel, tries=0)
    message.state, message.next_try_at = "waiting", now
    session.add(message)
    session.flush()
    _note(session, "ask_address_code", inbox, channel, address, actor, now)
    if key:
        remember(session, actor.login_id, key, content, {}, now)


def confirm_address(
    session: Session,
    inbox: Inbox,
    *,
    channel: str,
    typed: str,
    secret: str,
    actor: Actor,
    now: datetime,
) -> CodeOver | WrongCode | None:
    """Keep an address whose code came back; return what was wrong, for a try is counted."""
    reader_id = held_reader_id(session, inbox)
    asked = open_code(session, inbox, channel, now)
    if asked is None:
        return CodeOver()
    if not compare_digest(code_from(secret, asked.id, asked.nonce).encode(), typed.encode()):
        asked.tries += 1
        session.flush()
        left = MOST_CODE_TRIES - asked.tries
        return WrongCode(left=left) if left else CodeOver()
    asked.ended_at = now
    _forget(session, reader_id, channel)
    session.add(
        NoticeAddress(reader_id=reader_id, channel=channel, address=asked.address, confirmed_at=now)
    )
    session.flush()
    _note(session, "confirm_address", inbox, channel, asked.address, actor, now)
    return None


def remove_address(
    session: Session, inbox: Inbox, *, channel: str, actor: Actor, now: datetime
) -> None:
    """Forget an address, and a code that was asked for; nothing is sent there any more."""
    reader_id = held_reader_id(session, inbox)
    found = find_address(session, inbox, channel)
    _end_codes(session, reader_id, channel, now)
    if found is None:
        return
    _forget(session, reader_id, channel)
    _note(session, "remove_address", inbox, channel, found, actor, now)


def _check_often(session: Session, reader_id: int, address: str, now: datetime) -> None:
    """Nobody is to be mailed codes all day, neither by one person nor by many."""
    lately = AddressCode.asked_at > now - CODE_WINDOW
    for which in (AddressCode.reader_id == reader_id, AddressCode.address == address):
        count = select(func.count(AddressCode.id)).where(which, lately)
        if (session.scalar(count) or 0) >= MOST_CODES_A_DAY:
            raise TooManyCodes


def _end_codes(session: Session, reader_id: int, channel: str, now: datetime) -> None:
    ending = (
        update(AddressCode)
        .where(
            AddressCode.reader_id == reader_id,
            AddressCode.channel == channel,
            AddressCode.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    session.execute(ending.execution_options(synchronize_session=False))


def _forget(session: Session, reader_id: int, channel: str) -> None:
    session.execute(
        delete(NoticeAddress)
        .where(NoticeAddress.reader_id == reader_id, NoticeAddress.channel == channel)
        .execution_options(synchronize_session=False)
    )


def _note(
    session: Session,
    operation: str,
    inbox: Inbox,
    channel: str,
    address: str,
    actor: Actor,
    now: datetime,
) -> None:
    note(
        session,
        operation=operation,
        actor_id=actor.login_id,
        on_behalf_of_id=actor.on_behalf_of_id,
        at=now,
        after={"channel": channel, "address": mask_address(address)},
        **subject_of(inbox),
    )
