"""What a claim brought along, and what a leader made of it; the record itself is service's."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Model


class Claim(Model):
    """One claim of a volunteer's: beside its record, or the first half of a night."""

    __tablename__ = "claims"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("service_records.id"), unique=True)
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("pictures.id"), index=True)
    # The record sent back before, of which this says more.
    resends_id: Mapped[int | None] = mapped_column(ForeignKey("service_records.id"), index=True)


class ClaimPart(Model):
    """One record of those into which a claim was split; of a night, its first half."""

    __tablename__ = "claim_parts"

    record_id: Mapped[int] = mapped_column(
        ForeignKey("service_records.id"), primary_key=True, autoincrement=False
    )
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"), index=True)
