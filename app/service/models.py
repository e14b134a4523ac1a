"""Service records, the batches they came in, and the totals kept beside them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model

# Stands for all colours together in the standings.
EVERY_COLOUR = 0
# A year has 366 dates at most, which nine bits hold.
ORDER_KEY = "-(minutes * 262144 + dates * 512 + service_days)"
BATCH_KINDS = ("day", "roster", "service", "signin", "opening")
STATES = ("draft", "submitted", "approved", "rejected", "reversed")
EVIDENCE = ("signed_in", "entered", "imported", "claimed")
WAITS = ("own_row", "late", "over_limit", "two_people", "new_person", "claim", "correction")
_LIVE = text("external_id IS NOT NULL AND state IN ('draft', 'submitted', 'approved')")


class Batch(Model):
    """Many things done as one: a service day's form, or an imported sheet; undone as one."""

    __tablename__ = "batches"
    __table_args__ = (
        CheckConstraint(f"kind IN {BATCH_KINDS}", name="kind"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    service_on: Mapped[date | None]
    actor_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    file_name: Mapped[str | None]
    file_sha256: Mapped[str | None]
    rows: Mapped[int]
    created: Mapped[int]
    updated: Mapped[int]
    duplicates: Mapped[int]
    refused: Mapped[int]
    blank: Mapped[int]
    undone_at: Mapped[datetime | None] = mapped_column(Instant)


class ServiceRecord(Model):
    """One volunteer's service on one civil date. Once decided only its state moves on."""

    __tablename__ = "service_records"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint(
            "starts_minute IS NULL OR (starts_minute >= 0 AND starts_minute + minutes <= 1440)",
            name="within_the_day",
        ),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(f"evidence IN {EVIDENCE}", name="evidence"),
        CheckConstraint(f"waits_reason IS NULL OR waits_reason IN {WAITS}", name="waits_reason"),
        CheckConstraint(
            "(state IN ('approved', 'reversed')) = (award_entry_id IS NOT NULL)", name="awarded"
        ),
        CheckConstraint("(state = 'reversed') = (reversal_entry_id IS NOT NULL)", name="reversed"),
        CheckConstraint("part IN (1, 2)", name="part"),
        Index(
            "uq_service_records_external_id",
            "root_id",
            "external_id",
            "part",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_service_records_volunteer_id_service_on", "volunteer_id", "service_on"),
        Index("ix_service_records_team_id_service_on", "team_id", "service_on"),
        Index(
            "ix_service_records_waiting",
            "team_id",
            sqlite_where=text("state = 'submitted'"),
            postgresql_where=text("state = 'submitted'"),
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # The organisation root, within which an external id is unique.
    root_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    # As the team stood on the service date.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    colour_id: Mapped[int] = mapped_column(ForeignKey("colours.id"))
    service_on: Mapped[date]
    minutes: Mapped[int]
    starts_minute: Mapped[int | None]
    content: Mapped[str]
    place: Mapped[str | None]
    note: Mapped[str | None]
    evidence: Mapped[str]
    external_id: Mapped[str | None]
    # 1, or 2 for the part after midnight; both halves name the first in first_part_id.
    part: Mapped[int] = mapped_column(default=1)
    first_part_id: Mapped[int | None] = mapped_column(
        ForeignKey("service_records.id", deferrable=True, initially="DEFERRED"), index=True
    )
    state: Mapped[str]
    waits_reason: Mapped[str | None]
    is_guest: Mapped[bool]
    is_service_day: Mapped[bool]
    is_service_month: Mapped[bool]
    earns_points: Mapped[bool]
    # The daily limit it was judged by.
    daily_limit_minutes: Mapped[int]
    points_hundredths: Mapped[int] = mapped_column(BigInteger)
    recorder_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    approver_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str | None]
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("service_records.id"), index=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"), index=True)
    # The activity whose closing posted it.
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activities.id"), index=True)
    award_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), unique=True
    )
    reversal_entry_id: Mapped[int | None] = mapped_column(
        ForeignKey("entries.id", deferrable=True, initially="DEFERRED"), unique=True
    )


class ServiceTotal(Model):
    """What one person served with one team in one year, kept in the posting transaction (I-25)."""

    __tablename__ = "service_totals"
    __table_args__ = (
        CheckConstraint("minutes >= 0 AND dates >= 0 AND service_days >= 0", name="counts"),
        UniqueConstraint(
            "volunteer_id",
            "year",
            "team_id",
            "organisation_id",
            "colour_id",
            name="uq_service_totals_key",
        ),
        Index("ix_service_totals_year_organisation_id", "year", "organisation_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    year: Mapped[int]
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    colour_id: Mapped[int] = mapped_column(ForeignKey("colours.id"))
    records: Mapped[int]
    minutes: Mapped[int] = mapped_column(BigInteger)
    points_hundredths: Mapped[int] = mapped_column(BigInteger)
    # Distinct civil dates, and those of them that were service days, within this row's key.
    dates: Mapped[int]
    service_days: Mapped[int]


class Standing(Model):
    """What one person served in one year with all teams of an organisation and those below it.

    In one colour, or in every colour (0); kept in the posting transaction beside the totals. The
    ranking reads it along an index, so the person's number stands here too, by code point.
    """

    __tablename__ = "standings"
    __table_args__ = (
        CheckConstraint(
            "minutes >= 0 AND dates BETWEEN 0 AND 366 AND service_days BETWEEN 0 AND 366",
            name="counts",
        ),
        CheckConstraint(f"order_key = {ORDER_KEY}", name="order_key"),
        Index(
            "ix_standings_order",
            "organisation_id",
            "colour_id",
            "year",
            "order_key",
            "number",
            "volunteer_id",
        ),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    # Reckoned from records whose own organisation and colour are held by references.
    organisation_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    colour_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[str] = mapped_column(String().with_variant(String(collation="C"), "postgresql"))
    records: Mapped[int]
    minutes: Mapped[int] = mapped_column(BigInteger)
    points_hundredths: Mapped[int] = mapped_column(BigInteger)
    dates: Mapped[int]
    service_days: Mapped[int]
    # Rises as the ranking goes down: minutes, dates and service days as one whole number, so
    # that equal keys share a rank and one index bears the order. No generated column: SQLite
    # would fetch the row for each key of the index.
    order_key: Mapped[int] = mapped_column(BigInteger)


class DayTotal(Model):
    """What was served with one team on one date, kept in the posting transaction (I-25).

    No references: each row is a sum of records whose own are held by them.
    """

    __tablename__ = "day_totals"
    __table_args__ = (
        CheckConstraint("records >= 0 AND minutes >= 0", name="counts"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    # As the team stood on the service date, like the records.
    organisation_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    service_on: Mapped[date] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    colour_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    records: Mapped[int]
    minutes: Mapped[int] = mapped_column(BigInteger)


class NoticedYear(Model):
    """A year of an organisation under public notice: its leaders undo nothing of it any more."""

    __tablename__ = "noticed_years"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    noticed_at: Mapped[datetime] = mapped_column(Instant)
