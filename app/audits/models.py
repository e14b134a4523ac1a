"""What each audit looked at and found: a table that is only added to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.audits.rules import KINDS
from app.db import Id, Instant, Model


class AuditRun(Model):
    """One audit that came to its end, whether it found anything or not."""

    __tablename__ = "audit_runs"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("ended_at >= started_at", name="span"),
        CheckConstraint(
            "through_entry_id >= 0 AND through_record_id >= 0 AND through_trail_id >= 0 "
            "AND through_move_id >= 0",
            name="through",
        ),
        CheckConstraint("(kind = 'full') = (digest <> '')", name="digest"),
        Index("ix_audit_runs_kind_id", "kind", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime] = mapped_column(Instant)
    is_clean: Mapped[bool]
    # Over the whole ledger and its subjects; a quick audit has none.
    digest: Mapped[str]
    # The last rows that were settled when it looked: the next quick audit goes on from them.
    through_entry_id: Mapped[int] = mapped_column(BigInteger)
    through_record_id: Mapped[int] = mapped_column(BigInteger)
    through_trail_id: Mapped[int] = mapped_column(BigInteger)
    through_move_id: Mapped[int] = mapped_column(BigInteger)
    # Who asked for it; nobody where it was due.
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    # JSON: of each check its id, what it counted, and samples of ids (I-24).
    results: Mapped[str]
