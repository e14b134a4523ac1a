"""Activities, the projects that make them ahead, sign-ups, and who was there when."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.activities.rules import PUBLIC, STATES
from app.db import Id, Instant, Model

SIGN_UP_STATES = ("placed", "waiting", "withdrawn", "removed")
# What the closing says of whoever had a place: there, excused, or neither.
ATTENDANCES = ("present", "absent", "no_show")
METHODS = ("code", "paper_code", "card", "leader")
_LIVE = text("state IN ('placed', 'waiting')")
_OF_SERVICE_DAY = text("is_proposed AND state <> 'cancelled'")


class Project(Model):
    """A recurring service of a team, such as every Tuesday: it makes activities ahead."""

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("every_weeks BETWEEN 1 AND 8", name="every_weeks"),
        CheckConstraint("starts_minute BETWEEN 0 AND 1439", name="starts_minute"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("places IS NULL OR places BETWEEN 1 AND 10000", name="places"),
        CheckConstraint("least_age IS NULL OR least_age BETWEEN 1 AND 99", name="least_age"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    # Monday is 0; counted in whole weeks from the first such day on or after from_on.
    weekday: Mapped[int]
    every_weeks: Mapped[int]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    skips_holidays: Mapped[bool] = mapped_column(default=False)
    title: Mapped[str]
    content: Mapped[str]
    place: Mapped[str]
    bring: Mapped[str]
    starts_minute: Mapped[int]
    minutes: Mapped[int]
    places: Mapped[int | None]
    least_age: Mapped[int | None]
    in_charge_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class Activity(Model):
    """One event of one team on one date, from its draft to its closing or cancelling."""

    __tablename__ = "activities"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("starts_minute BETWEEN 0 AND 1439", name="starts_minute"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes"),
        CheckConstraint("places IS NULL OR places BETWEEN 1 AND 10000", name="places"),
        CheckConstraint("taken >= 0 AND (places IS NULL OR taken <= places)", name="taken"),
        CheckConstraint("least_age IS NULL OR least_age BETWEEN 1 AND 99", name="least_age"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
        UniqueConstraint("project_id", "service_on", name="uq_activities_project_id_service_on"),
        Index("ix_activities_team_id_service_on", "team_id", "service_on"),
        Index("ix_activities_service_on", "service_on"),
        Index(
            "uq_activities_proposed",
            "team_id",
            "service_on",
            unique=True,
            sqlite_where=_OF_SERVICE_DAY,
            postgresql_where=_OF_SERVICE_DAY,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    service_on: Mapped[date]
    title: Mapped[str]
    content: Mapped[str]
    place: Mapped[str]
    bring: Mapped[str]
    # The plan: minute of the day, and how long; it may end after midnight.
    starts_minute: Mapped[int]
    minutes: Mapped[int]
    # None: as many as come.
    places: Mapped[int | None]
    # How many of them are taken, kept with every sign-up: the last one goes to one person.
    taken: Mapped[int] = mapped_column(default=0)
    least_age: Mapped[int | None]
    in_charge_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    state: Mapped[str] = mapped_column(default="draft")
    # Proposed by Qicai for a service day: one a team and date.
    is_proposed: Mapped[bool] = mapped_column(default=False)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    # Rises with every change: a page that shows an older one is told.
    version: Mapped[int] = mapped_column(default=1)
    # What the codes on the leader's screen and on paper are reckoned from; new ones stop the old.
    screen_secret: Mapped[str]
    paper_secret: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    # The batch its closing posted; none when nobody was there.
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"), index=True)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    cancel_reason: Mapped[str | None]


# What everybody may see: whatever was announced. A draft that was dropped never was.
IS_PUBLIC = and_(
    Activity.state.in_(PUBLIC),
    or_(Activity.state != "cancelled", Activity.published_at.is_not(None)),
)


class SignUp(Model):
    """Somebody's place at an activity, or in the line for one; it never counts as service."""

    __tablename__ = "sign_ups"
    __table_args__ = (
        CheckConstraint(f"state IN {SIGN_UP_STATES}", name="state"),
        CheckConstraint(
            "(state IN ('withdrawn', 'removed')) = (ended_at IS NOT NULL)", name="ended"
        ),
        CheckConstraint(
            f"attendance IS NULL OR (state = 'placed' AND attendance IN {ATTENDANCES})",
            name="attendance",
        ),
        Index(
            "uq_sign_ups_live",
            "activity_id",
            "volunteer_id",
            unique=True,
            sqlite_where=_LIVE,
            postgresql_where=_LIVE,
        ),
        Index("ix_sign_ups_volunteer_id", "volunteer_id"),
        {"sqlite_strict": True},
    )

    # Who came first waits first: ids rise.
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    state: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    placed_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    reason: Mapped[str | None]
    attendance: Mapped[str | None]


class CheckIn(Model):
    """When somebody came to an activity and went, and by what that is known."""

    __tablename__ = "check_ins"
    __table_args__ = (
        CheckConstraint(f"in_by IN {METHODS}", name="in_by"),
        CheckConstraint(f"out_by IS NULL OR out_by IN {METHODS}", name="out_by"),
        CheckConstraint("(out_at IS NULL) = (out_by IS NULL)", name="out"),
        CheckConstraint("out_at IS NULL OR out_at >= in_at", name="order"),
        UniqueConstraint("activity_id", "volunteer_id", name="uq_check_ins_person"),
        Index("ix_check_ins_volunteer_id", "volunteer_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    in_at: Mapped[datetime] = mapped_column(Instant)
    in_by: Mapped[str]
    in_actor_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    # A digest of the device's own word: one device for several people is told to the leader.
    in_device: Mapped[str | None]
    out_at: Mapped[datetime | None] = mapped_column(Instant)
    out_by: Mapped[str | None]
    out_actor_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    out_device: Mapped[str | None]


class CalendarFeed(Model):
    """The secret address of somebody's own calendar: one a person, until they make another."""

    __tablename__ = "calendar_feeds"
    __table_args__ = ({"sqlite_strict": True},)

    volunteer_id: Mapped[int] = mapped_column(
        ForeignKey("volunteers.id"), primary_key=True, autoincrement=False
    )
    token_sha256: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
