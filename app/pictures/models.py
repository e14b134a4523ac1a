"""Pictures as they were drawn anew; the file that came in is never kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model


class Picture(Model):
    """One picture in two sizes, in the commit of what it belongs to."""

    __tablename__ = "pictures"
    __table_args__ = (
        CheckConstraint("length(sha256) = 64", name="sha256"),
        CheckConstraint("width > 0 AND height > 0", name="sides"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Of the pixels, not of the file.
    sha256: Mapped[str] = mapped_column(index=True)
    media_type: Mapped[str]
    # Of the large one.
    width: Mapped[int]
    height: Mapped[int]
    large: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    small: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
