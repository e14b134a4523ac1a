"""frozen rankings, the schemes they were made by, objections."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# A freeze names the snapshot it corrects, a snapshot the freeze that made it.
_SNAPSHOT = "fk_ranking_freezes_snapshot_id"

TABLES = (
    "noticed_years",
    "ranking_schemes",
    "ranking_exclusions",
    "ranking_freezes",
    "ranking_titles",
    "ranking_snapshots",
    "notice_extensions",
    "objections",
    "ranking_finals",
    "ranking_rows",
    "ranking_team_rows",
    "ranking_awards",
)


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _first_the_other() -> list[sa.ForeignKeyConstraint]:
    """SQLite takes a reference to a table that comes later, PostgreSQL adds it then."""
    if op.get_bind().dialect.name != "sqlite":
        return []
    return [sa.ForeignKeyConstraint(["snapshot_id"], ["ranking_snapshots.id"], name=_SNAPSHOT)]


def upgrade() -> None:
    _make_noticed_years()
    _make_ranking_schemes()
    _make_ranking_exclusions()
    _make_ranking_freezes()
    _make_ranking_titles()
    _make_ranking_snapshots()
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key(
            _SNAPSHOT, "ranking_freezes", "ranking_snapshots", ["snapshot_id"], ["id"]
        )
    _make_notice_extensions()
    _make_objections()
    _make_ranking_finals()
    _make_ranking_rows()
    _make_ranking_team_rows()
    _make_ranking_awards()


def _make_noticed_years() -> None:
    op.create_table(
        "noticed_years",
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_noticed_years_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "year", name=op.f("pk_noticed_years")),
        sqlite_strict=True,
    )


def _make_ranking_schemes() -> None:
    op.create_table(
        "ranking_schemes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_weighted", sa.Boolean(), nullable=False),
        sa.Column("per_hour", sa.Integer(), nullable=False),
        sa.Column("per_date", sa.Integer(), nullable=False),
        sa.Column("per_service_day", sa.Integer(), nullable=False),
        sa.Column("per_point", sa.Integer(), nullable=False),
        sa.Column("minimum_minutes", sa.Integer(), nullable=False),
        sa.Column("member_since", sa.Date(), nullable=True),
        sa.Column("titles_per_person", sa.Integer(), nullable=False),
        sa.Column("made_by_id", _id(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "minimum_minutes >= 0 AND titles_per_person >= 1",
            name=op.f("ck_ranking_schemes_figures"),
        ),
        sa.CheckConstraint(
            "per_hour >= 0 AND per_date >= 0 AND per_service_day >= 0 AND per_point >= 0 AND is_weighted = (per_hour + per_date + per_service_day + per_point > 0)",
            name=op.f("ck_ranking_schemes_weights"),
        ),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["logins.id"], name=op.f("fk_ranking_schemes_made_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_ranking_schemes_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_schemes")),
        sa.UniqueConstraint(
            "organisation_id",
            "year",
            "version",
            name=op.f("uq_ranking_schemes_organisation_id_year_version"),
        ),
        sqlite_strict=True,
    )


def _make_ranking_exclusions() -> None:
    op.create_table(
        "ranking_exclusions",
        sa.Column("scheme_id", _id(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_ranking_exclusions_reason")),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["ranking_schemes.id"], name=op.f("fk_ranking_exclusions_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_ranking_exclusions_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("scheme_id", "volunteer_id", name=op.f("pk_ranking_exclusions")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_ranking_exclusions_volunteer_id"),
        "ranking_exclusions",
        ["volunteer_id"],
        unique=False,
    )


def _make_ranking_freezes() -> None:
    op.create_table(
        "ranking_freezes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("asked_for", sa.String(), nullable=False),
        sa.Column("scheme_id", _id(), nullable=False),
        sa.Column("snapshot_id", _id(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asker_id", _id(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("second_id", _id(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("is_alone", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(NOT is_alone OR state = 'done') AND (NOT (is_alone OR state = 'refused') OR answer <> '')",
            name=op.f("ck_ranking_freezes_alone"),
        ),
        sa.CheckConstraint(
            "(asked_for = 'notice') = (snapshot_id IS NULL)", name=op.f("ck_ranking_freezes_about")
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (answered_at IS NULL)", name=op.f("ck_ranking_freezes_answered")
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'refused') AND NOT is_alone) = (second_id IS NOT NULL)",
            name=op.f("ck_ranking_freezes_second"),
        ),
        sa.CheckConstraint(
            "asked_for <> 'correction' OR reason <> ''", name=op.f("ck_ranking_freezes_reason")
        ),
        sa.CheckConstraint(
            "asked_for IN ('notice', 'correction', 'final')",
            name=op.f("ck_ranking_freezes_asked_for"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'done', 'refused', 'withdrawn')",
            name=op.f("ck_ranking_freezes_state"),
        ),
        sa.CheckConstraint(
            "second_id IS NULL OR second_id <> asker_id", name=op.f("ck_ranking_freezes_two_people")
        ),
        sa.ForeignKeyConstraint(
            ["asker_id"], ["logins.id"], name=op.f("fk_ranking_freezes_asker_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_ranking_freezes_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["ranking_schemes.id"], name=op.f("fk_ranking_freezes_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["logins.id"], name=op.f("fk_ranking_freezes_second_id")
        ),
        *_first_the_other(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_freezes")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_ranking_freezes_organisation_id"),
        "ranking_freezes",
        ["organisation_id"],
        unique=False,
    )
    op.create_index(
        "uq_ranking_freezes_asked",
        "ranking_freezes",
        ["organisation_id", "year"],
        unique=True,
        sqlite_where=sa.text("state = 'asked'"),
        postgresql_where=sa.text("state = 'asked'"),
    )


def _make_ranking_titles() -> None:
    op.create_table(
        "ranking_titles",
        sa.Column("scheme_id", _id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.CheckConstraint(
            "category IN ('overall', 'colour', 'kind', 'team', 'newcomer')",
            name=op.f("ck_ranking_titles_category"),
        ),
        sa.CheckConstraint("places >= 1 AND title <> ''", name=op.f("ck_ranking_titles_figures")),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["ranking_schemes.id"], name=op.f("fk_ranking_titles_scheme_id")
        ),
        sa.PrimaryKeyConstraint("scheme_id", "position", name=op.f("pk_ranking_titles")),
        sqlite_strict=True,
    )


def _make_ranking_snapshots() -> None:
    op.create_table(
        "ranking_snapshots",
        sa.Column("id", _id(), nullable=False),
        sa.Column("freeze_id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("corrects_id", _id(), nullable=True),
        sa.Column("scheme_id", _id(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("rule_versions", sa.String(), nullable=False),
        sa.Column("least_people", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("colours_sha256", sa.String(), nullable=False),
        sa.Column("teams_sha256", sa.String(), nullable=False),
        sa.Column("awards_sha256", sa.String(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_from_on", sa.Date(), nullable=False),
        sa.Column("notice_until_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (number = 1)", name=op.f("ck_ranking_snapshots_corrects")
        ),
        sa.CheckConstraint("corrects_id < id", name=op.f("ck_ranking_snapshots_corrects_earlier")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_ranking_snapshots_sha256")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["ranking_snapshots.id"], name=op.f("fk_ranking_snapshots_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["freeze_id"], ["ranking_freezes.id"], name=op.f("fk_ranking_snapshots_freeze_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_ranking_snapshots_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["ranking_schemes.id"], name=op.f("fk_ranking_snapshots_scheme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_snapshots")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_ranking_snapshots_corrects_id")),
        sa.UniqueConstraint("freeze_id", name=op.f("uq_ranking_snapshots_freeze_id")),
        sa.UniqueConstraint(
            "organisation_id",
            "year",
            "number",
            name=op.f("uq_ranking_snapshots_organisation_id_year_number"),
        ),
        sqlite_strict=True,
    )


def _make_notice_extensions() -> None:
    op.create_table(
        "notice_extensions",
        sa.Column("id", _id(), nullable=False),
        sa.Column("snapshot_id", _id(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("extended_by_id", _id(), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_notice_extensions_reason")),
        sa.ForeignKeyConstraint(
            ["extended_by_id"], ["logins.id"], name=op.f("fk_notice_extensions_extended_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["ranking_snapshots.id"], name=op.f("fk_notice_extensions_snapshot_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_extensions")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_notice_extensions_snapshot_id"), "notice_extensions", ["snapshot_id"], unique=False
    )


def _make_objections() -> None:
    op.create_table(
        "objections",
        sa.Column("id", _id(), nullable=False),
        sa.Column("snapshot_id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("raised_by_id", _id(), nullable=False),
        sa.Column("about_id", _id(), nullable=True),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("answered_by_id", _id(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("ck_objections_ended")
        ),
        sa.CheckConstraint(
            "(state IN ('upheld', 'refused')) = (answered_by_id IS NOT NULL) AND (state IN ('upheld', 'refused')) = (answer <> '')",
            name=op.f("ck_objections_answered"),
        ),
        sa.CheckConstraint("NOT is_public OR answer <> ''", name=op.f("ck_objections_public")),
        sa.CheckConstraint(
            "state IN ('open', 'upheld', 'refused', 'withdrawn')", name=op.f("ck_objections_state")
        ),
        sa.CheckConstraint("words <> ''", name=op.f("ck_objections_words")),
        sa.ForeignKeyConstraint(
            ["about_id"], ["volunteers.id"], name=op.f("fk_objections_about_id")
        ),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["logins.id"], name=op.f("fk_objections_answered_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_objections_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["raised_by_id"], ["logins.id"], name=op.f("fk_objections_raised_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["ranking_snapshots.id"], name=op.f("fk_objections_snapshot_id")
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_objections_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objections")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_objections_organisation_id_year",
        "objections",
        ["organisation_id", "year"],
        unique=False,
    )
    op.create_index(
        op.f("ix_objections_volunteer_id"), "objections", ["volunteer_id"], unique=False
    )


def _make_ranking_finals() -> None:
    op.create_table(
        "ranking_finals",
        sa.Column("snapshot_id", _id(), nullable=False),
        sa.Column("freeze_id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("final_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["freeze_id"], ["ranking_freezes.id"], name=op.f("fk_ranking_finals_freeze_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_ranking_finals_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["ranking_snapshots.id"], name=op.f("fk_ranking_finals_snapshot_id")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", name=op.f("pk_ranking_finals")),
        sa.UniqueConstraint("freeze_id", name=op.f("uq_ranking_finals_freeze_id")),
        sa.UniqueConstraint(
            "organisation_id", "year", name=op.f("uq_ranking_finals_organisation_id_year")
        ),
        sqlite_strict=True,
    )


def _make_ranking_rows() -> None:
    op.create_table(
        "ranking_rows",
        sa.Column("snapshot_id", _id(), nullable=False),
        sa.Column("colour_id", sa.BigInteger(), nullable=False),
        sa.Column("volunteer_id", _id(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column(
            "number",
            sa.String().with_variant(sa.String(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("dates", sa.Integer(), nullable=False),
        sa.Column("service_days", sa.Integer(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["ranking_snapshots.id"], name=op.f("fk_ranking_rows_snapshot_id")
        ),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_ranking_rows_volunteer_id")
        ),
        sa.PrimaryKeyConstraint(
            "snapshot_id", "colour_id", "volunteer_id", name=op.f("pk_ranking_rows")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_ranking_rows_order",
        "ranking_rows",
        ["snapshot_id", "colour_id", "rank", "number"],
        unique=False,
    )
    op.create_index("ix_ranking_rows_volunteer_id", "ranking_rows", ["volunteer_id"], unique=False)


def _make_ranking_team_rows() -> None:
    op.create_table(
        "ranking_team_rows",
        sa.Column("snapshot_id", _id(), nullable=False),
        sa.Column("team_id", _id(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("colour_id", _id(), nullable=False),
        sa.Column("minutes", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["colour_id"], ["colours.id"], name=op.f("fk_ranking_team_rows_colour_id")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["ranking_snapshots.id"], name=op.f("fk_ranking_team_rows_snapshot_id")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_ranking_team_rows_team_id")
        ),
        sa.PrimaryKeyConstraint("snapshot_id", "team_id", name=op.f("pk_ranking_team_rows")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _make_ranking_awards() -> None:
    op.create_table(
        "ranking_awards",
        sa.Column("id", _id(), nullable=False),
        sa.Column("snapshot_id", _id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("colour_id", _id(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("volunteer_id", _id(), nullable=True),
        sa.Column("team_id", _id(), nullable=True),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("is_tied", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(category = 'colour') = (colour_id IS NOT NULL)", name=op.f("ck_ranking_awards_colour")
        ),
        sa.CheckConstraint(
            "(category = 'kind') = (kind IS NOT NULL)", name=op.f("ck_ranking_awards_kind")
        ),
        sa.CheckConstraint(
            "(category = 'team') = (team_id IS NOT NULL) AND (team_id IS NULL) = (volunteer_id IS NOT NULL)",
            name=op.f("ck_ranking_awards_whose"),
        ),
        sa.CheckConstraint(
            "category IN ('overall', 'colour', 'kind', 'team', 'newcomer')",
            name=op.f("ck_ranking_awards_category"),
        ),
        sa.ForeignKeyConstraint(
            ["colour_id"], ["colours.id"], name=op.f("fk_ranking_awards_colour_id")
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id", "team_id"],
            ["ranking_team_rows.snapshot_id", "ranking_team_rows.team_id"],
            name="fk_ranking_awards_team_row",
        ),
        sa.ForeignKeyConstraint(
            ["snapshot_id"], ["ranking_snapshots.id"], name=op.f("fk_ranking_awards_snapshot_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_ranking_awards_team_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_ranking_awards_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking_awards")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_ranking_awards_volunteer_id", "ranking_awards", ["volunteer_id"], unique=False
    )
    op.create_index(
        "uq_ranking_awards_team",
        "ranking_awards",
        ["snapshot_id", "position", "team_id"],
        unique=True,
        sqlite_where=sa.text("team_id IS NOT NULL"),
        postgresql_where=sa.text("team_id IS NOT NULL"),
    )
    op.create_index(
        "uq_ranking_awards_volunteer",
        "ranking_awards",
        ["snapshot_id", "position", "volunteer_id"],
        unique=True,
        sqlite_where=sa.text("volunteer_id IS NOT NULL"),
        postgresql_where=sa.text("volunteer_id IS NOT NULL"),
    )


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(_SNAPSHOT, "ranking_freezes", type_="foreignkey")
    for table in reversed(TABLES):
        op.drop_table(table)
