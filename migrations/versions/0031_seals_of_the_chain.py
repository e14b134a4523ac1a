"""seals of the chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; what was posted before is sealed by the worker, a link at a time."""
    hashes = ("entries_sha256", "postings_sha256", "previous_sha256", "sha256")
    op.create_table(
        "chain_links",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("after_id", sa.BigInteger(), nullable=False),
        sa.Column("through_id", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("postings", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in hashes),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id >= 1", name=op.f("ck_chain_links_number")),
        sa.CheckConstraint(
            "after_id >= 0 AND after_id < through_id", name=op.f("ck_chain_links_block")
        ),
        sa.CheckConstraint(
            "entries >= 1 AND postings >= 2 * entries", name=op.f("ck_chain_links_counts")
        ),
        sa.CheckConstraint("(id = 1) = (after_id = 0)", name=op.f("ck_chain_links_beginning")),
        sa.CheckConstraint(
            " AND ".join(f"length({name}) = 64" for name in hashes),
            name=op.f("ck_chain_links_hashes"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_links")),
        sa.UniqueConstraint("through_id", name=op.f("uq_chain_links_through_id")),
        sa.UniqueConstraint("previous_sha256", name=op.f("uq_chain_links_previous_sha256")),
        sa.UniqueConstraint("sha256", name=op.f("uq_chain_links_sha256")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("chain_links")
