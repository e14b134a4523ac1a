"""Keys that sign, certificates as they were issued, and what took them back again."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.certificates.rules import CATEGORIES, KINDS
from app.db import Id, Instant, Model


class SigningKey(Model):
    """A key pair of this instance; the newest one signs, the older ones still verify."""

    __tablename__ = "signing_keys"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # The first letters of the SHA-256 of the public half.
    key_id: Mapped[str] = mapped_column(unique=True)
    public_key: Mapped[str]
    # The private half, sealed under a key that comes from SECRET_KEY.
    sealed_private: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)


class Certificate(Model):
    """A certificate as it was issued: its payload is what was signed, and never changes."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("sequence > 0", name="sequence"),
        CheckConstraint("(volunteer_id IS NULL) <> (team_id IS NULL)", name="holder"),
        CheckConstraint(
            "(kind = 'award') = (award_id IS NOT NULL) AND (team_id IS NULL OR kind = 'award')",
            name="award",
        ),
        CheckConstraint("(from_on IS NULL) = (until_on IS NULL)", name="span"),
        CheckConstraint("length(verify_code) >= 26", name="verify_code"),
        # Gap-free: the guard beside this file gives each the number after the last.
        UniqueConstraint("organisation_id", "year", "sequence", name="uq_certificates_sequence"),
        # One award is certified once; again only where the one before was revoked.
        UniqueConstraint("award_id", "edition", name="uq_certificates_award"),
        Index("ix_certificates_organisation_id_id", "organisation_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Who issues it.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    # Of the number: an award's year, else the one of the issue.
    year: Mapped[int]
    sequence: Mapped[int]
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    award_id: Mapped[int | None] = mapped_column(ForeignKey("ranking_awards.id"))
    edition: Mapped[int] = mapped_column(default=1)
    # The name on it, to search by; the person may be called otherwise today.
    name: Mapped[str]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    payload: Mapped[str]
    signature: Mapped[str]
    signing_key_id: Mapped[int] = mapped_column(ForeignKey("signing_keys.id"))
    verify_code: Mapped[str] = mapped_column(unique=True)
    # The last entry of the ledger when it was issued: what came later was not known to it.
    last_entry_id: Mapped[int] = mapped_column(BigInteger)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    issued_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    # The volunteer for whom the issuer acted (亲情代办), if so.
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"), unique=True)


class CertificateRevocation(Model):
    """That a certificate holds no longer, and why."""

    __tablename__ = "certificate_revocations"
    __table_args__ = (
        CheckConstraint(f"category IN {CATEGORIES}", name="category"),
        CheckConstraint("reason <> ''", name="reason"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), unique=True)
    # Public; the reason is for the organisers.
    category: Mapped[str]
    reason: Mapped[str]
    revoked_at: Mapped[datetime] = mapped_column(Instant)
    revoked_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))


class VerifyMiss(Model):
    """A code tried that nobody knows, for the limit; gone after a day."""

    __tablename__ = "verify_misses"
    __table_args__ = (
        Index("ix_verify_misses_address_sha256_at", "address_sha256", "at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Keyed anew each day: nobody is followed from one day to the next.
    address_sha256: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant, index=True)
