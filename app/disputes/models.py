"""Disputes with the lines of their threads, and the years that volunteers have confirmed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model
from app.disputes.rules import LINES, STATES, WHATS, WORDED

_OPEN = text("state IN ('open', 'passed_on')")


class Dispute(Model):
    """What a volunteer thinks is wrong with a record. Only its state moves on, with its thread."""

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint(f"what IN {WHATS}", name="what"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(
            f"(what IN {tuple(sorted(WORDED))}) = (wished_on IS NULL)"
            " AND (wished_on IS NULL) = (wished_minutes IS NULL)"
            " AND (wished_on IS NULL) = (wished_team_id IS NULL)"
            " AND (wished_on IS NULL) = (wished_content IS NULL)",
            name="wished",
        ),
        CheckConstraint(
            "wished_starts_minute IS NULL OR wished_on IS NOT NULL", name="wished_start"
        ),
        CheckConstraint("state = 'refused' OR NOT may_pass_on", name="may_pass_on"),
        Index(
            "uq_disputes_open",
            "record_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index("ix_disputes_state_due_on", "state", "due_on"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Of a night's two halves the first: one dispute speaks of both.
    record_id: Mapped[int] = mapped_column(ForeignKey("service_records.id"), index=True)
    # Whose record it is; an approved record never changes hands.
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    what: Mapped[str]
    wished_on: Mapped[date | None]
    wished_minutes: Mapped[int | None]
    wished_starts_minute: Mapped[int | None]
    wished_team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    wished_content: Mapped[str | None]
    raised_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="open")
    # The last day of the answer promised; another one once it is passed on.
    due_on: Mapped[date]
    # A leader refused it: an organiser may be asked, once.
    may_pass_on: Mapped[bool] = mapped_column(default=False)


class DisputeLine(Model):
    """One line of a dispute's thread: who did or said what, and when; never changed."""

    __tablename__ = "dispute_lines"
    __table_args__ = (
        CheckConstraint(f"kind IN {LINES}", name="kind"),
        CheckConstraint("kind NOT IN ('asked', 'replied') OR words <> ''", name="words"),
        Index("ix_dispute_lines_dispute_id", "dispute_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    dispute_id: Mapped[int] = mapped_column(ForeignKey("disputes.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    # The volunteer for whom the author acted (亲情代办), if so.
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    words: Mapped[str]
    # The record proposed, or the one that took the disputed one's place.
    record_id: Mapped[int | None] = mapped_column(ForeignKey("service_records.id"))


class YearCheck(Model):
    """我已核对: what somebody confirmed of a year, and up to which entry of their ledger.

    Whether it still holds is read from the books, never written: see docs/adr/0011.
    """

    __tablename__ = "year_checks"
    __table_args__ = (
        CheckConstraint("records > 0 AND minutes > 0 AND points_hundredths >= 0", name="figures"),
        UniqueConstraint("volunteer_id", "year", "entry_id", name="uq_year_checks_once"),
        Index("ix_year_checks_year", "year", "volunteer_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    year: Mapped[int]
    records: Mapped[int]
    minutes: Mapped[int] = mapped_column(BigInteger)
    points_hundredths: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str]
    # The last entry about a record of that year: whatever came later un-confirms it.
    entry_id: Mapped[int] = mapped_column(ForeignKey("entries.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
