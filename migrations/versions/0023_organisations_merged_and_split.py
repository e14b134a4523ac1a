"""organisations merged and split."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

LOOKED_FOR_BY = ("organisation_id", "into_id")


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(column: str, to: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_organisation_changes_{column}")
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name)


def upgrade() -> None:
    """Add the table and what its rows are looked for by."""
    op.create_table(
        "organisation_changes",
        sa.Column("id", _id(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=False),
        sa.Column("into_id", _id(), nullable=True),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by_id", _id(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('merged', 'split', 'retired', 'reopened')",
            name=op.f("ck_organisation_changes_kind"),
        ),
        sa.CheckConstraint(
            "(kind IN ('merged', 'split')) = (into_id IS NOT NULL)",
            name=op.f("ck_organisation_changes_into"),
        ),
        sa.CheckConstraint(
            "into_id <> organisation_id", name=op.f("ck_organisation_changes_another")
        ),
        _link("organisation_id", "organisations"),
        _link("into_id", "organisations"),
        _link("made_by_id", "logins"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_changes")),
        sqlite_strict=True,
    )
    for column in LOOKED_FOR_BY:
        op.create_index(op.f(f"ix_organisation_changes_{column}"), "organisation_changes", [column])


def downgrade() -> None:
    """Take it away again."""
    for column in reversed(LOOKED_FOR_BY):
        op.drop_index(op.f(f"ix_organisation_changes_{column}"), "organisation_changes")
    op.drop_table("organisation_changes")
