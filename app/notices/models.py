"""Notices, the messages that carry them elsewhere, and where and whether people want those."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model
from app.notices.rules import MESSAGE_STATES

ONE_READER = "(volunteer_id IS NULL) <> (login_id IS NULL)"


def _unique(table: str, owner: str, *columns: str) -> Index:
    there = text(f"{owner} IS NOT NULL")
    name = f"uq_{table}_{owner}"
    return Index(name, owner, *columns, unique=True, sqlite_where=there, postgresql_where=there)


_SAME = ("kind", "subject_kind", "subject_id", "once")


class Notice(Model):
    """One thing told to one person: to a volunteer, or to a login as such (an organiser)."""

    __tablename__ = "notices"
    __table_args__ = (
        CheckConstraint(ONE_READER, name="one_reader"),
        CheckConstraint("substr(path, 1, 1) = '/'", name="path"),
        # The same thing is told once.
        _unique("notices", "volunteer_id", *_SAME),
        _unique("notices", "login_id", *_SAME),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    login_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    kind: Mapped[str]
    # JSON; never a sentence: it is said in the reader's language when it is read.
    figures: Mapped[str]
    path: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int] = mapped_column(BigInteger)
    # Tells apart what is told about the same subject more than once: "moved to 2026-05-02".
    once: Mapped[str]
    told_at: Mapped[datetime] = mapped_column(Instant, index=True)
    read_at: Mapped[datetime | None] = mapped_column(Instant)


class NoticeReader(Model):
    """Somebody who decided how to be told; who never did has no row."""

    __tablename__ = "notice_readers"
    __table_args__ = (
        CheckConstraint(ONE_READER, name="one_reader"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"), unique=True)
    # Only of a login without a volunteer.
    login_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"), unique=True)


class NoticeAddress(Model):
    """Where a channel reaches somebody: an address that was confirmed."""

    __tablename__ = "notice_addresses"

    reader_id: Mapped[int] = mapped_column(ForeignKey("notice_readers.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    address: Mapped[str]
    confirmed_at: Mapped[datetime] = mapped_column(Instant)


class AddressCode(Model):
    """An address to be confirmed. The code itself is kept nowhere: it comes from the nonce."""

    __tablename__ = "address_codes"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="tries"),
        Index("ix_address_codes_address_asked_at", "address", "asked_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("notice_readers.id"), index=True)
    channel: Mapped[str]
    address: Mapped[str]
    nonce: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int]
    # Used, or replaced by a newer one.
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class NoticeChoice(Model):
    """Whether somebody wants a group of kinds by a channel; without a row: yes."""

    __tablename__ = "notice_choices"

    reader_id: Mapped[int] = mapped_column(ForeignKey("notice_readers.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    kind_group: Mapped[str] = mapped_column(primary_key=True)
    is_on: Mapped[bool]


class NoticeMessage(Model):
    """The outbox: one notice (or one code) by one channel. The row is the queue."""

    __tablename__ = "notice_messages"
    __table_args__ = (
        CheckConstraint(f"state IN {MESSAGE_STATES}", name="state"),
        CheckConstraint("(notice_id IS NULL) <> (address_code_id IS NULL)", name="one_subject"),
        CheckConstraint("(state = 'waiting') = (next_try_at IS NOT NULL)", name="waits"),
        CheckConstraint("(state = 'sending') = (worker IS NOT NULL)", name="leased"),
        _unique("notice_messages", "notice_id", "channel"),
        _unique("notice_messages", "address_code_id", "channel"),
        Index("ix_notice_messages_state_next_try_at", "state", "next_try_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"))
    address_code_id: Mapped[int | None] = mapped_column(ForeignKey("address_codes.id"))
    channel: Mapped[str]
    state: Mapped[str]
    tries: Mapped[int]
    next_try_at: Mapped[datetime | None] = mapped_column(Instant)
    worker: Mapped[str | None]
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    # A word of ours for what went wrong, never what a server said: it may name the address.
    error: Mapped[str | None]


class DailyRound(Model):
    """What is done once a day was done for this root on this date: in the commit of its work."""

    __tablename__ = "daily_rounds"

    root_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    work: Mapped[str] = mapped_column(primary_key=True)
    day_on: Mapped[date] = mapped_column(primary_key=True)
    done_at: Mapped[datetime] = mapped_column(Instant)
