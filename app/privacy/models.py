"""Who asked for their data to go, who was erased, and what was deleted because its time was up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model
from app.privacy.rules.erasing import STATES

_WAITING = text("state = 'waiting'")


class ErasureAsk(Model):
    """Somebody asks that their data goes; they may take it back until it is done."""

    __tablename__ = "erasure_asks"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_id IS NULL)", name="ended_by"),
        CheckConstraint("(state = 'refused') = (answer <> '')", name="answered"),
        Index(
            "uq_erasure_asks_waiting",
            "volunteer_id",
            unique=True,
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="waiting")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    # Why it cannot be done; only of a refusal.
    answer: Mapped[str] = mapped_column(default="")


class Erasure(Model):
    """Somebody's data is gone: by whom, when, why, and how many rows of which table.

    Only added to. The row lets their words out of guarded tables, and says what is to be done
    again after a backup of before was restored.
    """

    __tablename__ = "erasures"
    __table_args__ = ({"sqlite_strict": True},)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), unique=True)
    ask_id: Mapped[int | None] = mapped_column(ForeignKey("erasure_asks.id"))
    # Empty where the person asked for it.
    reason: Mapped[str]
    erased_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    erased_at: Mapped[datetime] = mapped_column(Instant)
    # JSON: rows by table.
    figures: Mapped[str]


class DeletionRun(Model):
    """One rule of keeping was applied: how many rows went. A night without one has none."""

    __tablename__ = "deletion_runs"
    __table_args__ = (
        CheckConstraint("deleted > 0", name="deleted"),
        Index("ix_deletion_runs_rule_ran_at", "rule", "ran_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    rule: Mapped[str]
    ran_at: Mapped[datetime] = mapped_column(Instant)
    deleted: Mapped[int]
