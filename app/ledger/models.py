"""Accounts, entries and postings. The guards beside this file make them append-only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model

KINDS = (
    "service",
    "reversal",
    "redemption",
    "refund",
    "transfer",
    "expiry",
    "adjustment",
    "opening",
    "shortfall",
)
_OF_REDEMPTIONS = text("kind IN ('redemption', 'refund')")


class Account(Model):
    """A holder's account, with its balance, or one of the system's, without (no hot row)."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("unit IN ('minutes', 'points')", name="unit"),
        CheckConstraint("(holder_id IS NULL) = (balance IS NULL)", name="stored_balance"),
        CheckConstraint("(holder_id IS NULL) = (purpose <> 'own')", name="purpose"),
        CheckConstraint("balance >= 0", name="never_below_zero"),
        Index(
            "uq_accounts_holder",
            "holder_id",
            "unit",
            unique=True,
            sqlite_where=text("holder_id IS NOT NULL"),
            postgresql_where=text("holder_id IS NOT NULL"),
        ),
        Index(
            "uq_accounts_system",
            "root_id",
            "purpose",
            "unit",
            unique=True,
            sqlite_where=text("holder_id IS NULL"),
            postgresql_where=text("holder_id IS NULL"),
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # The organisation root whose system accounts stand opposite.
    root_id: Mapped[int] = mapped_column(BigInteger)
    # The person who holds it; missing on system accounts.
    holder_id: Mapped[int | None] = mapped_column(BigInteger)
    purpose: Mapped[str]
    unit: Mapped[str]
    balance: Mapped[int | None] = mapped_column(BigInteger)


class Entry(Model):
    """One thing that happened, the seal over its postings, which are written first."""

    __tablename__ = "entries"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reverses"),
        CheckConstraint("reverses_id < id", name="reverses_earlier"),
        # A subject is awarded once, ever: a corrected record is a new one.
        Index(
            "uq_entries_award",
            "subject_kind",
            "subject_id",
            unique=True,
            sqlite_where=text("kind = 'service'"),
            postgresql_where=text("kind = 'service'"),
        ),
        # What two people agreed on is posted once.
        Index(
            "uq_entries_adjustment",
            "subject_kind",
            "subject_id",
            unique=True,
            sqlite_where=text("kind = 'adjustment'"),
            postgresql_where=text("kind = 'adjustment'"),
        ),
        # And what was redeemed is paid for once, and given back once.
        Index(
            "uq_entries_redemption",
            "subject_kind",
            "subject_id",
            "kind",
            unique=True,
            sqlite_where=_OF_REDEMPTIONS,
            postgresql_where=_OF_REDEMPTIONS,
        ),
        # A paper book is taken over once; taken over anew, it is another record.
        Index(
            "uq_entries_opening",
            "subject_kind",
            "subject_id",
            unique=True,
            sqlite_where=text("kind = 'opening'"),
            postgresql_where=text("kind = 'opening'"),
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    subject_kind: Mapped[str]
    subject_id: Mapped[int] = mapped_column(BigInteger)
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"), unique=True)
    # The rule version a credit was reckoned by.
    rule_version_id: Mapped[int | None] = mapped_column(ForeignKey("rule_versions.id"))


class Posting(Model):
    """One account's part in an entry, clustered by account so that a statement reads in one run."""

    __tablename__ = "postings"
    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_postings_entry_id", "entry_id"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    amount: Mapped[int] = mapped_column(BigInteger)


class Mark(Model):
    """A published mark: no entry ever appears at or below it."""

    __tablename__ = "marks"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInteger, index=True)
    purpose: Mapped[str]
    published_at: Mapped[datetime] = mapped_column(Instant)


class ChainLink(Model):
    """A seal over a block of entries and their postings, which also names the seal before it."""

    __tablename__ = "chain_links"
    __table_args__ = (
        CheckConstraint("id >= 1", name="number"),
        CheckConstraint("after_id >= 0 AND after_id < through_id", name="block"),
        CheckConstraint("entries >= 1 AND postings >= 2 * entries", name="counts"),
        CheckConstraint("(id = 1) = (after_id = 0)", name="beginning"),
        CheckConstraint(
            "length(entries_sha256) = 64 AND length(postings_sha256) = 64 "
            "AND length(previous_sha256) = 64 AND length(sha256) = 64",
            name="hashes",
        ),
        {"sqlite_strict": True},
    )

    # 1, 2, 3 …: its place in the chain.
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    # It seals the entries above this one,
    after_id: Mapped[int] = mapped_column(BigInteger)
    # up to this one, which there is.
    through_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    entries: Mapped[int]
    postings: Mapped[int]
    entries_sha256: Mapped[str]
    postings_sha256: Mapped[str]
    # Unique: nothing is followed twice, so there is one chain however many seal.
    previous_sha256: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    sealed_at: Mapped[datetime] = mapped_column(Instant)
