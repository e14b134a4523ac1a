"""Kinds told in tests, people to tell them to, and a gateway that keeps what it is given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.notices.channels import ChannelFailed, Message
from app.notices.handling import EXTENSION, Notices, notices_of
from app.notices.kinds import know_kinds
from app.notices.models import NoticeAddress, NoticeMessage
from app.notices.operations import tell
from app.notices.operations.readers import held_reader_id
from app.notices.rules import Inbox, Kind
from app.people.models import Login
from tests.web.cast import Cast

MOVED = Kind("test.moved", "Moved", "Moved to %(day_on)s, %(place)s.", group="activity")
OFF = Kind("test.off", "Off", "It is off today.", group="activity", is_urgent=True)
# Noon in Shanghai.
NOON = datetime(2026, 4, 2, 4, tzinfo=UTC)


class SMS:
    """How a gateway for short messages would plug in: a test double of the interface."""

    code = "sms"
    name = "Text message"
    address_label = "Mobile number"

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.fails: list[ChannelFailed | Exception] = []
        self.on_send: Callable[[], None] = lambda: None

    def address_from(self, typed: str) -> str:
        return typed.strip()

    def can_reach(self, address: str) -> bool:
        return address.isdigit()

    def is_set_up(self) -> bool:
        return True

    def send(self, message: Message) -> None:
        self.on_send()
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append(message)


@pytest.fixture
def cast(cast: Cast) -> Cast:
    """The cast, in an app that knows the kinds of these tests."""
    know_kinds((MOVED, OFF))
    return cast


@pytest.fixture
def sms(app: Flask) -> SMS:
    """A second channel of this app."""
    gateway, known = SMS(), notices_of(app)
    channels = {**known.channels, gateway.code: gateway}
    app.extensions[EXTENSION] = Notices(channels, known.daily, known.doors)
    return gateway


def volunteer_id(cast: Cast, role: str = "volunteer") -> int:
    found = db.session.scalar(select(Login.volunteer_id).where(Login.id == cast.logins[role]))
    db.session.rollback()
    assert found is not None
    return found


def give_address(person: int, channel: str, address: str) -> None:
    """Let somebody who signs in with a password have an address of their own."""
    with transaction() as session:
        session.execute(update(Login).where(Login.volunteer_id == person).values(password_hash="x"))
        reader_id = held_reader_id(session, Inbox(person, None))
        session.add(
            NoticeAddress(reader_id=reader_id, channel=channel, address=address, confirmed_at=NOON)
        )


def told(person: int, kind: str = "test.moved", **given: Any) -> None:
    about: dict[str, Any] = {
        "figures": {"day_on": date(2026, 5, 2), "place": "Hall"},
        "path": "/me/ledger",
        "at": NOON,
        "subject_kind": "activity",
        "subject_id": 1,
    }
    with transaction() as session:
        tell(session, kind, [person], **{**about, **given})


def messages() -> list[NoticeMessage]:
    session: Session = db.session()
    session.rollback()
    return list(session.scalars(select(NoticeMessage).order_by(NoticeMessage.id)))
