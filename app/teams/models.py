"""Colours, teams, where a team stood in the tree and when, who belongs to it and who asks to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model

_OPEN = text("state = 'open'")


class Colour(Model):
    """A theme of service. The seven are the default rows of an organisation root."""

    __tablename__ = "colours"
    __table_args__ = (UniqueConstraint("organisation_id", "key"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    key: Mapped[str]
    name: Mapped[str]
    glyph: Mapped[str]
    hex: Mapped[str]
    position: Mapped[int]
    retired_on: Mapped[date | None]


class Team(Model):
    """A team of one organisation in one colour, as it stands today."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    colour_id: Mapped[int] = mapped_column(ForeignKey("colours.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    retired_on: Mapped[date | None]


class TeamPlacement(Model):
    """The organisation and colour a team had from a date until another."""

    __tablename__ = "team_placements"
    __table_args__ = (UniqueConstraint("team_id", "from_on"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    colour_id: Mapped[int] = mapped_column(ForeignKey("colours.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class Membership(Model):
    """A volunteer in a team, as member or leader, from a date until another (inclusive)."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint("role IN ('leader', 'member')", name="role"),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="dates"),
        Index("ix_memberships_team_id_volunteer_id", "team_id", "volunteer_id"),
        Index("ix_memberships_volunteer_id", "volunteer_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    role: Mapped[str] = mapped_column(default="member")
    from_on: Mapped[date]
    until_on: Mapped[date | None]


class JoinRequest(Model):
    """A visitor asks to join; nobody is a volunteer by it until somebody answers."""

    __tablename__ = "join_requests"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'matched', 'refused')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint(
            "(state IN ('accepted', 'matched')) = (volunteer_id IS NOT NULL)", name="became"
        ),
        CheckConstraint("consent_by IN ('self', 'guardian')", name="consent_by"),
        CheckConstraint("(consent_by = 'guardian') = (guardian_name IS NOT NULL)", name="guardian"),
        Index(
            "uq_join_requests_open",
            "organisation_id",
            "phone",
            "name",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str]
    born_on: Mapped[date | None]
    guardian_name: Mapped[str | None]
    guardian_phone: Mapped[str | None]
    # No team was chosen, or advice wished for as well: organisers answer.
    wants_advice: Mapped[bool]
    privacy_version: Mapped[str]
    # Which notice for minors a guardian read here.
    minors_version: Mapped[str | None]
    consent_by: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="open")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    reason: Mapped[str | None]
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))


class JoinWish(Model):
    """A team a visitor would like; refused by its leader it may still be another's."""

    __tablename__ = "join_wishes"
    __table_args__ = (
        CheckConstraint("(refused_at IS NULL) = (refused_by_id IS NULL)", name="refused"),
        {"sqlite_strict": True},
    )

    request_id: Mapped[int] = mapped_column(ForeignKey("join_requests.id"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True, index=True)
    refused_at: Mapped[datetime | None] = mapped_column(Instant)
    refused_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    reason: Mapped[str | None]


class JoinTry(Model):
    """One sending of the public form, for the limits; gone after two days."""

    __tablename__ = "join_tries"
    __table_args__ = (
        Index("ix_join_tries_address_sha256_at", "address_sha256", "at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Keyed anew each day: nobody is followed from one day to the next.
    address_sha256: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant, index=True)


class TeamAsk(Model):
    """A volunteer asks to join a team, or says when they leave one."""

    __tablename__ = "team_asks"
    __table_args__ = (
        CheckConstraint("kind IN ('join', 'leave')", name="kind"),
        CheckConstraint("state IN ('open', 'accepted', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(kind = 'leave') = (last_on IS NOT NULL)", name="last_on"),
        CheckConstraint("(kind = 'leave') = (membership_id IS NOT NULL)", name="membership"),
        CheckConstraint("kind = 'join' OR state <> 'refused'", name="leaving_is_free"),
        Index(
            "uq_team_asks_open",
            "volunteer_id",
            "team_id",
            "kind",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), index=True)
    kind: Mapped[str]
    last_on: Mapped[date | None]
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("memberships.id"))
    # Missing where a visitor wished for several teams and one took them in.
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="open")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    reason: Mapped[str | None]


class HelperAsk(Model):
    """A volunteer asks that somebody may act for them (亲情代办); a leader or organiser answers."""

    __tablename__ = "helper_asks"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'accepted', 'refused', 'withdrawn')", name="state"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("volunteer_id <> helper_id", name="not_oneself"),
        Index(
            "uq_helper_asks_open",
            "volunteer_id",
            "helper_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    helper_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="open")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    reason: Mapped[str | None]
