"""What has expired: for each person, year and last day one row beside its entry."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model


class Expiry(Model):
    """Points of one year that could be used until one date, and were not."""

    __tablename__ = "expiries"
    __table_args__ = (
        CheckConstraint("points_hundredths > 0", name="points"),
        # A job that runs twice, or in two workers at once, ends them once.
        UniqueConstraint("volunteer_id", "year_earned", "usable_until_on", name="uq_expiries_once"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    root_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    year_earned: Mapped[int]
    usable_until_on: Mapped[date]
    points_hundredths: Mapped[int] = mapped_column(BigInteger)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"), unique=True)
    posted_at: Mapped[datetime] = mapped_column(Instant)
