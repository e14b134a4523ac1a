"""saved reports."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_saved_reports_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name)


def upgrade() -> None:
    op.create_table(
        "saved_reports",
        sa.Column("id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("owner_id", _id(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        _link("organisation_id", "organisations"),
        _link("owner_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_reports")),
        sa.UniqueConstraint("organisation_id", "name", name=op.f("uq_saved_reports_name")),
        sqlite_strict=True,
    )
    op.create_index("ix_saved_reports_owner_id", "saved_reports", ["owner_id"])


def downgrade() -> None:
    op.drop_table("saved_reports")
