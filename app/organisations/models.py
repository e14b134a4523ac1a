"""The tree of organisations and the settings, holidays and substitute days held by its nodes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model


class Organisation(Model):
    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
    retired_on: Mapped[date | None]


class OrganisationChange(Model):
    """What became of an organisation: merged into another, split, retired, taken back.

    Of a split there is one row for each organisation that was made of it. Only added to.
    """

    __tablename__ = "organisation_changes"
    __table_args__ = (
        CheckConstraint("kind IN ('merged', 'split', 'retired', 'reopened')", name="kind"),
        CheckConstraint("(kind IN ('merged', 'split')) = (into_id IS NOT NULL)", name="into"),
        CheckConstraint("into_id <> organisation_id", name="another"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    into_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    changed_on: Mapped[date]
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    reason: Mapped[str]


class Setting(Model):
    """One figure an organisation sets for itself; those below inherit it."""

    __tablename__ = "settings"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Holiday(Model):
    """A correction of the working calendar: a holiday, or a make-up working day."""

    __tablename__ = "holidays"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    day_on: Mapped[date] = mapped_column(primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str]


class SubstituteServiceDay(Model):
    """The date that may stand in for one month's service day (rain, Spring Festival)."""

    __tablename__ = "substitute_service_days"
    __table_args__ = (
        CheckConstraint("month BETWEEN 1 AND 12", name="month"),
        Index("ix_substitute_service_days_organisation_id", "organisation_id"),
        {"sqlite_strict": True},
    )

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[int] = mapped_column(primary_key=True)
    substitute_on: Mapped[date]
    reason: Mapped[str]


class Revision(Model):
    """One row, whose word changes with anything organisations decide (see guards.py)."""

    __tablename__ = "revisions"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    word: Mapped[str]
