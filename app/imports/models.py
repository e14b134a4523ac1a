"""Files people handed in, with what was mended by hand; pruned once they are no longer needed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.db import Id, Instant, Model
from app.imports.rules.uploads import KINDS, STATES


class Upload(Model):
    """One file on its way into the books.

    Its cells are personal data: `content`, `preview`, `fixes` and `mend` are emptied when it was
    committed or dropped, or expires.
    """

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        # One preview, one batch, however many press the button (I-18).
        CheckConstraint("batch_id IS NULL OR state = 'committed'", name="one_commit"),
        Index("ix_uploads_organisation_id_id", "organisation_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    # A leader's file is judged for the teams led; the first of them finds it in lists.
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"), index=True)
    actor_id: Mapped[int] = mapped_column(ForeignKey("logins.id"), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    file_bytes: Mapped[int]
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    # What a bare number means where the header does not say; the language reasons are told in.
    unit: Mapped[str | None]
    language: Mapped[str]
    state: Mapped[str]
    # Rises with every fix, so that a preview of before is known as such.
    revision: Mapped[int]
    fixes: Mapped[str]
    # What was shown of which revision, and its digest: a commit does exactly this or nothing.
    preview: Mapped[str | None] = deferred(mapped_column(String))
    preview_revision: Mapped[int | None]
    digest: Mapped[str | None]
    # The refused rows as a workbook to mend.
    mend: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    # Why the file as a whole cannot be read: a msgid and its figures.
    refusal_message: Mapped[str | None]
    refusal_figures: Mapped[str | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"), unique=True)
    committed_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    committed_at: Mapped[datetime | None] = mapped_column(Instant)
    # When its uploader saw what became of it; until then the list says so.
    seen_at: Mapped[datetime | None] = mapped_column(Instant)


class RosterChange(Model):
    """What a roster found of a person, so that its batch can be undone; pruned with its upload.

    `before` is None for somebody the roster added; `after` tells whether it still stands so.
    """

    __tablename__ = "roster_changes"
    __table_args__ = ({"sqlite_strict": True},)

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id"), primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True)
    before: Mapped[str | None]
    after: Mapped[str]
