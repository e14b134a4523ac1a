"""people joined into one."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "merges",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kept_id", _id(), nullable=False),
        sa.Column("gone_id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("merged_by_id", _id(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("figures", sa.String(), nullable=False),
        sa.CheckConstraint("gone_id <> kept_id", name=op.f("ck_merges_two")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_merges_reason")),
        _link("merges", "kept_id", "volunteers"),
        _link("merges", "gone_id", "volunteers"),
        _link("merges", "organisation_id", "organisations"),
        _link("merges", "merged_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
        sa.UniqueConstraint("gone_id", name=op.f("uq_merges_gone_id")),
        sqlite_strict=True,
    )
    op.create_index("ix_merges_kept_id", "merges", ["kept_id"])
    op.create_index("ix_merges_organisation_id", "merges", ["organisation_id"])
    op.create_table(
        "merged_years",
        sa.Column("merge_id", _id(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("points_hundredths", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", _id(), nullable=False),
        sa.CheckConstraint("points_hundredths <> 0", name=op.f("ck_merged_years_points")),
        _link("merged_years", "merge_id", "merges"),
        _link("merged_years", "entry_id", "entries"),
        sa.PrimaryKeyConstraint("merge_id", "year", name=op.f("pk_merged_years")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_merged_years_entry_id")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("merged_years")
    op.drop_table("merges")
