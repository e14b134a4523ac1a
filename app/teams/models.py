"""Colours, teams, where a team stood in the tree and when, and who belongs to it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Model


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
