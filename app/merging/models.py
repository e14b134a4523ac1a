"""Which person became which, and how the points of each year went over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model


class Merge(Model):
    """One person was two in the books: `gone` is `kept` from then on. Only ever added to."""

    __tablename__ = "merges"
    __table_args__ = (
        CheckConstraint("gone_id <> kept_id", name="two"),
        CheckConstraint("reason <> ''", name="reason"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), unique=True)
    # Where the kept person belonged then.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    merged_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    merged_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str]
    # JSON of whole numbers: what went over, what counted once, what was left out.
    figures: Mapped[str]


class MergedYear(Model):
    """What of the points of one year one of the two gave to the other, by one entry.

    Positive: the kept person gave what the other had spent of that year already.
    """

    __tablename__ = "merged_years"
    __table_args__ = (
        CheckConstraint("points_hundredths <> 0", name="points"),
        {"sqlite_strict": True},
    )

    merge_id: Mapped[int] = mapped_column(ForeignKey("merges.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    points_hundredths: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), unique=True)
