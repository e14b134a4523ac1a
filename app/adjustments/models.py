"""What one person asked for and a second one decided. Only its answer is ever written to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.adjustments.rules import KINDS, STATES
from app.db import Id, Instant, Model

_WAITS_FOR_RECORD = text("state = 'asked' AND record_id IS NOT NULL")
_WAITS_FOR_BATCH = text("state = 'asked' AND batch_id IS NOT NULL")


class Adjustment(Model):
    """An amount for one person, or an undo whose missing part is to be covered."""

    __tablename__ = "adjustments"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(
            "(kind = 'amount') = (minutes <> 0 OR points_hundredths <> 0)", name="amounts"
        ),
        CheckConstraint(
            "(kind = 'batch') = (volunteer_id IS NULL)"
            " AND (kind = 'batch') = (batch_id IS NOT NULL)"
            " AND (kind IN ('record', 'correction')) = (record_id IS NOT NULL)",
            name="about",
        ),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered"),
        CheckConstraint(
            "(state IN ('posted', 'refused') AND NOT is_alone) = (second_id IS NOT NULL)",
            name="second",
        ),
        CheckConstraint("second_id IS NULL OR second_id <> asker_id", name="two_people"),
        CheckConstraint(
            "(NOT is_alone OR state = 'posted')"
            " AND (NOT (is_alone OR state = 'refused') OR answer <> '')",
            name="alone",
        ),
        CheckConstraint(
            "(kind = 'amount' AND state = 'posted') = (entry_id IS NOT NULL)", name="entry"
        ),
        Index(
            "uq_adjustments_record",
            "record_id",
            unique=True,
            sqlite_where=_WAITS_FOR_RECORD,
            postgresql_where=_WAITS_FOR_RECORD,
        ),
        Index(
            "uq_adjustments_batch",
            "batch_id",
            unique=True,
            sqlite_where=_WAITS_FOR_BATCH,
            postgresql_where=_WAITS_FOR_BATCH,
        ),
        Index("ix_adjustments_organisation_id_state", "organisation_id", "state"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    # Where it stood when it was asked: lists go by it, rights by where things stand today.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    # Whose accounts; missing where a batch concerns several people.
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"), index=True)
    minutes: Mapped[int] = mapped_column(BigInteger, default=0)
    points_hundredths: Mapped[int] = mapped_column(BigInteger, default=0)
    # The record to take back, or the correction to approve.
    record_id: Mapped[int | None] = mapped_column(ForeignKey("service_records.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    reason: Mapped[str]
    asker_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="asked")
    second_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    # Why it was refused, or why one person did it alone.
    answer: Mapped[str] = mapped_column(default="")
    # 一人办理: there was nobody who could have been the second.
    is_alone: Mapped[bool] = mapped_column(default=False)
    # What was posted; a cover's entries name the adjustment as their subject.
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entries.id"), unique=True)
