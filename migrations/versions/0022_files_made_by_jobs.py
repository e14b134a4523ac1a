"""files made by jobs."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

LOOKED_FOR_BY = ("job_id", "owner_login_id", "organisation_id", "kept_until_at")


def _id() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _link(column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_made_files_{column}"))


def upgrade() -> None:
    """Add the table and what its rows are looked for by."""
    op.create_table(
        "made_files",
        sa.Column("id", _id(), nullable=False),
        sa.Column("job_id", _id(), nullable=False),
        sa.Column("owner_login_id", _id(), nullable=False),
        sa.Column("organisation_id", _id(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("ck_made_files_size")),
        sa.CheckConstraint("kept_until_at > made_at", name=op.f("ck_made_files_kept")),
        _link("job_id", "jobs"),
        _link("owner_login_id", "logins"),
        _link("organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_made_files")),
        sqlite_strict=True,
    )
    for column in LOOKED_FOR_BY:
        op.create_index(op.f(f"ix_made_files_{column}"), "made_files", [column])


def downgrade() -> None:
    """Take it away again."""
    for column in reversed(LOOKED_FOR_BY):
        op.drop_index(op.f(f"ix_made_files_{column}"), "made_files")
    op.drop_table("made_files")
