"""volunteer cards, six-digit PINs and shared devices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IN_USE = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "cards",
        sa.Column("id", ID, nullable=False),
        sa.Column("volunteer_id", ID, nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("made_by_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_cards_volunteer_id")
        ),
        sa.ForeignKeyConstraint(["made_by_id"], ["logins.id"], name=op.f("fk_cards_made_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_cards_token_sha256")),
        sqlite_strict=True,
    )
    op.create_index("ix_cards_volunteer_id", "cards", ["volunteer_id"])
    op.create_index(
        "uq_cards_in_use",
        "cards",
        ["volunteer_id"],
        unique=True,
        sqlite_where=IN_USE,
        postgresql_where=IN_USE,
    )
    op.add_column("logins", sa.Column("pin_set_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "sessions",
        sa.Column("is_shared", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    # Not by Alembic's batch mode, which would lose the tables' checks on SQLite.
    op.execute("ALTER TABLE sessions DROP COLUMN is_shared")
    # Without the column a PIN would pass for a password: its owner takes a new code instead.
    op.execute("UPDATE logins SET password_hash = NULL WHERE pin_set_at IS NOT NULL")
    op.execute("ALTER TABLE logins DROP COLUMN pin_set_at")
    op.drop_table("cards")
