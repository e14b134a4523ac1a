"""Reports somebody asks for again and again, kept under a name."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model


class SavedReport(Model):
    """A question under a name, for all who organise or audit its organisation."""

    __tablename__ = "saved_reports"
    __table_args__ = (
        UniqueConstraint("organisation_id", "name", name="uq_saved_reports_name"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("logins.id"), index=True)
    name: Mapped[str]
    # Canonical JSON of ids and keys; what is relative ("last month") stays so.
    question: Mapped[str]
    saved_at: Mapped[datetime] = mapped_column(Instant)
