"""Who did what, when, for whom; and the keys that make a repeated request harmless."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model


class TrailRow(Model):
    """One operation, in the commit that carried it out. Never changed afterwards."""

    __tablename__ = "trail"
    __table_args__ = (
        Index("ix_trail_subject_kind_subject_id", "subject_kind", "subject_id"),
        Index("ix_trail_organisation_id_at", "organisation_id", "at"),
        # What one account did, lately or at all.
        Index("ix_trail_actor_id_at", "actor_id", "at"),
        # Looks at personal data are few among many rows.
        Index("ix_trail_operation_id", "operation", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    operation: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"), index=True)
    # The volunteer for whom the actor acted (亲情代办), if so.
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    subject_kind: Mapped[str]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"), index=True)
    # JSON of the fields that changed, without secrets or full phones.
    before: Mapped[str | None]
    after: Mapped[str | None]
    reason: Mapped[str | None]
    request_id: Mapped[str]


class TrailPersonal(Model):
    """What a trail row says that tells who somebody is: it goes with them, the row stays (I-04).

    The fields of `before` and `after` by which a person is known, and what was given as a reason
    for something done about a person.
    """

    __tablename__ = "trail_personal"
    __table_args__ = ({"sqlite_strict": True},)

    trail_id: Mapped[int] = mapped_column(
        ForeignKey("trail.id"), primary_key=True, autoincrement=False
    )
    # Whom the row is about; missing where it is about their login, request or the like.
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"), index=True)
    before: Mapped[str | None]
    after: Mapped[str | None]
    reason: Mapped[str | None]


class OperationKey(Model):
    """What an actor's idempotency key did, kept in the same commit as its effect."""

    __tablename__ = "operation_keys"

    actor_id: Mapped[int] = mapped_column(ForeignKey("logins.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    content_sha256: Mapped[str]
    result: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
