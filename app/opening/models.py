"""What paper books held before the first record here; one live row a person."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model
from app.opening.rules import STATES

_LIVE = text("state = 'approved'")


class OpeningRecord(Model):
    """A balance taken over from a paper book. Only its reversal is ever added to it."""

    __tablename__ = "opening_records"
    __table_args__ = (
        CheckConstraint("minutes >= 0 AND points_hundredths >= 0", name="not_below_zero"),
        CheckConstraint("minutes > 0 OR points_hundredths > 0", name="says_something"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'reversed') = (reversal_entry_id IS NOT NULL)", name="reversed"),
        # A later state of a book holds the earlier one: two would count the same twice.
        Index(
            "uq_opening_records_live",
            "volunteer_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    root_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    # Where the person belonged when it was taken over.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    as_of_on: Mapped[date]
    minutes: Mapped[int] = mapped_column(BigInteger)
    points_hundredths: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str | None]
    state: Mapped[str]
    recorder_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), index=True)
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), unique=True
    )
    reversal_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), unique=True
    )
