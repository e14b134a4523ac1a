"""Details of a person, and what was entered about them: withdrawn with a reason, never edited."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.archive.rules.documents import KINDS
from app.archive.rules.entries import COMPLAINT_STATES, ENTRY_STATES
from app.db import Id, Instant, Model


class PersonDetails(Model):
    """What the national rule asks of a person beside the roster; missing until it is filled in."""

    __tablename__ = "person_details"
    __table_args__ = (
        CheckConstraint(
            f"id_document_kind IS NULL OR id_document_kind IN {tuple(KINDS)}", name="kind"
        ),
        CheckConstraint(
            "(id_document_kind IS NULL) = (id_document_encrypted IS NULL)", name="document"
        ),
        {"sqlite_strict": True},
    )

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True)
    residence_area: Mapped[str] = mapped_column(default="")
    skills: Mapped[str] = mapped_column(default="")
    service_category: Mapped[str] = mapped_column(default="")
    id_document_kind: Mapped[str | None]
    # Sealed with a key that stands in no database (rules/sealing.py).
    id_document_encrypted: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))


class Entered:
    """Who entered something about whom, and why it was withdrawn, if it was."""

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    # Where the person stood when it was entered.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    entered_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(default="")


def _withdrawn() -> CheckConstraint:
    return CheckConstraint(
        "(state = 'withdrawn') = (withdrawn_at IS NOT NULL)"
        " AND (state = 'withdrawn') = (withdrawn_by_id IS NOT NULL)"
        " AND (state = 'withdrawn') = (reason <> '')",
        name="withdrawn",
    )


class TrainingTaken(Entered, Model):
    """A course somebody took."""

    __tablename__ = "trainings"
    __table_args__ = (
        CheckConstraint(f"state IN {ENTRY_STATES}", name="state"),
        CheckConstraint("course <> '' AND organiser <> ''", name="words"),
        CheckConstraint("minutes BETWEEN 1 AND 60000", name="minutes"),
        _withdrawn(),
        {"sqlite_strict": True},
    )

    course: Mapped[str]
    minutes: Mapped[int]
    held_on: Mapped[date]
    organiser: Mapped[str]
    state: Mapped[str] = mapped_column(default="valid")


class CommendationGiven(Entered, Model):
    """An honour somebody was given, here or elsewhere."""

    __tablename__ = "commendations"
    __table_args__ = (
        CheckConstraint(f"state IN {ENTRY_STATES}", name="state"),
        CheckConstraint("title <> '' AND given_by <> ''", name="words"),
        _withdrawn(),
        {"sqlite_strict": True},
    )

    title: Mapped[str]
    given_by: Mapped[str]
    given_on: Mapped[date]
    is_elsewhere: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[str] = mapped_column(default="valid")


class ComplaintReceived(Entered, Model):
    """What was said against somebody's service, and what came of it; never by whom."""

    __tablename__ = "complaints"
    __table_args__ = (
        CheckConstraint(f"state IN {COMPLAINT_STATES}", name="state"),
        CheckConstraint("content <> ''", name="words"),
        CheckConstraint(
            "(state <> 'answered' OR answered_on IS NOT NULL)"
            " AND (state <> 'open' OR answered_on IS NULL)"
            " AND (answered_on IS NULL) = (outcome = '')"
            " AND (answered_on IS NULL) = (answered_by_id IS NULL)",
            name="answered",
        ),
        _withdrawn(),
        {"sqlite_strict": True},
    )

    received_on: Mapped[date]
    content: Mapped[str]
    outcome: Mapped[str] = mapped_column(default="")
    answered_on: Mapped[date | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    state: Mapped[str] = mapped_column(default="open")
