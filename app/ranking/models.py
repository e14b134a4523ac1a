"""Schemes, what two people decided, and what was frozen then. Only requests and objections move."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Id, Instant, Model
from app.ranking.rules.schemes import CATEGORIES
from app.ranking.rules.stages import ASKED_FOR, FREEZE_STATES, OBJECTION_STATES

_CODE_POINTS = String().with_variant(String(collation="C"), "postgresql")
_ASKED = text("state = 'asked'")


class RankingScheme(Model):
    """One version of an organisation's scheme for one year; a change is a new version."""

    __tablename__ = "ranking_schemes"
    __table_args__ = (
        CheckConstraint(
            "per_hour >= 0 AND per_date >= 0 AND per_service_day >= 0 AND per_point >= 0"
            " AND is_weighted = (per_hour + per_date + per_service_day + per_point > 0)",
            name="weights",
        ),
        CheckConstraint("minimum_minutes >= 0 AND titles_per_person >= 1", name="figures"),
        UniqueConstraint("organisation_id", "year", "version"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    version: Mapped[int]
    is_weighted: Mapped[bool]
    per_hour: Mapped[int]
    per_date: Mapped[int]
    per_service_day: Mapped[int]
    per_point: Mapped[int]
    minimum_minutes: Mapped[int]
    member_since: Mapped[date | None]
    titles_per_person: Mapped[int]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)


class RankingTitle(Model):
    """One title of a scheme, in its order."""

    __tablename__ = "ranking_titles"
    __table_args__ = (
        CheckConstraint(f"category IN {CATEGORIES}", name="category"),
        CheckConstraint("places >= 1 AND title <> ''", name="figures"),
        {"sqlite_strict": True},
    )

    scheme_id: Mapped[int] = mapped_column(ForeignKey("ranking_schemes.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    category: Mapped[str]
    places: Mapped[int]
    title: Mapped[str]


class RankingExclusion(Model):
    """Somebody who receives no title by a scheme, and why; the rank stays theirs."""

    __tablename__ = "ranking_exclusions"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"), {"sqlite_strict": True})

    scheme_id: Mapped[int] = mapped_column(ForeignKey("ranking_schemes.id"), primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(
        ForeignKey("volunteers.id"), primary_key=True, index=True
    )
    reason: Mapped[str]


class RankingFreeze(Model):
    """What one person asked for and a second one decided: a notice, a correction, the final list.

    Only its answer is ever written to it.
    """

    __tablename__ = "ranking_freezes"
    __table_args__ = (
        CheckConstraint(f"asked_for IN {ASKED_FOR}", name="asked_for"),
        CheckConstraint(f"state IN {FREEZE_STATES}", name="state"),
        CheckConstraint("(asked_for = 'notice') = (snapshot_id IS NULL)", name="about"),
        CheckConstraint("asked_for <> 'correction' OR reason <> ''", name="reason"),
        CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered"),
        CheckConstraint(
            "(state IN ('done', 'refused') AND NOT is_alone) = (second_id IS NOT NULL)",
            name="second",
        ),
        CheckConstraint("second_id IS NULL OR second_id <> asker_id", name="two_people"),
        CheckConstraint(
            "(NOT is_alone OR state = 'done')"
            " AND (NOT (is_alone OR state = 'refused') OR answer <> '')",
            name="alone",
        ),
        # One question at a time, whatever it asks for.
        Index(
            "uq_ranking_freezes_asked",
            "organisation_id",
            "year",
            unique=True,
            sqlite_where=_ASKED,
            postgresql_where=_ASKED,
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    year: Mapped[int]
    asked_for: Mapped[str]
    scheme_id: Mapped[int] = mapped_column(ForeignKey("ranking_schemes.id"))
    # What is corrected or made final.
    snapshot_id: Mapped[int | None] = mapped_column(
        ForeignKey("ranking_snapshots.id", use_alter=True, name="fk_ranking_freezes_snapshot_id")
    )
    reason: Mapped[str]
    asker_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="asked")
    second_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    # Why it was refused, or why one person did it alone.
    answer: Mapped[str] = mapped_column(default="")
    # 一人办理: there was nobody who could have been the second.
    is_alone: Mapped[bool] = mapped_column(default=False)


class RankingSnapshot(Model):
    """A frozen ranking: from which mark, scope, scheme and rules, and the bytes that came of it."""

    __tablename__ = "ranking_snapshots"
    __table_args__ = (
        CheckConstraint("(corrects_id IS NULL) = (number = 1)", name="corrects"),
        CheckConstraint("corrects_id < id", name="corrects_earlier"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        UniqueConstraint("organisation_id", "year", "number"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    freeze_id: Mapped[int] = mapped_column(ForeignKey("ranking_freezes.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    # 1, 2, … within the organisation's year.
    number: Mapped[int]
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("ranking_snapshots.id"), unique=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("ranking_schemes.id"))
    # The last entry that counts.
    mark: Mapped[int] = mapped_column(BigInteger)
    # Ids as JSON: the organisation and all below it at the mark; rule versions that counted.
    scope: Mapped[str]
    rule_versions: Mapped[str]
    # So many active people a team needed to be placed.
    least_people: Mapped[int]
    people: Mapped[int]
    minutes: Mapped[int] = mapped_column(BigInteger)
    # Of the canonical CSV, and of the other lists in their canonical forms.
    sha256: Mapped[str]
    colours_sha256: Mapped[str]
    teams_sha256: Mapped[str]
    awards_sha256: Mapped[str]
    frozen_at: Mapped[datetime] = mapped_column(Instant)
    # The public notice, both days included, as it was fixed with the freeze.
    notice_from_on: Mapped[date]
    notice_until_on: Mapped[date]


class RankingRow(Model):
    """One person's place in a frozen ranking: in every colour together (0) or in one."""

    __tablename__ = "ranking_rows"
    __table_args__ = (
        Index("ix_ranking_rows_order", "snapshot_id", "colour_id", "rank", "number"),
        Index("ix_ranking_rows_volunteer_id", "volunteer_id"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    snapshot_id: Mapped[int] = mapped_column(ForeignKey("ranking_snapshots.id"), primary_key=True)
    colour_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True)
    rank: Mapped[int]
    number: Mapped[str] = mapped_column(_CODE_POINTS)
    minutes: Mapped[int] = mapped_column(BigInteger)
    dates: Mapped[int]
    service_days: Mapped[int]
    points_hundredths: Mapped[int] = mapped_column(BigInteger)
    # By the scheme's weights; missing in the default order.
    score: Mapped[int | None] = mapped_column(BigInteger)
    # What decides on titles, as it was at the mark.
    kind: Mapped[str]
    joined_on: Mapped[date | None]


class RankingTeamRow(Model):
    """One team's place in a frozen ranking."""

    __tablename__ = "ranking_team_rows"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    snapshot_id: Mapped[int] = mapped_column(ForeignKey("ranking_snapshots.id"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    rank: Mapped[int | None]
    code: Mapped[str]
    name: Mapped[str]
    colour_id: Mapped[int] = mapped_column(ForeignKey("colours.id"))
    minutes: Mapped[int] = mapped_column(BigInteger)
    people: Mapped[int]


class RankingAward(Model):
    """One title that a frozen ranking gives."""

    __tablename__ = "ranking_awards"
    __table_args__ = (
        CheckConstraint(f"category IN {CATEGORIES}", name="category"),
        CheckConstraint(
            "(category = 'team') = (team_id IS NOT NULL)"
            " AND (team_id IS NULL) = (volunteer_id IS NOT NULL)",
            name="whose",
        ),
        CheckConstraint("(category = 'colour') = (colour_id IS NOT NULL)", name="colour"),
        CheckConstraint("(category = 'kind') = (kind IS NOT NULL)", name="kind"),
        ForeignKeyConstraint(
            ["snapshot_id", "team_id"],
            ["ranking_team_rows.snapshot_id", "ranking_team_rows.team_id"],
            name="fk_ranking_awards_team_row",
        ),
        Index(
            "uq_ranking_awards_volunteer",
            "snapshot_id",
            "position",
            "volunteer_id",
            unique=True,
            sqlite_where=text("volunteer_id IS NOT NULL"),
            postgresql_where=text("volunteer_id IS NOT NULL"),
        ),
        Index(
            "uq_ranking_awards_team",
            "snapshot_id",
            "position",
            "team_id",
            unique=True,
            sqlite_where=text("team_id IS NOT NULL"),
            postgresql_where=text("team_id IS NOT NULL"),
        ),
        Index("ix_ranking_awards_volunteer_id", "volunteer_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("ranking_snapshots.id"))
    position: Mapped[int]
    category: Mapped[str]
    title: Mapped[str]
    colour_id: Mapped[int | None] = mapped_column(ForeignKey("colours.id"))
    kind: Mapped[str | None]
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    # Within the list the title is given by; the teams', a colour's, everyone's, one kind's.
    rank: Mapped[int]
    is_tied: Mapped[bool]


class NoticeExtension(Model):
    """The notice of a snapshot goes on until a later day; only ever added to."""

    __tablename__ = "notice_extensions"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("ranking_snapshots.id"), index=True)
    until_on: Mapped[date]
    reason: Mapped[str]
    extended_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    extended_at: Mapped[datetime] = mapped_column(Instant)


class RankingFinal(Model):
    """The snapshot that is final 定榜; one for an organisation and year, for good."""

    __tablename__ = "ranking_finals"
    __table_args__ = (
        UniqueConstraint("organisation_id", "year"),
        {"sqlite_strict": True},
    )

    snapshot_id: Mapped[int] = mapped_column(ForeignKey("ranking_snapshots.id"), primary_key=True)
    freeze_id: Mapped[int] = mapped_column(ForeignKey("ranking_freezes.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    final_at: Mapped[datetime] = mapped_column(Instant)


class Objection(Model):
    """异议: what a volunteer says against a notice, and what was answered."""

    __tablename__ = "objections"
    __table_args__ = (
        CheckConstraint(f"state IN {OBJECTION_STATES}", name="state"),
        CheckConstraint("words <> ''", name="words"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        CheckConstraint(
            "(state IN ('upheld', 'refused')) = (answered_by_id IS NOT NULL)"
            " AND (state IN ('upheld', 'refused')) = (answer <> '')",
            name="answered",
        ),
        CheckConstraint("NOT is_public OR answer <> ''", name="public"),
        Index("ix_objections_organisation_id_year", "organisation_id", "year"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("ranking_snapshots.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    year: Mapped[int]
    # Whose objection it is, and who was signed in for them.
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    raised_by_id: Mapped[int] = mapped_column(ForeignKey("logins.id"))
    # Whose place it is about, if anybody's in particular.
    about_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    words: Mapped[str]
    raised_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="open")
    answer: Mapped[str] = mapped_column(default="")
    # Shown on the notice, without a name, or to whoever objected only.
    is_public: Mapped[bool] = mapped_column(default=False)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("logins.id"))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
