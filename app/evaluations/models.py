"""Evaluations of activities."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model

_BY_LEADER = text("rater = 'leader'")


class Evaluation(Model):
    """One to five stars and a word: by the leader, or by somebody who was served."""

    __tablename__ = "evaluations"
    __table_args__ = (
        CheckConstraint("rater IN ('leader', 'served')", name="rater"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint("(rater = 'served') = (invite_number IS NOT NULL)", name="invited"),
        CheckConstraint("(rater = 'leader') = (made_by_id IS NOT NULL)", name="signed"),
        UniqueConstraint(
            "activity_id", "invite_number", name="uq_evaluations_activity_id_invite_number"
        ),
        Index(
            "uq_evaluations_leader",
            "activity_id",
            "made_by_id",
            unique=True,
            sqlite_where=_BY_LEADER,
            postgresql_where=_BY_LEADER,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    rater: Mapped[str]
    # Whose link it was, of those served: each number is used once.
    invite_number: Mapped[int | None]
    stars: Mapped[int]
    word: Mapped[str]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
